/** The map's plane: σ_w² on a log axis, σ_b² on one of square roots, so that small ones have room. */

import { schema } from "./state.ts";

/** Of σ_w². */
export type Plane = readonly [number, number];

export const COLUMNS = 120;
export const ROWS = 80;
const MOST_BIAS = schema.bias.max;

export const weightAt = ([low, high]: Plane, share: number) => low * (high / low) ** share;
export const shareOfWeight = ([low, high]: Plane, weight: number) => Math.log(weight / low) / Math.log(high / low);
export const biasAt = (share: number) => MOST_BIAS * share * share;
export const shareOfBias = (bias: number) => Math.sqrt(bias / MOST_BIAS);

/** The line is drawn through these. */
export const BIASES = [0, ...Array.from({ length: 40 }, (_, i) => biasAt((i + 1) / 40))];

/** Ticks. */
export const BIAS_TICKS = [0, 0.05, 0.2, 0.5, 1, 2] as const;

export function weightTicks([low, high]: Plane): readonly number[] {
  const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length <= 7 ? inside : inside.filter((tick) => /^[0.]*1/.test(String(tick)));
}

/** Colour of χ₁: a shade of the one hue below 1 and of the other above, the ground at 1; the shade is full at 4-fold. */
export function shadeOf(chi: number): number {
  if (Number.isNaN(chi)) return 0;
  return Math.max(-1, Math.min(1, Math.log(Math.max(chi, 1e-9)) / Math.log(4)));
}
