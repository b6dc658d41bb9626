/**
 * Softmax attention under random queries and keys. Scores s[p, j] are Gaussian with covariance factor·Kq(p, r)·Kk(j, k)
 * (Hron et al. 2020, "Infinite attention", eq. 9 before the 1/√d limit); what all keys have in common drops out.
 *
 * One query: E[A_j²], E[A_j A_k] and the size of the softmax's slope are exact for any score variance and number of keys
 * (moments.ts). A query with few features has a length of its own: its scores' variance is v·χ²_f/f, averaged over by the
 * two nodes v(1 ± √(2/f)) that have its mean and variance.
 * Two queries with score correlation ρ: E[A_pj A_rk] ∝ e^{ρw} for j = k against 1 for j ≠ k, with w such that ρ = 1 is the
 * exact single query; the slope goes geometrically from ρ = 0 (exact) to ρ = 1 (exact). Error between: measured at most
 * 1.5 % for score variances up to 2, 7 % at 4.
 */

import { diagonal, fullProfile, type Kernel, kernelOf, mean, positions, uniformKernel } from "../kernel/kernel.ts";
import type { Scores } from "../state/state.ts";
import { freePairs } from "./overlaps.ts";
import { at, contrastOf, forEachPair, forEachQuery, type Pair, seesFirst } from "./pairs.ts";
import { amongNeighbours, neighbourhood } from "./structure.ts";

/** What the backward pass through one attention needs: gradient at its output and how much values differ by position. */
export interface AttentionGradient {
  readonly scores: Scores;
  /** E[δ_p δ_r] at the attention's output, per feature. */
  readonly gradient: Kernel;
  /** The attention's output, and its values. */
  readonly output: string;
  readonly values: string;
  /** Features of a value. */
  readonly features: number;
  /** Kv(j, j) − Kv(j, k), and Kv. */
  readonly contrast: number;
  readonly valueKernel: Kernel;
  /** Deviation of the values' overlap that is the keys' too (overlaps.ts). */
  readonly valueSway: number;
}

/** Collects a symmetric function of (p, r) as diagonal and mean by lag. */
function byLag(count: number): {
  /** At a lag, for so many pairs. */
  add: (lag: number, value: number, pairs: number) => void;
  kernel: (diagonal: Float64Array) => Kernel;
} {
  const sums = new Float64Array(count);
  return {
    add: (lag, value, pairs) => {
      sums[lag] += value * pairs;
    },
    kernel: (profile) => {
      if (count === 1) return uniformKernel([], profile[0], 1);
      const level = mean(profile);
      const lags = new Float64Array(2 * count - 1);
      let off = 0;
      for (let lag = 0; lag < count; lag++) {
        const c = lag === 0 ? 1 : level === 0 ? 0 : sums[lag] / (count - lag) / level;
        lags[count - 1 + lag] = c;
        lags[count - 1 - lag] = c;
        if (lag > 0) off += 2 * (count - lag) * c;
      }
      return kernelOf([count], [count - 1], lags, off / (count * (count - 1)), profile);
    },
  };
}

/** The kernel over queries of a function of their pairs. */
function overQueries(scores: Scores, size: Float64Array | null, of: (pair: Pair) => number): Kernel {
  const count = positions(scores.query);
  const out = byLag(count);
  forEachPair(scores, size, (pair, pairs) => {
    if (pair.p !== pair.r) out.add(pair.r - pair.p, of(pair), pairs);
  });
  const own = new Float64Array(count);
  forEachQuery(scores, (pair) => {
    own[pair.p] = of(pair);
  });
  return out.kernel(own);
}

/**
 * Σ over pairs p, r of a value for every key that both see, each ordered pair counted. Where each query sees the first so
 * many keys, a pair gives its value to the first `common` of them.
 */
function overKeys(scores: Scores, size: Float64Array, of: (pair: Pair, ordered: number) => number): Float64Array {
  const keys = positions(scores.key);
  const profile = new Float64Array(keys);
  const mask = scores.prior ? null : scores.mask;
  const first = seesFirst(scores);
  forEachPair(scores, size, (pair, pairs) => {
    const value = of(pair, pair.p === pair.r ? pairs : 2 * pairs);
    if (first) {
      if (pair.common > 0) profile[pair.common - 1] += value;
    } else if (mask) {
      for (let j = 0; j < keys; j++)
        if (mask[pair.p * keys + j] !== 0 && mask[pair.r * keys + j] !== 0) profile[j] += value;
    } else for (let j = 0; j < keys; j++) profile[j] += (value * pair.common) / keys;
  });
  if (first) for (let j = keys - 2; j >= 0; j--) profile[j] += profile[j + 1];
  return profile;
}

/** Second moments of Σ_j A_pj v_j. `sway`: deviation of the values' overlap that is the keys' too. */
export function attend(scores: Scores, values: Kernel, sway: number): Kernel {
  const own = diagonal(values);
  const off = own * values.far;
  // Where keys j and l are alike, so are their scores, Cov(s_pj, s_rl) = factor·Kq·K̂k(j, l), and so are their values. To first
  // order; scores of a variance beyond 1 leave few keys that weigh at all.
  const variance = scores.factor * contrastOf(scores.key) * diagonal(scores.query);
  const tied = (sway * scores.factor * scores.keySway) / (1 + variance);
  const query = fullProfile(scores.query);
  return overQueries(scores, null, (pair) => {
    const { p, r, np, nr, common, same, other } = pair;
    const plain = same * common * own + other * (np * nr - common) * off;
    if (tied === 0) return plain;
    const overlap = Math.sqrt(query[p] * query[r]) * (p === r ? 1 : at(scores.query, r - p));
    return plain + other * freePairs(pair) * tied * overlap;
  });
}

export function attentionMoments(scores: Scores): { readonly mean: number } {
  return { mean: 1 / positions(scores.key) };
}

/** E[A²] over [queries, keys], masked entries 0. */
export function weightSecondMoments(scores: Scores, sizes: readonly number[]): Kernel {
  const keys = positions(scores.key);
  const rows = positions(scores.query);
  const profile = new Float64Array(rows * keys);
  forEachQuery(scores, ({ p, same, np }) => {
    // Weighed by a known bias, what np even keys would hold is spread over all.
    if (scores.prior) profile.fill((same * np) / keys, p * keys, (p + 1) * keys);
    else if (!scores.mask) profile.fill(same, p * keys, (p + 1) * keys);
    else for (let j = 0; j < keys; j++) profile[p * keys + j] = scores.mask[p * keys + j] !== 0 ? same : 0;
  });
  const level = mean(profile);
  return {
    ...uniformKernel(sizes, 0, level === 0 ? 0 : 1 / (keys * keys) / level),
    profile: sizes.length === 0 ? Float64Array.of(level) : profile,
  };
}

/** E[δ_vj δ_vk] = Σ_pr E[A_pj A_rk] E[δ_p δ_r]. */
export function gradientOfValues(scores: Scores, gradient: Kernel, values: Kernel): Kernel {
  const g = fullProfile(gradient);
  let off = 0;
  const profile = overKeys(scores, g, ({ p, r, np, nr, common, same, other }, ordered) => {
    const e = ordered * Math.sqrt(g[p] * g[r]) * (p === r ? 1 : at(gradient, r - p));
    off += e * other * (np * nr - common);
    return e * same;
  });
  return fromDiagonal(values.sizes, profile, off);
}

/** Kernel with this diagonal and the mean over ordered pairs of different positions that `offSum` gives. */
function fromDiagonal(sizes: readonly number[], profile: Float64Array, offSum: number): Kernel {
  const count = profile.length;
  const level = mean(profile);
  const far = count > 1 && level > 0 ? offSum / (count * (count - 1)) / level : 0;
  return {
    ...uniformKernel(sizes, level, Math.max(-1, Math.min(1, far))),
    profile: sizes.length === 0 ? Float64Array.of(level) : profile,
  };
}

/** E[δs_pj δs_rj] for a key that both see, `g` = E[δ_p δ_r]: δA has variance features · g · contrast around its mean. */
const scoreCovariance = (record: AttentionGradient, g: number, slope: number): number =>
  slope * record.features * g * record.contrast;

const pairGradient = (record: AttentionGradient, g: Float64Array, p: number, r: number): number =>
  Math.sqrt(g[p] * g[r]) * (p === r ? 1 : at(record.gradient, r - p));

/** E[δs²] over [queries, keys]. */
export function gradientOfScores(record: AttentionGradient, sizes: readonly number[]): Kernel {
  const { scores } = record;
  const keys = positions(scores.key);
  const g = fullProfile(record.gradient);
  const profile = new Float64Array(positions(scores.query) * keys);
  forEachQuery(scores, (pair) => {
    const value = Math.max(0, scoreCovariance(record, g[pair.p], pair.slope()));
    if (!scores.mask) profile.fill(value, pair.p * keys, (pair.p + 1) * keys);
    else for (let j = 0; j < keys; j++) if (scores.mask[pair.p * keys + j] !== 0) profile[pair.p * keys + j] = value;
  });
  return { ...uniformKernel(sizes, 0, 0), profile: sizes.length === 0 ? Float64Array.of(mean(profile)) : profile };
}

/** E[δq_p δq_r] = scale² Σ_jk E[δs_pj δs_rk] Kk(j, k); what all keys have in common drops out. `features`: of a query. */
export function gradientOfQueries(record: AttentionGradient, features: number): Kernel {
  const { scores } = record;
  const g = fullProfile(record.gradient);
  const contrast = contrastOf(scores.key);
  const square = scores.factor / features;
  const tied = record.features * record.valueSway * scores.keySway;
  const alike = neighbourhood(record.valueKernel, scores.key);
  return overQueries(scores, g, (pair) => {
    if (pair.np < 2 || pair.nr < 2) return 0;
    const own = pairGradient(record, g, pair.p, pair.r);
    const plain = alike(pair.common) * contrast * pair.common * scoreCovariance(record, own, pair.slope());
    return square * (plain + own * tied * pair.other * freePairs(pair));
  });
}

/** E[δk_j δk_l] = scale² Σ_pr E[δs_pj δs_rl] Kq(p, r), and its covariance with the overlaps' fluctuation. `features`: of a key. */
export function gradientOfKeys(
  record: AttentionGradient,
  features: number,
): { readonly kernel: Kernel; readonly sway: number } {
  const { scores } = record;
  const g = fullProfile(record.gradient);
  const q = fullProfile(scores.query);
  const square = scores.factor / features;
  let off = 0;
  let tied = 0;
  const profile = overKeys(scores, g, (pair, ordered) => {
    const { p, r, np, nr, common } = pair;
    if (np < 2 || nr < 2) return 0;
    const weight = ordered * square * Math.sqrt(q[p] * q[r]) * (p === r ? 1 : at(scores.query, r - p));
    const own = pairGradient(record, g, p, r);
    const value = weight * scoreCovariance(record, own, pair.longSlope());
    if (record.valueSway > 0) tied += weight * own * pair.other * freePairs(pair);
    // Σ over all keys of δs is 0 for either query, so the pairs of different keys carry minus the diagonal.
    off -= value * common;
    return value;
  });
  const kernel = fromDiagonal(scores.key.sizes, profile, off);
  return {
    kernel: scores.mask || scores.prior ? kernel : amongNeighbours(kernel, record.valueKernel),
    sway: (tied * record.features * record.valueSway) / positions(scores.key) ** 2,
  };
}
