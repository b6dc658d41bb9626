import { describe, expect, test } from "vitest";
import { plan, schemeByName, schemeNames, schemes } from "../../src/plan/index.ts";
import { chain } from "./models.ts";

describe("scheme names", () => {
  test("every name and alias leads to its scheme, none to two", () => {
    const all = schemes.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(all).size).toBe(all.length);
    for (const scheme of schemes)
      for (const name of [scheme.name, ...scheme.aliases])
        if (!scheme.values.some((value) => value.name === "value")) expect(schemeByName(name).scheme).toBe(scheme);
    expect(schemeNames()).toContain("he-normal");
  });
  test("case, underscores and numbers in brackets", () => {
    expect(schemeByName("He_Normal").scheme.name).toBe("he-normal");
    expect(schemeByName(" mup( 128 ) ").values).toEqual([128]);
  });
  test.each([
    ["he-norml", /did you mean he-normal/],
    ["nonsense-of-some-length", /use one of auto, /],
    ["he-normal(3)", /takes no numbers/],
    ["constant", /needs the value of every weight/],
    ["constant(x)", /finite numbers as constant\(value\)/],
    ["constant(1", /takes|unknown/],
    ["a".repeat(100_000), /unknown scheme/],
  ])("%s is refused in one line", (text, message) => {
    expect(() => schemeByName(text)).toThrow(message);
    try {
      schemeByName(text);
    } catch (error) {
      expect(String(error)).not.toContain("\n");
      expect(String(error).length).toBeLessThan(700);
    }
  });
});

describe("plan options", () => {
  const model = chain(4, 1, "relu");
  test.each([
    [{ seed: 0.5 }, /seed must be a whole number/],
    [{ inputVariance: -1 }, /inputVariance must be finite and not negative/],
    [{ inputMean: Number.NaN }, /inputMean must be finite/],
    [{ batch: 0 }, /batch must be a whole number above 0/],
  ])("%j is refused", (options, message) => {
    expect(() => plan(model, options)).toThrow(message);
  });
  test("every scheme names its source, explains every tensor in one line, and plans every parameter", () => {
    for (const { name, source, summary } of schemes) {
      expect(source.length).toBeGreaterThan(3);
      expect(summary).not.toContain("\n");
      if (name === "file") continue;
      const { tensors } = plan(model, { scheme: name === "constant" ? "constant(0.1)" : name });
      expect(tensors.map((tensor) => tensor.name)).toEqual([...model.parameters.keys()]);
      for (const { why } of tensors) expect(why).toMatch(/^\S[^\n]{15,}[.)]$/);
    }
  });
  test("the file scheme says what is missing", () => {
    expect(() => plan(model, { scheme: "file" })).toThrow(/needs the file's values, got none for fc1.weight/);
  });
});
