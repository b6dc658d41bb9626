/**
 * The trapezoidal rule on the whole line, for functions that oscillate far too fast for panels.
 *
 * With step h the rule sees exp(iωt) as its aliases: the error is exp(−(2πk/h − ω)²/2) for the nearest k (Trefethen &
 * Weideman 2014), nothing at all unless ω falls within 8 of a multiple of 2π/h. Steps whose multiples differ do
 * not go wrong alike, so two that agree are right. Limit: blind to what happens only near one point.
 */

import type { VectorFunction } from "./measure.ts";

const STEPS = [0.1, 0.0937426, 0.0881773, 0.0829141, 0.0776519];
const REACH = 10;
/** The rounding of x turns the phase of sin(wx) by ε·w·|x|: agreement cannot be closer than that at large variances. */
const AGREE = 1e-8;
/** Close enough to stop trying further steps. */
const SURE = 2e-13;

/** v with its last 36 bits cleared: small multiples of it are exact. */
function short(v: number): number {
  const unit = 2 ** (Math.floor(Math.log2(v)) - 16);
  return Math.round(v / unit) * unit;
}

interface Sum {
  readonly values: Float64Array;
  readonly sizes: Float64Array;
  readonly evaluations: number;
}

function trapezoid(f: VectorFunction, count: number, mean: number, sd: number, step: number): Sum {
  const values = new Float64Array(count);
  const sizes = new Float64Array(count);
  const out = new Float64Array(count);
  const width = short(step * sd);
  const first = Math.floor((mean - REACH * sd) / width);
  const last = Math.ceil((mean + REACH * sd) / width);
  for (let i = first; i <= last; i++) {
    const x = (i + 0.375) * width;
    const t = (x - mean) / sd;
    f(x, out);
    const weight = (width / sd) * 0.3989422804014327 * Math.exp(-0.5 * t * t);
    for (let j = 0; j < count; j++) {
      values[j] += weight * out[j];
      sizes[j] += weight * Math.abs(out[j]);
    }
  }
  return { values, sizes, evaluations: last - first + 1 };
}

export interface Lattice {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly evaluations: number;
}

/** Largest difference of two sums, as a share of E|f|. */
function difference(a: Sum, b: Sum): number {
  return Math.max(...a.values.map((v, j) => (a.sizes[j] === 0 ? 0 : Math.abs(v - b.values[j]) / a.sizes[j])));
}

/** The expectations on which two of five steps agree to 1e-8 or better, or null. */
export function latticeExpectations(f: VectorFunction, count: number, mean: number, sd: number): Lattice | null {
  const tried: Sum[] = [];
  let evaluations = 0;
  let best: Lattice | null = null;
  let closest = AGREE;
  for (const step of STEPS) {
    const next = trapezoid(f, count, mean, sd, step);
    evaluations += next.evaluations;
    for (const other of tried) {
      const apart = difference(next, other);
      if (!(apart <= closest)) continue;
      closest = apart;
      best = { values: next.values, errors: next.sizes.map((size) => apart * size), evaluations };
    }
    if (closest <= SURE) break;
    tried.push(next);
  }
  return best && { ...best, evaluations };
}
