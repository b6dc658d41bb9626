/** Verdicts and tests as a person says them. */

import type { Test, Verdict } from "../../reproduce/index.ts";
import { formatNumber } from "../number.ts";

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  holds: "holds",
  "holds-if": "holds only if",
  "does-not-hold": "does not hold",
};

export const FINDING_MARKS: Readonly<Record<Test["finding"], string>> = {
  supported: "yes",
  refuted: "no",
  undecided: "open",
};

/** The verdict with its condition as a sentence: "holds only if the means are zero". */
export function verdictSentence(verdict: Verdict, condition: string): string {
  const words = VERDICT_WORDS[verdict];
  if (condition === "") return words;
  return verdict === "holds-if" ? `${words} ${condition}` : `${words}: ${condition}`;
}

/** "t = 30.0, p = 3e-12" or "0.25 ≤ 1.00"; "one draw" where there was nothing to compare. */
export function statisticOf({ statistic, threshold, pValue, finding }: Test): string {
  if (Number.isNaN(threshold)) return "one draw";
  if (pValue === null)
    return `${formatNumber(statistic)} ${statistic <= threshold ? "≤" : ">"} ${formatNumber(threshold)}`;
  const chance = finding === "refuted" ? 1 - pValue : pValue;
  const p = chance < 1e-16 ? "p < 1e-16" : `p = ${formatNumber(chance, { digits: 1 })}`;
  return `t = ${formatNumber(statistic)}, ${p}`;
}
