/** The findings as a Markdown table, for a pull request's comment. */

import type { CheckResult } from "../../check/types.ts";
import { printable } from "../table.ts";
import { placeOf } from "./places.ts";

const cell = (text: string) => printable(text).replace(/([\\|`<>*_[\]])/g, "\\$1");
const code = (text: string) => {
  const plain = printable(text).replaceAll("|", "\\|");
  return plain.includes("`") ? cell(text) : `\`${plain}\``;
};

export function checkMarkdown({ findings, summary, model }: CheckResult): string {
  const title = `### epoch0 check: ${cell(model.name)}`;
  const shown = findings.filter(({ severity }) => severity !== "info");
  const rows = shown.map(
    (finding) =>
      `| ${finding.severity} | ${finding.rule} | ${code(placeOf(finding))} | ${cell(finding.message)} | ${cell(finding.fix)} |`,
  );
  const table =
    shown.length === 0 ? [] : ["| severity | rule | where | finding | fix |", "|---|---|---|---|---|", ...rows, ""];
  return `${[title, "", ...table, `${cell(summary.line)}.`].join("\n")}\n`;
}
