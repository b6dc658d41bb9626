/**
 * Count, mean, variance, bounds and zeros in one pass without garbage. Sums are taken in float64 row by row and joined
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

/** Joins `count` numbers of this mean and Σ(x − mean)². */
export function join(moments: Moments, count: number, mean: number, squares: number): void {
  if (count === 0) return;
  const total = moments.count + count;
  const apart = mean - moments.mean;
  moments.mean += (apart * count) / total;
  moments.squares += squares + (apart * apart * moments.count * count) / total;
  moments.count = total;
}

/** Numbers one by one: those among which are NaN, infinities, or some whose squares overflow. */
export function addCarefully(moments: Moments, values: Values, from: number, to: number): void {
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
