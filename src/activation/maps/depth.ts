/** How far signals travel: depth scales (Schoenholz 2017), saturation, dead share, error growth. */

import { normalCdf } from "../../gaussian/index.ts";
import { moments } from "../moments.ts";
import { signChanges } from "../roots.ts";
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

/** Beyond so many standard deviations nothing is counted apart: P(|z| > 9) = 2e-19. */
const REACH = 9;
const GRID = Float64Array.from({ length: 361 }, (_, i) => -REACH + i / 20);

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

type Slope = (x: number) => number;
/** Whether a slope of this size counts. */
type Within = (size: number) => boolean;

/** Places x between which a catalogue activation's slope counts or does not, ascending; null where they are many, or not all known. */
type Edges = readonly number[] | null;
const MOST_EDGES = 16;

/** Places of a catalogue activation's slopes are near 0 or few: found once, they serve every mean and variance. */
function edgesOf({ name, derivative }: Activation, within: Within): Edges {
  if (name === "expression") return null;
  const found = signChanges((x) => (within(Math.abs(derivative(x))) ? -1 : 1), MOST_EDGES + 1);
  return found.length > MOST_EDGES ? null : found;
}

/** Of any other function: the changes on the grid around this mean, refined. */
function edgesNear(slope: Slope, within: Within, breaks: readonly number[]): readonly number[] {
  const grid = gridAround(breaks.filter((t) => Math.abs(t) < REACH));
  const edges: number[] = [];
  let inside = within(slope(-REACH));
  for (let i = 1; i < grid.length; i++) {
    if (within(slope(grid[i])) === inside) continue;
    inside = !inside;
    edges.push(rootBetween((t) => (within(slope(t)) ? -1 : 1), grid[i - 1], grid[i]));
  }
  return edges;
}

/** P(z between the edges at which it counts), z ~ N(0, 1). */
function shareBetween(edges: readonly number[], insideAtFirst: boolean): number {
  let share = 0;
  let from = Number.NEGATIVE_INFINITY;
  let inside = insideAtFirst;
  for (const edge of edges) {
    if (inside) share += normalCdf(edge) - normalCdf(from);
    from = edge;
    inside = !inside;
  }
  return inside ? share + normalCdf(-from) : share;
}

const saturatedBelow = ({ steepest }: Activation) => SATURATED * steepest;
const flat: Within = (size) => size === 0;

interface Known {
  readonly saturated: Edges;
  readonly dead: Edges;
}
const known = new WeakMap<Activation, Known>();

function knownEdges(activation: Activation): Known {
  const before = known.get(activation);
  if (before !== undefined) return before;
  const limit = saturatedBelow(activation);
  const found = { saturated: edgesOf(activation, (size) => size < limit), dead: edgesOf(activation, flat) };
  known.set(activation, found);
  return found;
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
  const limit = saturatedBelow(activation);
  const saturated: Within = (size) => size < limit;
  if (sd === 0) return { saturated: saturated(slope(0)) ? 1 : 0, dead: flat(slope(0)) ? 1 : 0 };
  const inUnits = (places: readonly number[]) => places.map((x) => (x - mean) / sd);
  const share = (edges: Edges, within: Within) =>
    shareBetween(
      edges === null
        ? edgesNear(slope, within, inUnits(activation.breaks))
        : inUnits(edges).filter((t) => Math.abs(t) < REACH),
      within(slope(-REACH)),
    );
  const edges = knownEdges(activation);
  return {
    saturated: activation.steepest === 0 ? 1 : share(edges.saturated, saturated),
    dead: share(edges.dead, flat),
  };
}
