/** The report's forms: table, Markdown, annotations, SARIF. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { RULES } from "../../src/check/index.ts";
import { summaryOf } from "../../src/check/summary.ts";
import type { CheckResult, Finding } from "../../src/check/types.ts";
import { checkReport } from "../../src/report/check/index.ts";
import { sarifLog } from "../../src/report/check/sarif.ts";
import { createTheme } from "../../src/report/theme.ts";

const theme = createTheme({ color: false });

function resultOf(findings: readonly Finding[]): CheckResult {
  const summary = summaryOf(findings, { ignored: 0, tensors: 3, looked: ["weights", "prediction"], trained: false });
  return { schema: "epoch0.check/1", model: { format: "onnx", name: "m.onnx" }, findings, summary };
}

const SATURATED: Finding = {
  rule: "saturated",
  severity: "error",
  tensor: "fc1.weight",
  node: "/fc1",
  message: "91 % of the units are saturated",
  evidence: { saturated: 0.91, secondMoments: [1, 2, 4] },
  fix: "draw it smaller",
  redraw: ["fc1.weight"],
};

const text = fc.string({ unit: "grapheme", maxLength: 60 });
const finding: fc.Arbitrary<Finding> = fc.record({
  rule: fc.constantFrom(...RULES.map(({ name }) => name)),
  severity: fc.constantFrom("info" as const, "warning" as const, "error" as const),
  tensor: text,
  message: text,
  evidence: fc.constant({}),
  fix: text,
});

test("the table fits its width and ends in one line of summary, whatever the names are", () => {
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 6 }), fc.integer({ min: 60, max: 160 }), (findings, width) => {
      const out = checkReport(resultOf(findings), { format: "table", path: "m.onnx", width, theme });
      const lines = out.split("\n");
      expect(lines.at(-1)).toBe("");
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
      expect(out.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    }),
    { numRuns: 60 },
  );
});

test("the table tells what, where, why and the way out", () => {
  const twin = { ...SATURATED, tensor: "fc2.weight", node: "/fc2" };
  expect(checkReport(resultOf([SATURATED, twin]), { format: "table", path: "m.onnx", width: 80, theme })).toBe(
    [
      "m.onnx: 3 tensors of an .onnx file",
      "",
      "error    saturated  fc1.weight and 1 like it",
      "         91 % of the units are saturated",
      "         so are fc2.weight",
      `         signal   1.00 ▁▅█ 4.00`,
      "         → draw it smaller",
      "",
      "2 errors, by the weights and the predicted signals",
      "",
    ].join("\n"),
  );
});

test("annotations are workflow commands: one a line, escaped as the runner reads them", () => {
  const odd = { ...SATURATED, tensor: "a:b,c%d", message: "one\ntwo\r: %" };
  expect(checkReport(resultOf([odd]), { format: "github", path: "dir,1/m.onnx", width: 80, theme })).toBe(
    "::error file=dir%2C1/m.onnx,title=epoch0 saturated%3A a%3Ab%2Cc%25d::one%0Atwo%0D: %25%0AFix: draw it smaller\n" +
      "::notice file=dir%2C1/m.onnx,title=epoch0 check::1 error, by the weights and the predicted signals\n",
  );
});

test("no finding breaks out of a Markdown table's cell", () => {
  fc.assert(
    fc.property(fc.array(finding, { minLength: 1, maxLength: 4 }), (findings) => {
      const out = checkReport(resultOf(findings), { format: "markdown", path: "m.onnx", width: 80, theme });
      const rows = out.split("\n").filter((line) => line.startsWith("|"));
      const shown = findings.filter(({ severity }) => severity !== "info").length;
      expect(rows.length).toBe(shown === 0 ? 0 : shown + 2);
      // Five cells: six bars that no backslash stands before.
      for (const row of rows) expect(row.replace(/\\./gu, "").match(/\|/g)).toHaveLength(6);
    }),
  );
});

/** What the schema of SARIF 2.1.0 requires, and the values it allows. */
test("SARIF logs have the fields that the standard requires", () => {
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 4 }), (findings) => {
      const log = sarifLog(resultOf(findings), "some dir/ü.onnx");
      expect(log.version).toBe("2.1.0");
      expect(log.$schema).toMatch(
        /^https:\/\/docs\.oasis-open\.org\/sarif\/sarif\/v2\.1\.0\/.*sarif-schema-2\.1\.0\.json$/,
      );
      const [run] = log.runs;
      expect(run?.tool.driver.name).toBe("epoch0");
      const ids = run?.tool.driver.rules.map(({ id }) => id) ?? [];
      expect(new Set(ids).size).toBe(ids.length);
      for (const [i, result] of (run?.results ?? []).entries()) {
        expect(ids[result.ruleIndex]).toBe(result.ruleId);
        expect(typeof result.message.text).toBe("string");
        expect(["none", "note", "warning", "error"]).toContain(result.level);
        // Section 3.27.9: any kind but fail has level none.
        expect(result.kind === "fail").toBe(result.level !== "none");
        const [location] = result.locations;
        expect(location?.physicalLocation.artifactLocation.uri).toBe("some%20dir/%C3%BC.onnx");
        expect(location?.logicalLocations[0]?.fullyQualifiedName).toBe(findings[i]?.tensor);
      }
      expect(JSON.parse(JSON.stringify(log))).toEqual(log);
    }),
    { numRuns: 30 },
  );
});
