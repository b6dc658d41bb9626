/** Findings that a project has accepted for now: they are counted and not reported. */

import { ConfigError } from "./config.ts";
import { summaryOf } from "./summary.ts";
import type { CheckResult, Finding } from "./types.ts";

export interface Baseline {
  readonly schema: "epoch0.baseline/1";
  readonly findings: readonly { readonly rule: string; readonly place: string }[];
}

/** What a finding is told by from one run to the next: numbers change, rule and place stay. */
const placeOf = ({ tensor, node }: Finding): string => tensor ?? node ?? "";
const keyOf = (rule: string, place: string): string => `${rule} ${place}`;

/** Warnings and errors of a result, in order. */
export function baselineOf({ findings }: CheckResult): Baseline {
  return {
    schema: "epoch0.baseline/1",
    findings: findings
      .filter(({ severity }) => severity !== "info")
      .map((finding) => ({ rule: finding.rule, place: placeOf(finding) })),
  };
}

/** @throws ConfigError where the text is no baseline */
export function readBaseline(text: string): Baseline {
  const wrong = (): never => {
    throw new ConfigError("not a baseline of epoch0, write one with --write-baseline");
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong();
  }
  if (typeof value !== "object" || value === null || !("schema" in value) || !("findings" in value)) return wrong();
  if (value.schema !== "epoch0.baseline/1" || !Array.isArray(value.findings)) return wrong();
  const findings = value.findings.map((entry: unknown) => {
    if (typeof entry !== "object" || entry === null || !("rule" in entry) || !("place" in entry)) return wrong();
    const { rule, place } = entry;
    return typeof rule === "string" && typeof place === "string" ? { rule, place } : wrong();
  });
  return { schema: "epoch0.baseline/1", findings };
}

/** The result without what the baseline knows. */
export function withoutKnown(result: CheckResult, baseline: Baseline): CheckResult {
  const known = new Set(baseline.findings.map(({ rule, place }) => keyOf(rule, place)));
  const findings = result.findings.filter(
    (finding) => finding.severity === "info" || !known.has(keyOf(finding.rule, placeOf(finding))),
  );
  const { ignored, tensors, looked, trained } = result.summary;
  const summary = summaryOf(findings, {
    ignored,
    known: result.findings.length - findings.length,
    tensors,
    looked,
    trained,
  });
  return { ...result, findings, summary };
}
