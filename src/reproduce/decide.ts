/**
 * Verdicts come from tests. Each claim is put so that data can refute it as well as support it: a confidence interval of
 * the mean (Student 1908) lies on one side of a bound, on the other, or across it; "equal" means inside a margin
 * (two one-sided tests, Schuirmann 1987), since no sample can show that two numbers are the same. What is not drawn but
 * computed is compared with the rounding error that its arithmetic may make.
 *
 * Level: 1 % on each side of each interval, so a claim at its bound is wrongly decided in one run of a hundred.
 */

import { studentQuantile, studentTail } from "../gaussian/index.ts";
import type { Finding, Test, Verdict } from "./types.ts";

export const LEVEL = 0.01;

export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Of one sample, n − 1; 0 for a single one. */
  readonly std: number;
  /** Half the 98 % confidence interval of the mean. */
  readonly halfWidth: number;
}

export function summarize(samples: readonly number[]): Summary {
  const count = samples.length;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / count;
  const squares = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0);
  const std = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
  const halfWidth = std === 0 ? 0 : (studentQuantile(LEVEL, count - 1) * std) / Math.sqrt(count);
  return { count, mean, std, halfWidth };
}

/** One sample has no spread to compare with: whatever it is, the claim stays open. */
function undecided(claim: string): Test {
  const method = "none: a t-test needs two draws or more";
  return { claim, method, statistic: Number.NaN, threshold: Number.NaN, pValue: null, finding: "undecided" };
}

/** t of a mean against a bound; ±∞ where all samples are the same and off it. */
function studentOf({ mean, std, count }: Summary, bound: number): number {
  const difference = mean - bound;
  return difference === 0 ? 0 : difference / (std / Math.sqrt(count));
}

/**
 * The mean of independent samples is above `bound`.
 *
 * @example above("losses differ", [0.9, 1.1, 1.0], 0).finding // "supported"
 */
export function above(claim: string, samples: readonly number[], bound: number): Test {
  if (samples.length < 2) return undecided(claim);
  const summary = summarize(samples);
  const statistic = studentOf(summary, bound);
  const degrees = summary.count - 1;
  const threshold = studentQuantile(LEVEL, degrees);
  return {
    claim,
    method: `one-sided t-test of a mean, ${degrees} degrees of freedom`,
    statistic,
    threshold,
    pValue: studentTail(statistic, degrees),
    finding: statistic > threshold ? "supported" : statistic < -threshold ? "refuted" : "undecided",
  };
}

/** The mean of independent samples is below `bound`. */
export function below(claim: string, samples: readonly number[], bound: number): Test {
  return above(
    claim,
    samples.map((sample) => -sample),
    -bound,
  );
}

/**
 * The mean of independent samples lies within `margin` of `target`: the statistic is t of the nearer margin, which both
 * one-sided tests must pass.
 */
export function equivalent(
  claim: string,
  samples: readonly number[],
  { target, margin }: { readonly target: number; readonly margin: number },
): Test {
  if (samples.length < 2) return undecided(claim);
  const summary = summarize(samples);
  const degrees = summary.count - 1;
  const statistic = -studentOf({ ...summary, mean: Math.abs(summary.mean - target) }, margin);
  const threshold = studentQuantile(LEVEL, degrees);
  return {
    claim,
    method: `two one-sided t-tests, ${degrees} degrees of freedom, margin ${Number(margin.toPrecision(3))}`,
    statistic,
    threshold,
    pValue: studentTail(statistic, degrees),
    finding: statistic > threshold ? "supported" : statistic < -threshold ? "refuted" : "undecided",
  };
}

/** A computed error is within what rounding may make. `of` says how the bound is derived. */
export function withinRounding(
  claim: string,
  error: number,
  { bound, of }: { readonly bound: number; readonly of: string },
): Test {
  return {
    claim,
    method: `rounding bound: ${of}`,
    statistic: error,
    threshold: bound,
    pValue: null,
    finding: error <= bound ? "supported" : "refuted",
  };
}

/** A computed difference is beyond what rounding may make. */
export function beyondRounding(
  claim: string,
  difference: number,
  { bound, of }: { readonly bound: number; readonly of: string },
): Test {
  return {
    claim,
    method: `rounding bound: ${of}`,
    statistic: difference,
    threshold: bound,
    pValue: null,
    finding: difference > bound ? "supported" : "refuted",
  };
}

/** The samples' geometric mean is what a person reads; tests run on logarithms, where ratios are symmetric. */
export function logs(samples: readonly number[]): number[] {
  return samples.map(Math.log);
}

export interface Evidence {
  /** Claims that make up the statement as it is written. */
  readonly written: readonly Test[];
  /** Claims that make it up under its condition; none: nothing rescues it. */
  readonly conditional?: readonly Test[];
  /** Shown, and part of no verdict. */
  readonly beside?: readonly Test[];
}

const all = (tests: readonly Test[], finding: Finding) => tests.every((test) => test.finding === finding);

/**
 * holds: every claim of the statement as written is supported. holds-if: not so, and every claim under the condition is.
 * Else it does not hold, which is said in the condition where a claim was left undecided rather than refuted.
 *
 * `condition` is for "holds-if", `otherwise` for "does-not-hold".
 */
export function decide(
  { written, conditional = [], beside = [] }: Evidence,
  { condition = "", otherwise = "" }: { readonly condition?: string; readonly otherwise?: string } = {},
): { readonly verdict: Verdict; readonly condition: string; readonly tests: readonly Test[] } {
  const tests = [...written, ...conditional, ...beside];
  if (all(written, "supported")) return { verdict: "holds", condition: "", tests };
  if (conditional.length > 0 && all(conditional, "supported")) return { verdict: "holds-if", condition, tests };
  const undecided = [...written, ...conditional].filter((test) => test.finding === "undecided");
  const open = undecided.map((test) => `undecided at this size: ${test.claim}`);
  return { verdict: "does-not-hold", condition: [otherwise, ...open].filter((part) => part !== "").join("; "), tests };
}
