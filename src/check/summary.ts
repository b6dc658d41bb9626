/** How a check ended, in one line. */

import type { Finding, Reads, Summary } from "./types.ts";

const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

const LOOKED: Readonly<Record<Reads, string>> = {
  weights: "the weights",
  prediction: "the predicted signals",
  run: "a run on the data",
};

export interface SummaryFacts {
  readonly ignored: number;
  readonly known?: number;
  readonly tensors: number;
  readonly looked: readonly Reads[];
  readonly trained: boolean;
}

export function summaryOf(
  findings: readonly Finding[],
  { ignored, known = 0, tensors, looked, trained }: SummaryFacts,
): Summary {
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings, infos] = [count("error"), count("warning"), count("info")];
  const found =
    errors + warnings === 0
      ? `nothing wrong in ${counted(tensors, "tensor")}`
      : [errors > 0 ? counted(errors, "error") : "", warnings > 0 ? counted(warnings, "warning") : ""]
          .filter((part) => part !== "")
          .join(" and ");
  const by = looked.map((each) => LOOKED[each]);
  const where = by.length < 2 ? by.join("") : `${by.slice(0, -1).join(", ")} and ${by.at(-1)}`;
  const rest = [
    ...(trained ? ["the weights look trained, rules on initialization were silent"] : []),
    ...(ignored > 0 ? [`${ignored} ignored`] : []),
    ...(known > 0 ? [`${known} in the baseline`] : []),
  ];
  const line = [`${found}, by ${where}`, ...rest].join("; ");
  return { errors, warnings, infos, ignored, known, tensors, looked, trained, line };
}
