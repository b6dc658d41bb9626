/** Annotations of GitHub Actions: `::error file=…,title=…::message` (workflow commands). */

import type { CheckResult, Severity } from "../../check/types.ts";
import { placeOf } from "./places.ts";

const KIND: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/** Data and properties are escaped as the runner's toolkit does it. */
const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** Warnings and errors one a line, then the summary as a notice. */
export function githubLines({ findings, summary }: CheckResult, path: string): string {
  const lines = findings
    .filter(({ severity }) => severity !== "info")
    .map((finding) => {
      const title = `epoch0 ${finding.rule}: ${placeOf(finding)}`;
      const text = finding.fix === "" ? finding.message : `${finding.message}\nFix: ${finding.fix}`;
      return `::${KIND[finding.severity]} file=${property(path)},title=${property(title)}::${data(text)}`;
    });
  return `${[...lines, `::notice file=${property(path)},title=${property("epoch0 check")}::${data(summary.line)}`].join("\n")}\n`;
}
