/**
 * Arithmetic on runs of numbers. Callbacks and iterators of typed arrays cost four times what these loops do. A loop has a
 * function of its own: it is compiled once and stays so, where one inside a longer function is compiled and thrown away
 * again at every new form of the objects around it.
 */

export function product(values: readonly number[]): number {
  let out = 1;
  for (let i = 0; i < values.length; i++) out *= values[i];
  return out;
}

/** Four partial sums: one chain of additions waits for itself, and rounding grows with the length of a chain. */
export function mean(values: Float64Array): number {
  const { length } = values;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (const end = length - 3; i < end; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < length; i++) a += values[i];
  return (a + b + c + d) / length;
}

export function single(value: number): Float64Array {
  const out = new Float64Array(1);
  out[0] = value;
  return out;
}

export function scaleValues(values: Float64Array, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] * factor;
  return out;
}

export function overValues(values: Float64Array, divisor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] / divisor;
  return out;
}

/** Means from sums, and how many each is of; one count may stand for all, and none counts as one. */
export function overCounts(sums: Float64Array, counts: Float64Array): Float64Array {
  const out = new Float64Array(sums.length);
  for (let i = 0; i < out.length; i++) out[i] = sums[i] / Math.max(1, counts[counts.length === 1 ? 0 : i]);
  return out;
}

/** Elementwise product of two profiles; one of them may be a single value. */
export function multiplyValues(a: Float64Array, b: Float64Array): Float64Array {
  if (a.length === 1) return scaleValues(b, a[0]);
  if (b.length === 1) return scaleValues(a, b[0]);
  const out = new Float64Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
  return out;
}

/** a[i]·b[j], row-major. */
export function outerValues(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length * b.length);
  for (let i = 0, at = 0; i < a.length; i++) {
    const factor = a[i];
    for (let j = 0; j < b.length; j++) out[at++] = factor * b[j];
  }
  return out;
}

/** factor·√values. */
export function rootValues(values: Float64Array, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = factor * Math.sqrt(values[i]);
  return out;
}

/** factor·(values + weight·others + constant), not below 0. */
export function combineAboveZero(
  values: Float64Array,
  others: Float64Array,
  weight: number,
  constant: number,
  factor: number,
): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = factor * Math.max(0, values[i] + weight * others[i] + constant);
  return out;
}

/** values + weight·others², not below 0. */
export function addSquaresAboveZero(values: Float64Array, others: Float64Array, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(0, values[i] + weight * (others[i] * others[i]));
  return out;
}

export interface Extent {
  readonly low: number;
  readonly high: number;
}

export function extent(values: Float64Array): Extent {
  let low = values[0];
  let high = low;
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** sum += weight·values; one of the values may stand for all. */
export function addValues(sum: Float64Array, values: Float64Array, weight: number): void {
  if (values.length === 1) for (let i = 0, value = weight * values[0]; i < sum.length; i++) sum[i] += value;
  else if (weight === 1) for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  else for (let i = 0; i < sum.length; i++) sum[i] += weight * values[i];
}
