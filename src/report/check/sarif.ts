/** The findings as a SARIF 2.1.0 log (OASIS 2020), for code scanning. */

import { RULES } from "../../check/rules/index.ts";
import type { CheckResult, Finding, Severity } from "../../check/types.ts";
import { version } from "../../version.ts";
import { placeOf } from "./places.ts";

/** Section 3.27.10. */
const LEVEL: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/** A relative URI reference of a path (RFC 3986): segments percent-encoded. */
const uriOf = (path: string) => path.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");

function resultOf(finding: Finding, uri: string) {
  const place = placeOf(finding);
  return {
    ruleId: finding.rule,
    ruleIndex: RULES.findIndex(({ name }) => name === finding.rule),
    // Section 3.27.9: what is no failure has no level.
    kind: finding.severity === "info" ? "informational" : "fail",
    level: finding.severity === "info" ? "none" : LEVEL[finding.severity],
    message: { text: finding.fix === "" ? finding.message : `${finding.message}. Fix: ${finding.fix}.` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri } },
        logicalLocations: [{ fullyQualifiedName: place, kind: finding.tensor === undefined ? "function" : "variable" }],
      },
    ],
    // The numbers change from draw to draw; rule and place tell a finding again.
    partialFingerprints: { "epoch0/place/v1": `${finding.rule} ${place}` },
    properties: { evidence: finding.evidence },
  };
}

/** @example JSON.stringify(sarifLog(result, "model.onnx")) */
export function sarifLog({ findings }: CheckResult, path: string) {
  const uri = uriOf(path);
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "epoch0",
            version,
            semanticVersion: version,
            rules: RULES.map(({ name, summary, severity }) => ({
              id: name,
              shortDescription: { text: summary },
              defaultConfiguration: { level: LEVEL[severity] },
            })),
          },
        },
        artifacts: [{ location: { uri } }],
        results: findings.map((finding) => resultOf(finding, uri)),
        columnKind: "utf16CodeUnits",
      },
    ],
  };
}
