/** Which scheme is better, where the runs can tell. */

import { normalTail } from "../gaussian/index.ts";
import type { Ranked, RunRecord, Spread } from "./types.ts";

/** A difference that chance makes less often than this is no tie. */
export const SIGNIFICANT = 0.05;
/** Up to this many ways to deal the runs out, each is counted. */
const MOST_DEALS = 200_000;

/**
 * Two-sided chance that runs which are alike differ as clearly as these (Mann & Whitney 1947, midranks for ties): exact by
 * counting every way to deal the ranks out while these are at most 200,000, else by the normal limit. Infinity (diverged)
 * is worse than any number.
 *
 * @example mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) // 2 / 252
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const ranks = midranks([...a, ...b]);
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const expected = (a.length * (a.length + b.length + 1)) / 2;
  const distance = Math.abs(observed - expected);
  if (distance === 0) return 1;
  if (choose(ranks.length, a.length) <= MOST_DEALS) {
    let [extreme, total] = [0, 0];
    const deal = (from: number, left: number, sum: number) => {
      if (left === 0) {
        total++;
        if (Math.abs(sum - expected) >= distance - 1e-9) extreme++;
        return;
      }
      for (let i = from; i <= ranks.length - left; i++) deal(i + 1, left - 1, sum + ranks[i]!);
    };
    deal(0, a.length, 0);
    return extreme / total;
  }
  const n = ranks.length;
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / n;
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0) / n;
  const variance = (a.length * b.length * spread) / (n - 1);
  return Math.min(1, 2 * normalTail((distance - 0.5) / Math.sqrt(variance)));
}

function midranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}

export type Target = { readonly accuracy: number } | { readonly loss: number } | null;

/** Nine tenths of the best scheme's mean accuracy; without classes, nine tenths of the way down to its mean loss. */
export function commonTarget(runs: readonly RunRecord[], given: number | null, classified: boolean): Target {
  if (given !== null) return classified ? { accuracy: given } : { loss: given };
  const schemes = [...new Set(runs.map((run) => run.scheme))];
  const means = schemes.flatMap((scheme) => {
    const own = runs.filter((run) => run.scheme === scheme && !run.diverged);
    return own.length === 0 ? [] : [{ loss: spreadOf(own.map((run) => run.loss)).mean, accuracy: accuracyOf(own) }];
  });
  if (means.length === 0) return null;
  if (classified) return { accuracy: 0.9 * Math.max(...means.map(({ accuracy }) => accuracy?.mean ?? 0)) };
  const starts = runs.map((run) => run.evaluations[0]?.loss ?? 0).sort((a, b) => a - b);
  const start = starts[Math.floor(starts.length / 2)] ?? 0;
  return { loss: start - 0.9 * (start - Math.min(...means.map(({ loss }) => loss))) };
}

function stepsTo(run: RunRecord, target: Target): number | null {
  if (target === null) return null;
  const met = run.evaluations.find((each) =>
    "accuracy" in target ? each.accuracy >= target.accuracy : each.loss <= target.loss,
  );
  return met?.step ?? null;
}

export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN };
}

function accuracyOf(runs: readonly RunRecord[]): Spread | null {
  const values = runs.flatMap((run) => (run.accuracy === null ? [] : [run.accuracy]));
  return values.length === 0 ? null : spreadOf(values);
}

/** Best first: by the median loss of a scheme's runs, diverged ones last. */
export function rankSchemes(runs: readonly RunRecord[], target: Target): Ranked[] {
  const schemes = [...new Set(runs.map((run) => run.scheme))];
  const rows = schemes.map((scheme) => {
    const own = runs.filter((run) => run.scheme === scheme);
    const losses = own.map((run) => run.loss).sort((a, b) => a - b);
    const [low, high] = [losses[Math.floor((losses.length - 1) / 2)]!, losses[Math.floor(losses.length / 2)]!];
    return { scheme, own, losses, median: low === high ? low : (low + high) / 2 };
  });
  rows.sort((a, b) => (a.median === b.median ? 0 : a.median - b.median));
  return rows.map(({ scheme, own, losses, median }) => {
    const kept = own.filter((run) => !run.diverged);
    const steps = own.flatMap((run) => stepsTo(run, target) ?? []).sort((a, b) => a - b);
    const better = rows.filter(
      (other) => other.median < median && mannWhitney(other.losses, losses) < SIGNIFICANT,
    ).length;
    return {
      rank: 1 + better,
      scheme,
      learningRate: own[0]!.learningRate,
      loss: kept.length === 0 ? null : spreadOf(kept.map((run) => run.loss)),
      accuracy: accuracyOf(kept),
      stepsToTarget: steps.length === 0 ? null : steps[Math.floor((steps.length - 1) / 2)]!,
      reached: steps.length,
      diverged: own.length - kept.length,
      runs: own.length,
      p: mannWhitney(rows[0]!.losses, losses),
    };
  });
}
