/** How far signals travel: depth scales (Schoenholz 2017), saturation, dead share, error growth. */

import { normalCdf } from "../../gaussian/index.ts";
import { moments } from "../moments.ts";
import type { Activation } from "../types.ts";
import { rootBetween } from "./solve.ts";
import { type FixedPoint, fixedPoints, type MeanField, varianceMap } from "./variance.ts";

export interface DepthScales {
  readonly q: number;
  /** χ₁ = σ_w²E[φ'²] at q. */
  readonly chi: number;
  /** −1/ln χ₁: layers after which the correlation's distance from its fixed point is divided by e; Infinity at χ₁ = 1; negative: it grows. */
  readonly correlation: number;
  /** −1/ln(χ₁ + σ_w²E[φ''φ]): the same for the second moment. */
  readonly variance: number;
  /** ln of the variance map's slope at q: the rate at which an error of q grows a layer (negative: it heals). */
  readonly lyapunov: number;
  /** Layers in which a small relative error of q grows tenfold; Infinity where it does not grow. */
  readonly tenfold: number;
}

/** −1/ln r, and Infinity where r is 1 to rounding. */
function scale(r: number): number {
  return Math.abs(r - 1) < 1e-12 ? Number.POSITIVE_INFINITY : -1 / Math.log(r);
}

/** Depth scales at a second moment q of the pre-activation. */
export function depthScales(activation: Activation, weightVariance: number, q: number): DepthScales {
  const m = moments(activation, { variance: q > 0 ? q : 1e-10 });
  const chi = weightVariance * m.derivativeSecondMoment;
  const slope = weightVariance * m.secondMomentSlope;
  const lyapunov = Math.log(Math.abs(slope));
  return {
    q,
    chi,
    correlation: scale(chi),
    variance: scale(Math.abs(slope)),
    lyapunov,
    tenfold: lyapunov > 1e-12 ? Math.LN10 / lyapunov : Number.POSITIVE_INFINITY,
  };
}

/** The fixed point that a signal of variance 1 is driven to; null where it grows without end. */
export function attractor(activation: Activation, field: MeanField): FixedPoint | null {
  const { points, continuum } = fixedPoints(activation, field);
  if (continuum) return points[0];
  const grows = varianceMap(activation, field, 1) > 1;
  return (grows ? points.find((point) => point.q > 1) : points.findLast((point) => point.q <= 1)) ?? null;
}

/** Share of units whose slope is below this share of the steepest one counts as saturated (DESIGN 6.2). */
const SATURATED = 1 / 20;

const GRID = Float64Array.from({ length: 361 }, (_, i) => -9 + i / 20);

/** The grid, with each break enclosed. */
function gridAround(breaks: readonly number[]): Float64Array {
  if (breaks.length === 0) return GRID;
  const grid = new Float64Array(GRID.length + 2 * breaks.length);
  grid.set(GRID);
  grid.set(
    breaks.flatMap((t) => [t - 1e-12, t + 1e-12]),
    GRID.length,
  );
  return grid.sort();
}

/** P(f(z) < 0) for z ~ N(0, 1), from f's signs on the grid, with the changes between them refined. */
function below(f: (t: number) => number, grid: Float64Array, values: Float64Array): number {
  let share = 0;
  let from = Number.NEGATIVE_INFINITY;
  let inside = values[0] < 0;
  for (let i = 1; i < grid.length; i++) {
    const now = values[i] < 0;
    if (now === inside) continue;
    const edge = rootBetween((t) => (f(t) < 0 ? -1 : 1), grid[i - 1], grid[i]);
    if (inside) share += normalCdf(edge) - normalCdf(from);
    from = edge;
    inside = now;
  }
  return inside ? share + normalCdf(-from) : share;
}

/**
 * Share of inputs z ~ N(mean, variance) at which |φ'| is under 1/20 of its largest, and at which it is exactly 0.
 *
 * @example saturation(activationByName("relu"), { mean: 0, variance: 1 }) // saturated 0.5, dead 0.5
 */
export function saturation(
  activation: Activation,
  { mean = 0, variance = 1 }: { readonly mean?: number; readonly variance?: number } = {},
): { readonly saturated: number; readonly dead: number } {
  const sd = Math.sqrt(variance);
  const slope = (t: number) => Math.abs(activation.derivative(mean + sd * t));
  const limit = SATURATED * activation.steepest;
  if (sd === 0) return { saturated: slope(0) < limit ? 1 : 0, dead: slope(0) === 0 ? 1 : 0 };
  const grid = gridAround(activation.breaks.map((at) => (at - mean) / sd).filter((t) => Math.abs(t) < 9));
  const slopes = grid.map(slope);
  const over = (size: number) => size - limit;
  const moving = (size: number) => (size === 0 ? -1 : 1);
  return {
    saturated: activation.steepest === 0 ? 1 : below((t) => over(slope(t)), grid, slopes.map(over)),
    dead: below((t) => moving(slope(t)), grid, slopes.map(moving)),
  };
}
