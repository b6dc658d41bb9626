/** Chebyshev interpolation at `count` points of [low, high], summed by Clenshaw's recurrence (Clenshaw 1955). */
export function interpolant(low: number, high: number, count: number, f: (x: number) => number): (x: number) => number {
  const middle = (low + high) / 2;
  const half = (high - low) / 2;
  const values = Array.from({ length: count }, (_, i) => f(middle + half * Math.cos((Math.PI * (i + 0.5)) / count)));
  const coefficients = Float64Array.from({ length: count }, (_, k) =>
    values.reduce((sum, v, i) => sum + (v * 2 * Math.cos((Math.PI * k * (i + 0.5)) / count)) / count, 0),
  );
  return (x) => {
    const t = (x - middle) / half;
    let next = 0;
    let afterNext = 0;
    for (let k = count - 1; k >= 1; k--) {
      const current = coefficients[k] + 2 * t * next - afterNext;
      afterNext = next;
      next = current;
    }
    return coefficients[0] / 2 + t * next - afterNext;
  };
}
