/**
 * Jumps and kinks of a function of a standard normal t: Σ J·1(t > b) + Σ B·(t − b)₊. Their Hermite coefficients and the
 * expectation of their products are known in closed form (Rosenbaum 1961, moments of a truncated bivariate normal).
 */

import { bivariateCdf, normalCdf, normalDensity } from "../../gaussian/index.ts";

export interface Hinge {
  /** In standard deviations from the mean. */
  readonly at: number;
  /** Height of the jump. */
  readonly jump: number;
  /** Change of slope, per standard deviation. */
  readonly bend: number;
}

/** Normalized Hermite coefficients E[h(t)·he_k(t)], k < count. */
export function hingeCoefficients(hinges: readonly Hinge[], count: number): Float64Array {
  const a = new Float64Array(count);
  for (const { at, jump, bend } of hinges) {
    const density = normalDensity(at);
    const above = normalCdf(-at);
    a[0] += jump * above + bend * (density - at * above);
    if (count > 1) a[1] += jump * density + bend * above;
    // he_{k−1} and he_{k−2} at the hinge, times the density.
    let older = density;
    let newer = at * density;
    for (let k = 2; k < count; k++) {
      a[k] += (jump * newer) / Math.sqrt(k) + (bend * older) / Math.sqrt(k * (k - 1));
      const next = (at * newer - Math.sqrt(k - 1) * older) / Math.sqrt(k);
      older = newer;
      newer = next;
    }
  }
  return a;
}

/** Φ(v/s), with its limit for s → 0. */
function side(v: number, s: number): number {
  if (v === 0) return 0.5;
  if (s > 0) return normalCdf(v / s);
  return Math.abs(v) < 1e-14 ? 0.5 : v > 0 ? 1 : 0;
}

function pair(p: Hinge, r: Hinge, c: number): number {
  const [a, b] = [p.at, r.at];
  const s = Math.sqrt((1 - c) * (1 + c));
  const [da, db] = [normalDensity(a), normalDensity(b)];
  const both = bivariateCdf(-a, -b, c);
  const onA = da * side(c * a - b, s);
  const onB = db * side(c * b - a, s);
  let sum = p.jump * r.jump * both;
  // E[t; t > a, w > b] and E[w; …].
  const first = onA + c * onB;
  const second = onB + c * onA;
  if (p.bend !== 0) sum += p.bend * r.jump * (first - a * both);
  if (r.bend !== 0) sum += p.jump * r.bend * (second - b * both);
  if (p.bend !== 0 && r.bend !== 0) {
    const peak = s > 0 ? (s / (2 * Math.PI)) * Math.exp(-0.5 * a * a - (0.5 * (b - c * a) ** 2) / (s * s)) : 0;
    const mixed = c * both + c * a * onA + c * b * onB + peak;
    sum += p.bend * r.bend * (mixed - b * first - a * second + a * b * both);
  }
  return sum;
}

/** E[h(t)g(w)] at correlation c. */
export function hingeProduct(h: readonly Hinge[], g: readonly Hinge[], c: number): number {
  let sum = 0;
  for (const p of h) for (const r of g) sum += pair(p, r, c);
  return sum;
}
