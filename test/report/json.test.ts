import { expect, test } from "vitest";
import { toJson } from "../../src/report/json.ts";

test("numbers in full, what JSON has no words for as strings", () => {
  const text = toJson({
    a: 0.1 + 0.2,
    b: Number.NaN,
    c: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    d: new Map([["k", 1]]),
  });
  expect(JSON.parse(text)).toEqual({ a: 0.30000000000000004, b: "NaN", c: ["Infinity", "-Infinity"], d: { k: 1 } });
  expect(text.endsWith("}\n")).toBe(true);
});
