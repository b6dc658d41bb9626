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

import { correlationAt, diagonal, fullProfile, type Kernel, mean, positions, uniformKernel } from "../kernel/kernel.ts";
import type { Scores } from "../state/state.ts";
import { weightMoments } from "./moments.ts";

/** What the backward pass through one attention needs: gradient at its output and how much values differ by position. */
export interface AttentionGradient {
  readonly scores: Scores;
  /** E[δ_p δ_r] at the attention's output, per feature. */
  readonly gradient: Kernel;
  /** Features of a value. */
  readonly features: number;
  /** Kv(j, j) − Kv(j, k). */
  readonly contrast: number;
}

interface Pair {
  readonly p: number;
  readonly r: number;
  /** Keys that p, r and both may see. */
  readonly np: number;
  readonly nr: number;
  readonly common: number;
  /** E[A_pj A_rj] and E[A_pj A_rk]. */
  readonly same: number;
  readonly other: number;
  /** E[A_pj A_rj (1 − A_pj − A_rj + Σ_k A_pk A_rk)]: E[δs_pj δs_rj] for δA independent, of variance 1. */
  readonly slope: number;
  /** The same, each query weighted by its squared length over the mean of it. */
  readonly longSlope: number;
}

const at = (kernel: Kernel, lag: number): number => (kernel.sizes.length === 0 ? 1 : correlationAt(kernel, [lag]));

/** Score variance of one query around what all its keys share. */
const contrastOf = (key: Kernel): number => diagonal(key) * (1 - (positions(key) > 1 ? key.far : 0));

interface Row {
  readonly keys: number;
  readonly same: number;
  readonly other: number;
  /** ln(E[A_j²]/E[A_j A_k]): the variance at which a normalized log-normal weight would have these moments. */
  readonly lift: number;
  /** Slope over what E[A²] alone would give. */
  readonly slope: number;
  readonly longSlope: number;
}

function rowOf(variance: number, features: number, keys: number): Row {
  const swing = Math.min(1, Math.sqrt(2 / features));
  const [low, high] = [1 - swing, 1 + swing].map((length) => weightMoments(variance * length, keys));
  const same = (low.same + high.same) / 2;
  const other = (low.other + high.other) / 2;
  const plain = same * (1 - 1 / keys);
  return {
    keys,
    same,
    other,
    lift: Math.log(same / other),
    slope: plain > 0 ? (low.slope + high.slope) / 2 / plain : 1,
    longSlope: plain > 0 ? ((1 - swing) * low.slope + (1 + swing) * high.slope) / 2 / plain : 1,
  };
}

/** Visits all pairs of queries (p ≤ r), with the number of ordered pairs each stands for. */
function forEachPair(scores: Scores, visit: (pair: Pair, ordered: number) => void): void {
  const count = positions(scores.query);
  const keys = positions(scores.key);
  const q = fullProfile(scores.query);
  const variance = scores.factor * contrastOf(scores.key);
  const shared = overlaps(scores.mask, keys);
  const rows = Array.from({ length: count }, (_, p) => rowOf(variance * q[p], scores.features, shared(p, p)));
  for (let p = 0; p < count; p++)
    for (let r = p; r < count; r++) {
      const correlation = p === r ? 1 : at(scores.query, r - p);
      visit(pairOf(p, r, rows[p], rows[r], shared(p, r), correlation), p === r ? 1 : 2);
    }
}

function pairOf(p: number, r: number, a: Row, b: Row, common: number, correlation: number): Pair {
  const [np, nr] = [a.keys, b.keys];
  const lift = Math.exp(correlation * Math.sqrt(a.lift * b.lift));
  const norm = common * lift + np * nr - common;
  const safe = norm > 0 ? norm : 1;
  const same = lift / safe;
  const spread = 1 - 1 / np - 1 / nr + common / (np * nr);
  // Independent queries: E[A_pj A_rj (1 − A_pj − A_rj + Σ_k A_pk A_rk)] factorizes.
  const apart =
    (1 - np * a.same - nr * b.same) / (np * nr) + a.same * b.same + Math.max(0, common - 1) * a.other * b.other;
  const apartRatio = spread > 1e-9 ? (apart * np * nr) / spread : 1;
  const towards = (x: number, y: number): number =>
    apartRatio > 0 ? apartRatio * (Math.sqrt(x * y) / apartRatio) ** correlation : 0;
  const plain = same * Math.max(0, spread);
  return {
    p,
    r,
    np,
    nr,
    common,
    same,
    other: 1 / safe,
    slope: plain * towards(a.slope, b.slope),
    longSlope: plain * towards(a.longSlope, b.longSlope),
  };
}

/** How many keys two queries may both see. Where each sees the first few (causal masks), the smaller number. */
function overlaps(mask: Float64Array | null, keys: number): (p: number, r: number) => number {
  if (!mask) return () => keys;
  const seen = Array.from({ length: mask.length / keys }, (_, p) => countAllowed(mask, p, p, keys));
  const leading = seen.every((n, p) => n === 0 || countLeading(mask, p, keys) === n);
  if (leading) return (p, r) => Math.min(seen[p], seen[r]);
  return (p, r) => (p === r ? seen[p] : countAllowed(mask, p, r, keys));
}

function countLeading(mask: Float64Array, p: number, keys: number): number {
  let count = 0;
  while (count < keys && mask[p * keys + count] !== 0) count++;
  return count;
}

function countAllowed(mask: Float64Array, p: number, r: number, keys: number): number {
  let count = 0;
  for (let j = 0; j < keys; j++) if (mask[p * keys + j] !== 0 && mask[r * keys + j] !== 0) count++;
  return count;
}

/** Collects a symmetric function of (p, r) as diagonal and mean by lag. */
function byLag(count: number): { add: (p: number, r: number, value: number) => void; kernel: () => Kernel } {
  const profile = new Float64Array(count);
  const sums = new Float64Array(count);
  return {
    add: (p, r, value) => {
      if (p === r) profile[p] += value;
      sums[r - p] += value;
    },
    kernel: () => {
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
      return { sizes: [count], radius: [count - 1], lags, far: off / (count * (count - 1)), profile };
    },
  };
}

/** Second moments of Σ_j A_pj v_j. */
export function attend(scores: Scores, values: Kernel): Kernel {
  const out = byLag(positions(scores.query));
  const own = diagonal(values);
  const off = own * values.far;
  forEachPair(scores, ({ p, r, np, nr, common, same, other }) =>
    out.add(p, r, same * common * own + other * (np * nr - common) * off),
  );
  return out.kernel();
}

export function attentionMoments(scores: Scores): { readonly mean: number } {
  return { mean: 1 / positions(scores.key) };
}

/** E[A²] over [queries, keys], masked entries 0. */
export function weightSecondMoments(scores: Scores, sizes: readonly number[]): Kernel {
  const keys = positions(scores.key);
  const rows = positions(scores.query);
  const profile = new Float64Array(rows * keys);
  forEachPair(scores, ({ p, r, same }) => {
    if (p !== r) return;
    for (let j = 0; j < keys; j++) profile[p * keys + j] = scores.mask?.[p * keys + j] !== 0 ? same : 0;
  });
  const level = mean(profile);
  return {
    ...uniformKernel(sizes, 0, level === 0 ? 0 : 1 / (keys * keys) / level),
    profile: sizes.length === 0 ? Float64Array.of(level) : profile,
  };
}

/** E[δ_vj δ_vk] = Σ_pr E[A_pj A_rk] E[δ_p δ_r]. */
export function gradientOfValues(scores: Scores, gradient: Kernel, values: Kernel): Kernel {
  const keys = positions(scores.key);
  const g = fullProfile(gradient);
  const profile = new Float64Array(keys);
  let flat = 0;
  let off = 0;
  const { mask } = scores;
  forEachPair(scores, ({ p, r, np, nr, common, same, other }, ordered) => {
    const e = ordered * Math.sqrt(g[p] * g[r]) * (p === r ? 1 : at(gradient, r - p));
    off += e * other * (np * nr - common);
    if (!mask) flat += e * same;
    else
      for (let j = 0; j < keys; j++) if (mask[p * keys + j] !== 0 && mask[r * keys + j] !== 0) profile[j] += e * same;
  });
  if (flat !== 0) for (let j = 0; j < keys; j++) profile[j] += flat;
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
  forEachPair(scores, (pair) => {
    if (pair.p !== pair.r) return;
    const value = Math.max(0, scoreCovariance(record, g[pair.p], pair.slope));
    for (let j = 0; j < keys; j++) if (scores.mask?.[pair.p * keys + j] !== 0) profile[pair.p * keys + j] = value;
  });
  return { ...uniformKernel(sizes, 0, 0), profile: sizes.length === 0 ? Float64Array.of(mean(profile)) : profile };
}

/** E[δq_p δq_r] = scale² Σ_jk E[δs_pj δs_rk] Kk(j, k); what all keys have in common drops out. `features`: of a query. */
export function gradientOfQueries(record: AttentionGradient, features: number): Kernel {
  const { scores } = record;
  const out = byLag(positions(scores.query));
  const g = fullProfile(record.gradient);
  const contrast = contrastOf(scores.key);
  const square = scores.factor / features;
  forEachPair(scores, (pair) => {
    if (pair.np < 2 || pair.nr < 2) return;
    out.add(
      pair.p,
      pair.r,
      square * contrast * pair.common * scoreCovariance(record, pairGradient(record, g, pair.p, pair.r), pair.slope),
    );
  });
  return out.kernel();
}

/** E[δk_j δk_l] = scale² Σ_pr E[δs_pj δs_rl] Kq(p, r). `features`: of a key. */
export function gradientOfKeys(record: AttentionGradient, features: number): Kernel {
  const { scores } = record;
  const keys = positions(scores.key);
  const g = fullProfile(record.gradient);
  const q = fullProfile(scores.query);
  const square = scores.factor / features;
  const profile = new Float64Array(keys);
  let flat = 0;
  let off = 0;
  const { mask } = scores;
  forEachPair(scores, (pair, ordered) => {
    const { p, r, np, nr, common } = pair;
    if (np < 2 || nr < 2) return;
    const weight = ordered * square * Math.sqrt(q[p] * q[r]) * (p === r ? 1 : at(scores.query, r - p));
    const value = weight * scoreCovariance(record, pairGradient(record, g, p, r), pair.longSlope);
    if (!mask) flat += value;
    else for (let j = 0; j < keys; j++) if (mask[p * keys + j] !== 0 && mask[r * keys + j] !== 0) profile[j] += value;
    // Σ over all keys of δs is 0 for either query, so the pairs of different keys carry minus the diagonal.
    off -= value * common;
  });
  if (flat !== 0) for (let j = 0; j < keys; j++) profile[j] += flat;
  return fromDiagonal(scores.key.sizes, profile, off);
}
