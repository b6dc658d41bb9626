/** Gauss–Legendre rules, and the middle and last Legendre coefficients of a sampled function: how well it is resolved. */

export interface LegendreRule {
  /** On [−1, 1], ascending. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
  /** Row r holds (2k+1)/2·w_i·P_k(x_i) for k = n − 1 − r: dotted with samples it gives the k-th Legendre coefficient. */
  readonly tail: readonly Float64Array[];
  /** The same for k = ⌊n/2⌋ − 1 − r. */
  readonly middle: readonly Float64Array[];
}

/** Four consecutive coefficients cannot all vanish by symmetry. */
const ROWS = 4;

/** P_0 … P_n at x. */
function legendre(n: number, x: number): Float64Array {
  const p = new Float64Array(n + 1);
  p[0] = 1;
  p[1] = x;
  for (let k = 1; k < n; k++) p[k + 1] = ((2 * k + 1) * x * p[k] - k * p[k - 1]) / (k + 1);
  return p;
}

/** The n-point rule, exact for polynomials of degree 2n − 1; Newton from Tricomi's guess. n ≥ 10. */
export function legendreRule(n: number): LegendreRule {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  const tail = Array.from({ length: ROWS }, () => new Float64Array(n));
  const middle = Array.from({ length: ROWS }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 6; step++) {
      const p = legendre(n, x);
      slope = (n * (x * p[n] - p[n - 1])) / (x * x - 1);
      x -= p[n] / slope;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
    const p = legendre(n, x);
    for (let r = 0; r < ROWS; r++) {
      const last = n - 1 - r;
      const half = Math.floor(n / 2) - 1 - r;
      tail[r][i] = ((2 * last + 1) / 2) * weights[i] * p[last];
      middle[r][i] = ((2 * half + 1) / 2) * weights[i] * p[half];
    }
  }
  return { nodes, weights, tail, middle };
}
