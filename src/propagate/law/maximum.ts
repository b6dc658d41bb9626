/**
 * Law of the maximum of n jointly Gaussian variables of equal mean, variance and pairwise correlation r ≥ 0:
 * M = μ + σ(√r·C + √(1 − r)·m), C standard normal, m the maximum of n independent standard normals with density n φ Φ^(n−1).
 * Max pooling of correlated positions is taken at their mean correlation (exact when all pairs are alike).
 */

import { normalCdf } from "../../gaussian/index.ts";
import type { Shape } from "./shape.ts";

export interface MaximumLaw {
  /** E[f(M)]. */
  readonly expect: (f: (x: number) => number) => number;
}

/** Trapezoidal rule on ±8.5 standard deviations: for smooth integrands that vanish at both ends its error is negligible. */
const POINTS = 341;
const REACH = 8.5;
/** Nodes for the common part: Gauss–Hermite would do with fewer, this keeps one rule. */
const COMMON = 49;

interface StandardGrid {
  readonly z: Float64Array;
  readonly density: Float64Array;
  readonly step: number;
}

const grids = new Map<number, StandardGrid>();

function standardGrid(points: number): StandardGrid {
  const grid = grids.get(points) ?? makeGrid(points);
  grids.set(points, grid);
  return grid;
}

function makeGrid(points: number): StandardGrid {
  const step = (2 * REACH) / (points - 1);
  const z = Float64Array.from({ length: points }, (_, i) => -REACH + i * step);
  return { z, density: z.map((x) => Math.exp(-0.5 * x * x) * 0.3989422804014327 * step), step };
}

/** The value of a law with this shape where a standard normal has the value t: its quantile at Φ(t). */
function warp(shape: Shape): (t: number) => number {
  if (shape === null) return (t) => t;
  const last = shape.length - 1;
  return (t) => {
    const at = Math.min(last, Math.max(0, normalCdf(t) * shape.length - 0.5));
    const low = Math.floor(at);
    return low === last ? shape[last] : shape[low] + (at - low) * (shape[low + 1] - shape[low]);
  };
}

/**
 * `shape`: form of the variables' own law, joined by a Gaussian copula. `rank`: of n values the one at which it is largest
 * is taken (SiLU, GELU: not non-decreasing, so that the largest φ(z) is not always that of the largest z).
 */
export function maximumLaw(
  n: number,
  mean: number,
  variance: number,
  correlation: number,
  shape: Shape = null,
  rank: ((x: number) => number) | null = null,
): MaximumLaw {
  const sd = Math.sqrt(variance);
  if (sd === 0 || n === 0) return { expect: (f) => f(mean) };
  const r = Math.max(0, Math.min(1, correlation));
  if (rank) return rankedLaw(n, mean, sd, r, warp(shape), rank);
  const own = standardGrid(POINTS);
  const quantile = warp(shape);
  const weight = own.density.map((d, i) => d * n * normalCdf(own.z[i]) ** (n - 1));
  if (r < 1e-9) return { expect: (f) => own.z.reduce((sum, z, i) => sum + weight[i] * f(mean + sd * quantile(z)), 0) };
  const common = standardGrid(COMMON);
  const a = Math.sqrt(r);
  const b = Math.sqrt(1 - r);
  const counted = weight.map((_, j) => j).filter((j) => weight[j] > 1e-18);
  const weights = counted.map((j) => weight[j]);
  const places = new Float64Array(COMMON * counted.length);
  for (let i = 0, at = 0; i < COMMON; i++)
    for (const j of counted) places[at++] = mean + sd * quantile(a * common.z[i] + b * own.z[j]);
  return { expect: (f) => expectOver(places, common.density, weights, f) };
}

/** Σᵢ outer[i] Σⱼ inner[j] f(places[i, j]). */
function expectOver(places: Float64Array, outer: Float64Array, inner: Float64Array, f: (x: number) => number): number {
  let sum = 0;
  for (let i = 0, at = 0; i < outer.length; i++) {
    let row = 0;
    for (let j = 0; j < inner.length; j++) row += inner[j] * f(places[at++]);
    sum += outer[i] * row;
  }
  return sum;
}

/** Points for what each has of its own, where every common value needs an order of its own. */
const RANKED_POINTS = 171;

/** Given the common part the members are independent: n f(z) P(rank(z') < rank(z))^(n−1), by sorting the grid. */
function rankedLaw(
  n: number,
  mean: number,
  sd: number,
  r: number,
  quantile: (t: number) => number,
  rank: (x: number) => number,
): MaximumLaw {
  const common = r < 1e-9 ? { z: Float64Array.of(0), density: Float64Array.of(1) } : standardGrid(COMMON);
  const own = standardGrid(RANKED_POINTS);
  const [a, b] = [Math.sqrt(r), Math.sqrt(1 - r)];
  const points: { readonly x: number; readonly weight: number }[] = [];
  common.z.forEach((c, i) => {
    const values = Array.from(own.z, (z, j) => {
      const x = mean + sd * quantile(a * c + b * z);
      return { x, rank: rank(x), density: own.density[j] };
    }).sort((p, q) => p.rank - q.rank);
    let below = 0;
    for (const { x, density } of values) {
      // The n-th power's growth over the point's own share: exact for any spacing, and the sum is 1.
      const weight = common.density[i] * ((below + density) ** n - below ** n);
      below += density;
      if (weight > 1e-18) points.push({ x, weight });
    }
  });
  return { expect: (f) => points.reduce((sum, { x, weight }) => sum + weight * f(x), 0) };
}
