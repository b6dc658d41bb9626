/** What other programs read of a check, held against what these programs say they read. */

import { readFileSync } from "node:fs";
import Ajv from "ajv-draft-04";
import formats from "ajv-formats";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkModel, RULES } from "../../src/check/index.ts";
import { summaryOf } from "../../src/check/summary.ts";
import type { CheckResult, Finding } from "../../src/check/types.ts";
import { openModel } from "../../src/formats/file.ts";
import { githubLines } from "../../src/report/check/github.ts";
import { sarifLog } from "../../src/report/check/sarif.ts";
import { corpus } from "../check/models.ts";

const schema: object = JSON.parse(
  readFileSync(new URL("schema/sarif-2.1.0-rtm.5.json", import.meta.url), { encoding: "utf8" }),
);
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats.default(ajv);
const validate = ajv.compile(schema);

function expectValid(log: unknown): void {
  const parsed: unknown = JSON.parse(JSON.stringify(log));
  validate(parsed);
  expect(validate.errors ?? []).toEqual([]);
}

const text = fc.string({ unit: "grapheme", maxLength: 60 });
const evidence = fc.dictionary(
  text,
  fc.oneof(fc.double(), text, fc.boolean(), fc.constant(null), fc.array(fc.double())),
);
const finding: fc.Arbitrary<Finding> = fc.record(
  {
    rule: fc.constantFrom(...RULES.map(({ name }) => name)),
    severity: fc.constantFrom("info" as const, "warning" as const, "error" as const),
    tensor: text,
    node: text,
    message: text,
    evidence,
    fix: text,
  },
  { requiredKeys: ["rule", "severity", "message", "evidence", "fix"] },
);

function resultOf(findings: readonly Finding[]): CheckResult {
  const summary = summaryOf(findings, { ignored: 0, tensors: 3, looked: ["weights"], trained: false });
  return { schema: "epoch0.check/1", model: { format: "onnx", name: "m.onnx" }, findings, summary };
}

test("SARIF of any findings and any path is valid by the standard's own schema", () => {
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 4 }), text, (findings, path) => {
      expectValid(sarifLog(resultOf(findings), path));
    }),
    { numRuns: 100 },
  );
});

test("the schema is in force: what it forbids is told", () => {
  const log = sarifLog(resultOf([]), "m.onnx");
  expect(validate({ ...log, version: "2.0.0" })).toBe(false);
  expect(validate({ ...log, runs: [{ ...log.runs[0], tool: {} }] })).toBe(false);
  expect(validate({ ...log, runs: [{ ...log.runs[0], results: [{ message: {}, level: "fatal" }] }] })).toBe(false);
});

test.each(["zero-mlp.onnx", "saturated-mlp.onnx", "gpt-mini.pt"])("SARIF of %s", async (file) => {
  expectValid(sarifLog(await checkModel(await openModel(corpus(file))), file));
});

interface Annotation {
  readonly command: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly message: string;
}

const unescaped = (escaped: string) => escaped.replaceAll("%0D", "\r").replaceAll("%0A", "\n");

/**
 * A line as the runner of GitHub Actions takes it apart ("Workflow commands for GitHub Actions": `::name key=value,…::message`,
 * with %, CR and LF escaped everywhere, and : and , in values as well).
 */
function annotationOf(line: string): Annotation {
  const match = /^::(\w+)((?: [^:]*)?)::(.*)$/s.exec(line);
  if (!match) throw new Error(`no command: ${line}`);
  const [, command = "", list = "", message = ""] = match;
  const properties = new Map(
    list
      .trimStart()
      .split(",")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const [key = "", ...value] = pair.split("=");
        const decoded = unescaped(value.join("=")).replaceAll("%3A", ":").replaceAll("%2C", ",");
        return [key, decoded.replaceAll("%25", "%")] as const;
      }),
  );
  return { command, properties, message: unescaped(message).replaceAll("%25", "%") };
}

test("annotations come back from the runner's grammar as they were meant, one a line", () => {
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 4 }), text, (findings, path) => {
      const result = resultOf(findings);
      const lines = githubLines(result, path).split("\n").slice(0, -1);
      const shown = findings.filter(({ severity }) => severity !== "info");
      const read = lines.map(annotationOf);
      expect(read.map(({ command }) => command)).toEqual([...shown.map(({ severity }) => severity), "notice"]);
      shown.forEach(({ rule, tensor, node, message, fix }, i) => {
        expect(read[i]?.properties.get("file")).toBe(path);
        expect(read[i]?.properties.get("title")).toBe(`epoch0 ${rule}: ${tensor ?? node ?? "the model"}`);
        expect(read[i]?.message).toBe(fix === "" ? message : `${message}\nFix: ${fix}`);
      });
      expect(read.at(-1)?.message).toBe(result.summary.line);
      for (const { properties } of read) expect([...properties.keys()]).toEqual(["file", "title"]);
    }),
    { numRuns: 200 },
  );
});
