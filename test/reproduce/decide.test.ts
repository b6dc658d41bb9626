import { describe, expect, test } from "vitest";
import {
  above,
  below,
  beyondRounding,
  decide,
  equivalent,
  LEVEL,
  summarize,
  withinRounding,
} from "../../src/reproduce/decide.ts";
import { normals } from "../../src/reproduce/samples.ts";

describe("single claims", () => {
  test("t and its threshold for a sample done by hand", () => {
    // Mean 3, s² = 2.5, standard error √0.5: t against 2 is 1/√0.5 = √2; t(4 degrees, 1 %) = 3.7469 (tables).
    const test = above("mean above 2", [1, 2, 3, 4, 5], 2);
    expect(test.statistic).toBeCloseTo(Math.SQRT2, 12);
    expect(test.threshold).toBeCloseTo(3.7469, 4);
    expect(test.finding).toBe("undecided");
    expect(above("mean above 0", [1, 2, 3, 4, 5], 0).finding).toBe("supported");
    expect(above("mean above 7", [1, 2, 3, 4, 5], 7).finding).toBe("refuted");
  });

  test("below mirrors above", () => {
    const samples = [1, 2, 3, 4, 5];
    expect(below("x", samples, 2).statistic).toBeCloseTo(-above("x", samples, 2).statistic, 14);
  });

  test("equal means inside a margin: supported, refuted and undecided", () => {
    const samples = [0.99, 1.01, 1.0, 1.02, 0.98];
    expect(equivalent("x", samples, { target: 1, margin: 0.1 }).finding).toBe("supported");
    expect(equivalent("x", samples, { target: 1.5, margin: 0.1 }).finding).toBe("refuted");
    expect(equivalent("x", samples, { target: 1, margin: 0.005 }).finding).toBe("undecided");
  });

  test("samples that are all the same decide as numbers do", () => {
    expect(above("x", [2, 2, 2], 1).finding).toBe("supported");
    expect(above("x", [2, 2, 2], 3).finding).toBe("refuted");
    expect(equivalent("x", [2, 2, 2], { target: 2, margin: 0.1 }).finding).toBe("supported");
  });

  test("one sample decides nothing, whatever it is", () => {
    for (const test of [above("x", [1], 0), equivalent("x", [1], { target: 1, margin: 9 }), above("x", [], 0)])
      expect([test.finding, test.pValue]).toEqual(["undecided", null]);
  });

  test("rounding bounds", () => {
    expect(withinRounding("x", 0, { bound: 0, of: "nothing" }).finding).toBe("supported");
    expect(withinRounding("x", Number.NaN, { bound: 1, of: "nothing" }).finding).toBe("refuted");
    expect(beyondRounding("x", 0, { bound: 0, of: "nothing" }).finding).toBe("refuted");
  });
});

test("a claim at its bound is wrongly supported about once in a hundred samples", () => {
  const samples = normals(5, "decide", 4000 * 5);
  let wrong = 0;
  for (let i = 0; i < 4000; i++) {
    if (above("x", [...samples.subarray(5 * i, 5 * i + 5)], 0).finding === "supported") wrong++;
  }
  // Binomial: mean 40, standard deviation 6.3; four of them.
  expect(Math.abs(wrong - 4000 * LEVEL)).toBeLessThan(4 * Math.sqrt(4000 * LEVEL * (1 - LEVEL)));
});

test("half width is that of the 98 % interval", () => {
  const { halfWidth, std } = summarize([1, 2, 3, 4, 5]);
  expect(halfWidth).toBeCloseTo((3.74694739 * std) / Math.sqrt(5), 6);
});

describe("verdicts", () => {
  const yes = above("yes", [2, 2.1, 1.9], 0);
  const no = above("no", [-2, -2.1, -1.9], 0);
  const open = above("open", [-1, 1, 0.1], 0);
  const words = { condition: "if", otherwise: "why" };

  test("holds where all that is written is supported", () => {
    expect(decide({ written: [yes, yes], conditional: [no] }, words)).toMatchObject({
      verdict: "holds",
      condition: "",
    });
  });

  test("holds if where only the condition is", () => {
    expect(decide({ written: [yes, no], conditional: [yes] }, words)).toMatchObject({
      verdict: "holds-if",
      condition: "if",
    });
  });

  test("does not hold otherwise, and says what was left open", () => {
    expect(decide({ written: [no] }, words)).toMatchObject({ verdict: "does-not-hold", condition: "why" });
    const { verdict, condition } = decide({ written: [open], conditional: [no] }, words);
    expect(verdict).toBe("does-not-hold");
    expect(condition).toBe("why; undecided at this size: open");
  });

  test("what stands beside decides nothing", () => {
    expect(decide({ written: [yes], beside: [no] }).verdict).toBe("holds");
  });
});
