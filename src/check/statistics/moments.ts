/**
 * Count, mean, variance, bounds and zeros in one pass without garbage. Sums are kept in float64 piece by piece and joined by
 * Chan, Golub & LeVeque (1983), eq. 2.1, so that a mean far from zero costs no digits.
 */

import type { Values } from "./types.ts";

export interface Moments {
  count: number;
  nan: number;
  infinite: number;
  zeros: number;
  mean: number;
  /** Σ(x − mean)². */
  squares: number;
  min: number;
  max: number;
}

export const newMoments = (): Moments => ({
  count: 0,
  nan: 0,
  infinite: 0,
  zeros: 0,
  mean: 0,
  squares: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
});

function join(moments: Moments, count: number, mean: number, squares: number): void {
  if (count === 0) return;
  const total = moments.count + count;
  const apart = mean - moments.mean;
  moments.mean += (apart * count) / total;
  moments.squares += squares + (apart * apart * moments.count * count) / total;
  moments.count = total;
}

/** Elements whose sums are taken together: a piece stays in the first-level cache between the two passes over it. */
const PIECE = 4096;

/** Every finite value of the piece is counted with Σx and Σ(x − shift)²; false where a value is not finite. */
function addFinite(moments: Moments, values: Values, from: number, to: number): boolean {
  const shift = values[from]!;
  let { min, max } = moments;
  let zeros = 0;
  let sum = 0;
  let squares = 0;
  let sum2 = 0;
  let squares2 = 0;
  let i = from;
  // Two chains of additions: one would wait for its own last sum.
  for (; i + 1 < to; i += 2) {
    const a = values[i]!;
    const b = values[i + 1]!;
    if (a < min) min = a;
    if (a > max) max = a;
    if (b < min) min = b;
    if (b > max) max = b;
    if (a === 0) zeros++;
    if (b === 0) zeros++;
    const u = a - shift;
    const v = b - shift;
    sum += u;
    squares += u * u;
    sum2 += v;
    squares2 += v * v;
  }
  if (i < to) {
    const a = values[i]!;
    if (a < min) min = a;
    if (a > max) max = a;
    if (a === 0) zeros++;
    const u = a - shift;
    sum += u;
    squares += u * u;
  }
  const all = sum + sum2;
  const count = to - from;
  const total = squares + squares2;
  if (!Number.isFinite(total)) return false;
  moments.min = min;
  moments.max = max;
  moments.zeros += zeros;
  join(moments, count, shift + all / count, Math.max(0, total - (all * all) / count));
  return true;
}

/** The same one by one, for pieces that hold NaN, infinities, or numbers whose squares overflow. */
function addCarefully(moments: Moments, values: Values, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const x = values[i]!;
    if (Number.isNaN(x)) moments.nan++;
    else if (!Number.isFinite(x)) moments.infinite++;
    else {
      if (x === 0) moments.zeros++;
      moments.min = Math.min(moments.min, x);
      moments.max = Math.max(moments.max, x);
      join(moments, 1, x, 0);
    }
  }
}

/** Adds `values[from … to)`. */
export function addMoments(moments: Moments, values: Values, from: number, to: number): void {
  for (let start = from; start < to; start += PIECE) {
    const end = Math.min(to, start + PIECE);
    if (!addFinite(moments, values, start, end)) addCarefully(moments, values, start, end);
  }
}
