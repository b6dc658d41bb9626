/** The rules as documentation: the index of docs/rules and the table of thresholds on each page. */

import type { Rule } from "../../check/rules/types.ts";

const READS = { weights: "the weights", prediction: "the prediction", run: "a run on data" } as const;

/** The generated block of a rule's page. */
export function thresholdTable({ thresholds }: Rule): string {
  const rows = Object.entries(thresholds);
  if (rows.length === 0) return "None to set.";
  return [
    "| name | default | meaning |",
    "|---|--:|---|",
    ...rows.map(([name, { default: value, meaning }]) => `| \`${name}\` | ${value} | ${meaning} |`),
  ].join("\n");
}

/** docs/rules/README.md. */
export function rulesIndex(rules: readonly Rule[]): string {
  const rows = rules.map(({ name, severity, reads, summary, initialization }) =>
    [
      `| [${name}](${name}.md)`,
      summary,
      severity,
      reads.map((each) => READS[each]).join(", "),
      initialization ? "yes" : "",
      "|",
    ].join(" | "),
  );
  return `# The rules of \`check\`

In causal order: what an earlier rule names counts as drawn anew for the later ones, so that one cause is told once. The severity
is the most serious that a rule gives by itself; a configuration can change it. Rules that speak of initialization are silent
where the weights are trained.

| rule | finds | severity | looks at | of initialization |
|---|---|---|---|---|
${rows.map((row) => row.replace(/ \| \|$/, " |")).join("\n")}

How often they are right: [check-accuracy.md](../check-accuracy.md). Whether training bears them out: [check-race.md](../check-race.md).
How to run and configure them: [check.md](../check.md).
`;
}
