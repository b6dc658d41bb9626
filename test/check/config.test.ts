import fc from "fast-check";
import { expect, test } from "vitest";
import { baselineOf, readBaseline, withoutKnown } from "../../src/check/baseline.ts";
import { configOf, defineConfig } from "../../src/check/config.ts";
import { checkModel } from "../../src/check/index.ts";
import { matches, settingsOf } from "../../src/check/settings.ts";
import { openModel } from "../../src/formats/file.ts";
import { corpus } from "./models.ts";

const saturated = (config: Parameters<typeof settingsOf>[0]) =>
  openModel(corpus("saturated-mlp.onnx")).then((model) => checkModel(model, { settings: settingsOf(config) }));

test("severities, thresholds and ignores do what they say", async () => {
  const off = await saturated({ rules: { saturated: "off", "large-logits": "error" } });
  expect(off.findings.map(({ rule, severity }) => `${severity} ${rule}`)).toContain("error large-logits");
  expect(off.findings.some(({ rule }) => rule === "saturated")).toBe(false);
  const higher = await saturated({ thresholds: { saturated: { error: 0.99 } } });
  expect(higher.summary.errors).toBe(0);
  expect(higher.findings.filter(({ rule }) => rule === "saturated").map(({ severity }) => severity)).toEqual([
    "warning",
    "warning",
  ]);
  const ignored = await saturated({ ignore: [{ rule: "saturated", names: "fc*.weight", reason: "a test" }] });
  expect(ignored.summary).toMatchObject({ errors: 0, ignored: 2 });
});

const WRONG: readonly (readonly [unknown, RegExp])[] = [
  [null, /^the configuration: must be an object, got null$/],
  [[], /^the configuration: must be an object, got a list$/],
  [{ rule: {} }, /^rule: unknown key, use rules, thresholds, ignore, failOn, baseline$/],
  [{ rules: { saturate: "off" } }, /^rules\.saturate: unknown key, use /],
  [
    { rules: { saturated: "fatal" } },
    /^rules\.saturated: must be "off" or "info" or "warning" or "error", got "fatal"$/,
  ],
  [{ thresholds: { saturated: { warn: 1 } } }, /^thresholds\.saturated\.warn: unknown key, use warning, error$/],
  [{ thresholds: { saturated: { error: "1" } } }, /^thresholds\.saturated\.error: must be a finite number, got "1"$/],
  [{ thresholds: { saturated: { error: Number.NaN } } }, /must be a finite number, got NaN$/],
  [{ thresholds: { "non-finite": { error: 1 } } }, /^thresholds\.non-finite: rule non-finite has no thresholds/],
  [{ ignore: {} }, /^ignore: must be a list, got an object$/],
  [{ ignore: [{ names: "a" }] }, /^ignore\[0\]\.reason: must be a text that is not empty, got undefined$/],
  [{ ignore: [{ names: "a", reason: " " }] }, /^ignore\[0\]\.reason: must be a text/],
  [{ ignore: [{ rule: "x", names: "a", reason: "b" }] }, /^ignore\[0\]\.rule: must be a rule/],
  [{ failOn: "info" }, /^failOn: must be "warning" or "error", got "info"$/],
  [{ baseline: 7 }, /^baseline: must be a text that is not empty, got 7$/],
];

test.each(WRONG)("a wrong configuration is one line with the key's path: %j", (value, line) => {
  expect(() => configOf(value)).toThrow(line);
});

test("whatever a configuration holds, it is taken or refused in one line", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      try {
        configOf(value);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error instanceof Error ? error.name : "").toBe("ConfigError");
      }
    }),
  );
});

test("a right one comes back as it is", () => {
  const config = defineConfig({
    rules: { saturated: "warning" },
    thresholds: { "mis-scaled": { factor: 10 } },
    ignore: [{ rule: "zero-weights", names: "adapter.*", reason: "they start at 0" }],
    failOn: "warning",
    baseline: "known.json",
  });
  expect(configOf(config)).toEqual(config);
  expect(configOf({})).toEqual({});
});

test("in a pattern * is any run of characters and everything else itself", () => {
  expect(matches("a.*.b", "a.x.y.b")).toBe(true);
  expect(matches("a.*.b", "axxb")).toBe(false);
  expect(matches("*", "")).toBe(true);
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      fc.pre(!a.includes("*") && !b.includes("*"));
      expect(matches(a, a)).toBe(true);
      expect(matches(`${a}*`, a + b)).toBe(true);
      expect(matches(a, b)).toBe(a === b);
    }),
  );
});

test("a baseline takes away what it knows, and nothing else", async () => {
  const result = await saturated({});
  const baseline = baselineOf(result);
  expect(readBaseline(JSON.stringify(baseline))).toEqual(baseline);
  const none = withoutKnown(result, baseline);
  expect(none.summary).toMatchObject({ errors: 0, warnings: 0, known: 3 });
  const [first, ...rest] = baseline.findings;
  const one = withoutKnown(result, { ...baseline, findings: rest });
  expect(one.findings.filter(({ severity }) => severity !== "info").map(({ rule }) => rule)).toEqual([first?.rule]);
  for (const text of ["", "{}", "[]", '{"schema":"epoch0.baseline/1","findings":[{}]}', '{"schema":"x","findings":[]}'])
    expect(() => readBaseline(text)).toThrow("not a baseline of epoch0");
});
