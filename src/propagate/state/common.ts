/**
 * What every sample has in common, by position: E[a_p m] with m the mean of a channel over positions and samples. Batch
 * statistics subtract m, so that a position is left with E[a_p²] − 2 E[a_p m] + E[m²]. Zero padding lowers the second
 * moment near a border more than it lowers the mean of a rectified value; layer upon layer that is what shapes small maps.
 * Where no profile is kept it is taken in proportion to the diagonal.
 */

import { diagonal, positions } from "../kernel/kernel.ts";
import { foldProfile, type Window } from "../kernel/slide.ts";
import { addValues, extent, mean, overCounts, product, rootValues, scaleValues } from "../kernel/values.ts";
import type { ActivationMap } from "../law/activation-map.ts";
import { interpolant } from "../law/interpolant.ts";
import { keptWith } from "./kept.ts";
import type { Part } from "./state.ts";

/** On larger maps the border is a small share of the positions: it moves a variance by under 0.5 %. */
const FOLLOWED = 1100;

/** Sums of one value a position over the taps that meet real input. */
const folded = (
  values: Float64Array,
  inner: readonly number[],
  sizes: readonly number[],
  window: Window,
): Float64Array =>
  foldProfile({ sizes: inner, radius: [], lags: Float64Array.of(1), far: 0, profile: values }, sizes, window);

/** The same profile with the mean `level`; nothing where there is none. */
function levelled(values: Float64Array, level: number): Float64Array | undefined {
  const before = mean(values);
  if (before === 0 || level === 0) return undefined;
  const factor = level / before;
  return scaleValues(values, factor);
}

/** The profile as kept, or in proportion to the diagonal; null where positions are alike or too many. */
export const commonProfile = (part: Part): Float64Array | null => kept(part, [], () => profileOf(part));

const kept = keptWith<Part, Float64Array | null>();

function profileOf(part: Part): Float64Array | null {
  const { profile } = part.kernel;
  const count = positions(part.kernel);
  if (count === 1 || count > FOLLOWED) return null;
  if (part.common?.length === count) return part.common;
  const level = diagonal(part.kernel);
  if (profile.length !== count || level === 0) return null;
  return scaleValues(profile, part.cross / level);
}

/** After a layer with independent weights: the sum over the taps that meet real input, with the mean `cross`. */
export function commonThroughWindow(
  parts: readonly Part[],
  window: Window,
  inner: readonly number[],
  sizes: readonly number[],
  cross: number,
): Float64Array | undefined {
  const sum = new Float64Array(product(inner));
  for (const part of parts) {
    const own = commonProfile(part);
    if (own === null || own.length !== sum.length) return undefined;
    addValues(sum, own, part.channels);
  }
  return levelled(folded(sum, inner, sizes, window), cross);
}

/**
 * After an activation: E[φ(z_p) φ(z_q)] averaged over q. Between z_p and the map's typical z the centred correlation is c_p;
 * the size at p is that of E[φ(z_p)] (exact for rectifiers, E[φφ] = σ_p σ_q J(c)).
 */
export function commonThroughActivation(
  part: Part,
  map: ActivationMap,
  means: Float64Array,
  profile: Float64Array,
  cross: number,
): Float64Array | undefined {
  const count = positions(part.kernel);
  if (count === 1 || count > FOLLOWED || profile.length !== count) return undefined;
  const average = mean(means);
  const byMean = means.length === count && average * average > 0.01 * mean(profile);
  const size = byMean ? means : rootValues(profile, 1);
  // Behind statistics of the batch nothing is in common: the correlations are 0.
  if (part.common === undefined && Math.abs(part.cross) < 1e-3 * diagonal(part.kernel)) return levelled(size, cross);
  const correlations = correlationsWithMean(part);
  if (correlations === null) return undefined;
  const { low, high } = extent(correlations);
  if (high - low < 1e-6) return levelled(size, cross);
  const curve = interpolant(low, high, 6, map.product);
  return levelled(timesCurve(size, correlations, curve), cross);
}

function timesCurve(
  values: Float64Array,
  correlations: Float64Array,
  curve: (correlation: number) => number,
): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] * curve(correlations[i]);
  return out;
}

/** Centred correlation of each position with a typical one of another sample. */
function correlationsWithMean(part: Part): Float64Array | null {
  const common = commonProfile(part);
  if (common === null) return null;
  const square = part.mean * part.mean;
  const typical = Math.max(0, diagonal(part.kernel) - square);
  const { profile } = part.kernel;
  const out = new Float64Array(common.length);
  for (let i = 0; i < out.length; i++) {
    const own = profile.length === 1 ? typical : Math.max(0, profile[i] - square);
    const scale = Math.sqrt(own * typical);
    out[i] = scale === 0 ? 0 : Math.max(-1, Math.min(1, (common[i] - square) / scale));
  }
  return out;
}

/** Of a sum of parts that are independent up to their means; `acrossMeans`: what the means add to every moment. */
export function commonOfSum(parts: readonly Part[], acrossMeans: number): Float64Array | undefined {
  if (parts.every((part) => part.common === undefined)) return undefined;
  const all = parts.map(commonProfile);
  if (all.some((p) => p === null || p.length !== all[0]?.length)) return undefined;
  const sum = new Float64Array(all[0]?.length ?? 0).fill(acrossMeans);
  for (const profile of all) if (profile !== null) addValues(sum, profile, 1);
  return sum;
}

/** After pooling: the mean over the window's members on real input, with the mean `cross`. */
export function commonThroughPool(
  part: Part,
  window: Window,
  inner: readonly number[],
  sizes: readonly number[],
  cross: number,
): Float64Array | undefined {
  const before = commonProfile(part);
  if (before === null || before.length !== inner.reduce((n, s) => n * s, 1)) return undefined;
  const members = folded(new Float64Array(before.length).fill(1), inner, sizes, window);
  const sums = folded(before, inner, sizes, window);
  return levelled(overCounts(sums, members), cross);
}
