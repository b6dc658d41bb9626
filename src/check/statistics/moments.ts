/**
 * Count, mean, variance, bounds and zeros in one pass without garbage. Sums are kept in float64 segment by segment and joined
 * by Chan, Golub & LeVeque (1983), eq. 2.1, so that a mean far from zero costs no digits.
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

/** Σx and Σx² of the last segment that was added. */
export interface SegmentSums {
  sum: number;
  squares: number;
}

function join(moments: Moments, count: number, mean: number, squares: number): void {
  if (count === 0) return;
  const total = moments.count + count;
  const apart = mean - moments.mean;
  moments.mean += (apart * count) / total;
  moments.squares += squares + (apart * apart * moments.count * count) / total;
  moments.count = total;
}

/** The same one by one, for segments that hold NaN, infinities, or numbers whose squares overflow. */
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

/**
 * Adds `values[from … to)`, and says its own sums.
 *
 * Sums are taken around the segment's first value, in two chains: one would wait for its own last addition.
 */
export function addSegment(moments: Moments, values: Values, from: number, to: number, sums: SegmentSums): void {
  const count = to - from;
  const shift = values[from]!;
  let { min, max } = moments;
  let zeros = 0;
  let sum = 0;
  let squares = 0;
  let sum2 = 0;
  let squares2 = 0;
  let i = from;
  if ((count & 1) === 1) {
    const a = values[i++]!;
    if (a < min) min = a;
    if (a > max) max = a;
    if (a === 0) zeros++;
  }
  for (; i < to; i += 2) {
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
  const apart = sum + sum2;
  const total = squares + squares2;
  sums.sum = count * shift + apart;
  sums.squares = total + shift * (2 * apart + count * shift);
  if (!Number.isFinite(total)) {
    addCarefully(moments, values, from, to);
    return;
  }
  moments.min = min;
  moments.max = max;
  moments.zeros += zeros;
  join(moments, count, shift + apart / count, Math.max(0, total - (apart * apart) / count));
}
