/**
 * Pairs of queries of one attention. Queries of the same size that see the same keys are of one kind, and pairs of the same
 * kinds at the same lag are alike: without a causal mask a sequence has few kinds (a class token and the rest), and n
 * positions take some n steps instead of n².
 */

import { correlationAt, diagonal, fullProfile, type Kernel, positions } from "../kernel/kernel.ts";
import type { Scores } from "../state/state.ts";
import { weightMoments } from "./moments.ts";

export interface Pair {
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
  readonly slope: () => number;
  /** The same, each query weighted by its squared length over the mean of it. */
  readonly longSlope: () => number;
}

/** Correlation of a kernel over one axis (or one position) at a lag. */
export const at = (kernel: Kernel, lag: number): number =>
  kernel.sizes.length === 0 ? 1 : correlationAt(kernel, [lag]);

/** Score variance of one query around what all its keys share. */
export const contrastOf = (key: Kernel): number => diagonal(key) * (1 - (positions(key) > 1 ? key.far : 0));

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

function rowOf(variance: number, drawn: number, features: number, keys: number): Row {
  const swing = Math.min(1, Math.sqrt(2 / features));
  const [low, high] = [1 - swing, 1 + swing].map((length) => weightMoments(variance * length + drawn, keys));
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

interface Rows {
  readonly rows: readonly Row[];
  readonly seen: Seen;
}

/** Kept with the scores: the forward pass asks twice, the backward pass four times. */
const kept = new WeakMap<Scores, Rows>();

function rowsOf(scores: Scores): Rows {
  let found = kept.get(scores);
  if (!found) {
    const keys = positions(scores.key);
    const variance = scores.factor * contrastOf(scores.key);
    const seen = scores.prior
      ? weighedKeys(scores.prior, scores.mask, positions(scores.query), keys)
      : seenKeys(scores.mask, keys);
    const alike = new Map<string, Row>();
    const rows = Array.from(fullProfile(scores.query), (q, p) => {
      const own = seen.both(p, p);
      const key = `${q} ${own}`;
      const row = alike.get(key) ?? rowOf(variance * q, scores.drawn ?? 0, scores.features, own);
      alike.set(key, row);
      return row;
    });
    found = { rows, seen };
    kept.set(scores, found);
  }
  return found;
}

/** Visits every query with itself. */
export function forEachQuery(scores: Scores, visit: (pair: Pair) => void): void {
  const { rows } = rowsOf(scores);
  const pairs = new Map<Row, Pair>();
  rows.forEach((row, p) => {
    const pair = pairs.get(row) ?? pairOf(p, p, row, row, row.keys, 1);
    pairs.set(row, pair);
    visit({ ...pair, p, r: p });
  });
}

/**
 * Visits the pairs of queries p ≤ r, one of each kind, with the number of pairs (p, r) it stands for. `size`: what else
 * tells queries apart.
 */
export function forEachPair(
  scores: Scores,
  size: Float64Array | null,
  visit: (pair: Pair, count: number) => void,
): void {
  const { rows, seen } = rowsOf(scores);
  const { kinds, count: many } = kindsOf(rows, size);
  // A drawn bias is another for another query.
  const variance = scores.factor * contrastOf(scores.key) * diagonal(scores.query);
  const share = scores.drawn ? variance / (variance + scores.drawn) : 1;
  const correlation = (p: number, r: number) => (p === r ? 1 : share * at(scores.query, r - p));
  if (!seen.byCount || many * many > rows.length) {
    for (let p = 0; p < rows.length; p++)
      for (let r = p; r < rows.length; r++)
        visit(pairOf(p, r, rows[p], rows[r], seen.both(p, r), correlation(p, r)), 1);
    return;
  }
  for (const { p, r, count } of alikePairs(kinds, many))
    visit(pairOf(p, r, rows[p], rows[r], seen.both(p, r), correlation(p, r)), count);
}

interface AlikePairs {
  readonly p: number;
  readonly r: number;
  readonly count: number;
}

/** The blocks of a network ask for the same few groupings, layer by layer. */
const groupings = new Map<string, readonly AlikePairs[]>();
const GROUPINGS = 64;

/** Pairs p ≤ r of the same kinds at the same lag: the first of them, and how many. */
function alikePairs(kinds: Int32Array, many: number): readonly AlikePairs[] {
  const key = kinds.join();
  const known = groupings.get(key);
  if (known) return known;
  const found: AlikePairs[] = [];
  for (let lag = 0; lag < kinds.length; lag++) {
    const counts = new Int32Array(many * many);
    const first = new Int32Array(many * many);
    for (let p = 0; p + lag < kinds.length; p++) {
      const kind = kinds[p] * many + kinds[p + lag];
      if (counts[kind]++ === 0) first[kind] = p;
    }
    for (let kind = 0; kind < counts.length; kind++)
      if (counts[kind] > 0) found.push({ p: first[kind], r: first[kind] + lag, count: counts[kind] });
  }
  if (groupings.size >= GROUPINGS) groupings.clear();
  groupings.set(key, found);
  return found;
}

/** Numbers the rows by what they are. */
function kindsOf(rows: readonly Row[], size: Float64Array | null): { kinds: Int32Array; count: number } {
  const numbers = new Map<Row, Map<number, number>>();
  let count = 0;
  const kinds = new Int32Array(rows.length);
  for (let p = 0; p < kinds.length; p++) {
    if (p > 0 && rows[p] === rows[p - 1] && (!size || size[p] === size[p - 1])) {
      kinds[p] = kinds[p - 1];
      continue;
    }
    const bySize = numbers.get(rows[p]) ?? new Map<number, number>();
    numbers.set(rows[p], bySize);
    const own = size ? size[p] : 0;
    kinds[p] = bySize.get(own) ?? count++;
    bySize.set(own, kinds[p]);
  }
  return { kinds, count };
}

function pairOf(p: number, r: number, a: Row, b: Row, common: number, correlation: number): Pair {
  const [np, nr] = [a.keys, b.keys];
  const lift = Math.exp(correlation * Math.sqrt(a.lift * b.lift));
  const norm = common * lift + np * nr - common;
  const safe = norm > 0 ? norm : 1;
  const same = lift / safe;
  const slope = (x: number, y: number): number => {
    const spread = 1 - 1 / np - 1 / nr + common / (np * nr);
    // Independent queries: E[A_pj A_rj (1 − A_pj − A_rj + Σ_k A_pk A_rk)] factorizes.
    const apart =
      (1 - np * a.same - nr * b.same) / (np * nr) + a.same * b.same + Math.max(0, common - 1) * a.other * b.other;
    const apartRatio = spread > 1e-9 ? (apart * np * nr) / spread : 1;
    if (apartRatio <= 0) return 0;
    return same * Math.max(0, spread) * apartRatio * (Math.sqrt(x * y) / apartRatio) ** correlation;
  };
  return {
    p,
    r,
    np,
    nr,
    common,
    same,
    other: 1 / safe,
    slope: () => slope(a.slope, b.slope),
    longSlope: () => slope(a.longSlope, b.longSlope),
  };
}

export interface Seen {
  /** How many keys two queries may both see. */
  readonly both: (p: number, r: number) => number;
  /** Each sees the first so many (causal masks, and none): then both see what the one with fewer sees. */
  readonly byCount: boolean;
}

/**
 * Keys that queries see by weights π_p ∝ e^{b_p} of a known bias, one such row a head: as many as even weights would be with the
 * same Σ_j π_pj², and in common as many as with the same Σ_j π_pj π_rj.
 */
function weighedKeys(prior: Float64Array, mask: Float64Array | null, queries: number, keys: number): Seen {
  const heads = prior.length / (queries * keys);
  const weights = prior.map((w, i) => (mask ? w * mask[i % mask.length] : w));
  for (let row = 0; row < heads * queries; row++) {
    const own = weights.subarray(row * keys, (row + 1) * keys);
    const sum = own.reduce((a, b) => a + b, 0);
    for (let j = 0; j < keys; j++) own[j] = sum === 0 ? 0 : own[j] / sum;
  }
  const overlap = (p: number, r: number): number => {
    let sum = 0;
    for (let h = 0; h < heads; h++)
      for (let j = 0; j < keys; j++)
        sum += weights[(h * queries + p) * keys + j] * weights[(h * queries + r) * keys + j];
    return sum / heads;
  };
  const own = Array.from({ length: queries }, (_, p) => 1 / Math.max(1 / keys, overlap(p, p)));
  return { both: (p, r) => (p === r ? own[p] : own[p] * own[r] * overlap(p, r)), byCount: false };
}

/** What a mask lets queries see. */
function seenKeys(mask: Float64Array | null, keys: number): Seen {
  if (!mask) return { both: () => keys, byCount: true };
  const seen = Array.from({ length: mask.length / keys }, (_, p) => countAllowed(mask, p, p, keys));
  const leading = seen.every((n, p) => n === 0 || countLeading(mask, p, keys) === n);
  if (leading) return { both: (p, r) => Math.min(seen[p], seen[r]), byCount: true };
  return { both: (p, r) => (p === r ? seen[p] : countAllowed(mask, p, r, keys)), byCount: false };
}

/** Whether every query sees the first so many keys. */
export const seesFirst = (scores: Scores): boolean => rowsOf(scores).seen.byCount;

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
