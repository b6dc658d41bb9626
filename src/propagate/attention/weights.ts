/**
 * Softmax attention under random queries and keys. Scores s[p, j] are Gaussian with covariance factor·Kq(p, r)·Kk(j, k)
 * (Hron et al. 2020, "Infinite attention", eq. 9 before the 1/√d limit). Weights A = softmax(s) are taken as normalized
 * log-normals: E[A_pj A_rk] ∝ e^S for j = k against 1 for j ≠ k, S = factor·Kq(p, r)·(Kk diagonal − Kk off the diagonal),
 * normalized so that Σ_jk E[A_pj A_rk] = 1, which holds exactly. Error: O(1/keys) in the off-diagonal terms; for score
 * variances above about 2 the concentration on single keys is overstated.
 */

import { correlationAt, diagonal, fullProfile, type Kernel, mean, positions, uniformKernel } from "../kernel/kernel.ts";
import type { Scores } from "../state/state.ts";

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
}

const at = (kernel: Kernel, lag: number): number => (kernel.sizes.length === 0 ? 1 : correlationAt(kernel, [lag]));

/** Visits all pairs of queries (p ≤ r), with the number of ordered pairs each stands for. */
function forEachPair(scores: Scores, visit: (pair: Pair, ordered: number) => void): void {
  const rows = positions(scores.query);
  const keys = positions(scores.key);
  const q = fullProfile(scores.query);
  const contrast = diagonal(scores.key) * (1 - (keys > 1 ? scores.key.far : 0));
  const { mask } = scores;
  const allowed = Array.from({ length: rows }, (_, p) => (mask ? countAllowed(mask, p, p, keys) : keys));
  for (let p = 0; p < rows; p++)
    for (let r = p; r < rows; r++) {
      const common = mask ? (p === r ? allowed[p] : countAllowed(mask, p, r, keys)) : keys;
      const covariance = scores.factor * Math.sqrt(q[p] * q[r]) * (p === r ? 1 : at(scores.query, r - p)) * contrast;
      const lift = Math.exp(Math.min(covariance, 700));
      const pairs = allowed[p] * allowed[r];
      const norm = common * lift + pairs - common;
      const safe = norm > 0 ? norm : 1;
      visit({ p, r, np: allowed[p], nr: allowed[r], common, same: lift / safe, other: 1 / safe }, p === r ? 1 : 2);
    }
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

/** E[δs_pj δs_rj] for a key that both see: A_pj A_rj (δA − Σ A δA)² with the mean over keys taken out. */
const scoreCovariance = (record: AttentionGradient, g: number, pair: Pair): number =>
  pair.same *
  record.features *
  g *
  record.contrast *
  (1 - 1 / pair.np - 1 / pair.nr + pair.common / (pair.np * pair.nr));

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
    const value = Math.max(0, scoreCovariance(record, g[pair.p], pair));
    for (let j = 0; j < keys; j++) if (scores.mask?.[pair.p * keys + j] !== 0) profile[pair.p * keys + j] = value;
  });
  return { ...uniformKernel(sizes, 0, 0), profile: sizes.length === 0 ? Float64Array.of(mean(profile)) : profile };
}

/** E[δq_p δq_r] = scale² Σ_jk E[δs_pj δs_rk] Kk(j, k); what all keys have in common drops out. `features`: of a query. */
export function gradientOfQueries(record: AttentionGradient, features: number): Kernel {
  const { scores } = record;
  const out = byLag(positions(scores.query));
  const g = fullProfile(record.gradient);
  const contrast = diagonal(scores.key) * (1 - (positions(scores.key) > 1 ? scores.key.far : 0));
  const square = scores.factor / features;
  forEachPair(scores, (pair) => {
    if (pair.np < 2 || pair.nr < 2) return;
    out.add(
      pair.p,
      pair.r,
      square * contrast * pair.common * scoreCovariance(record, pairGradient(record, g, pair.p, pair.r), pair),
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
    const value = weight * scoreCovariance(record, pairGradient(record, g, p, r), pair);
    if (!mask) flat += value;
    else for (let j = 0; j < keys; j++) if (mask[p * keys + j] !== 0 && mask[r * keys + j] !== 0) profile[j] += value;
    // Σ over all keys of δs is 0 for either query, so the pairs of different keys carry minus the diagonal.
    off -= value * common;
  });
  if (flat !== 0) for (let j = 0; j < keys; j++) profile[j] += flat;
  return fromDiagonal(scores.key.sizes, profile, off);
}
