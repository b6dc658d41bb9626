/** The eight statements at reduced size: their verdicts, decided by their tests, and the numbers behind them. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Result, reproduce } from "../../src/reproduce/index.ts";

const results = new Map<string, Result>();

beforeAll(async () => {
  const { results: list } = await reproduce(["statements"], { size: "quick" });
  for (const result of list) results.set(result.id, result);
}, 600_000);

const found = (id: string): Result => results.get(id)!;
const number = (id: string, figure: string): number => {
  const value = found(id).figures[figure];
  if (typeof value !== "number") throw new Error(`${id} has no number ${figure}`);
  return value;
};
const row = (id: string, figure: string): readonly number[] => {
  const value = found(id).figures[figure];
  if (!Array.isArray(value) || !value.every((each) => typeof each === "number"))
    throw new Error(`${id} has no row ${figure}`);
  return value;
};

test.each([
  ["saturation", "holds"],
  ["backprop-factor", "holds"],
  ["bigger-rate", "holds"],
  ["slope-is-rate", "holds-if"],
  ["one-over-root-n", "holds"],
  ["variance-algebra", "holds-if"],
  ["depth", "does-not-hold"],
  ["zeros", "holds-if"],
])("%s: %s", (id, verdict) => {
  expect(found(id).verdict).toBe(verdict);
  expect(found(id).condition === "").toBe(verdict === "holds");
});

test("the documentation's table has the same verdicts", () => {
  const page = readFileSync(new URL("../../docs/reproduce.md", import.meta.url), "utf8");
  const words = { holds: "holds", "holds-if": "holds only if", "does-not-hold": "does not hold" };
  for (const { id, statement, verdict } of results.values()) {
    const row = `| \`${id}\` | ${statement.replaceAll("|", "\\|")} | ${words[verdict]}`;
    expect(
      page.split("\n").filter((line) => line.startsWith(row)),
      id,
    ).toHaveLength(1);
  }
});

test("no claim is left undecided, and what stands beside the verdict is borne out", () => {
  for (const { id, tests } of results.values()) {
    expect(
      tests.filter(({ finding }) => finding === "undecided").map(({ claim }) => claim),
      id,
    ).toEqual([]);
  }
  const refuted = [...results.values()].flatMap(({ id, tests }) =>
    tests.filter(({ finding }) => finding === "refuted").map(() => id),
  );
  // The claims as written of the statements that do not hold as they are written; nothing else.
  expect(refuted).toEqual([
    "slope-is-rate",
    "slope-is-rate",
    "variance-algebra",
    "depth",
    "depth",
    "depth",
    "depth",
    "zeros",
  ]);
});

describe("numbers", () => {
  test("saturation: the mean slope falls with the scale, and flat units are many where it stalls", () => {
    const slopes = row("saturation", "meanSlope");
    expect([...slopes].sort((a, b) => b - a)).toEqual(slopes);
    expect(row("saturation", "saturatedShare").at(-1)).toBeGreaterThan(0.75);
    // The claim itself: more than a factor 2, at the 1 % level.
    expect(number("saturation", "lossRatio")).toBeGreaterThan(2);
  });

  test("backprop-factor: measured beside predicted", () => {
    for (const name of ["logistic", "tanh", "relu"]) {
      const ratio = number("backprop-factor", `${name}Factor`) / number("backprop-factor", `${name}FactorPredicted`);
      // The margin that the equivalence test supports.
      expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
    }
    expect(number("backprop-factor", "reluFactorPredicted")).toBeCloseTo(1, 10);
  });

  test("bigger-rate: the good weights end above knowing nothing at the largest rate", () => {
    expect(number("bigger-rate", "blownUpLoss")).toBeGreaterThan(Math.log(10));
    const best = row("bigger-rate", "bestLoss");
    expect(best.at(-1)! / Math.min(...best)).toBeGreaterThan(2);
  });

  test("slope-is-rate: bits where β is a power of two, rounding elsewhere, apart with the rate alone", () => {
    expect(number("slope-is-rate", "exactDifference")).toBe(0);
    const bound = number("slope-is-rate", "roundingBound");
    expect(number("slope-is-rate", "roundedDifference")).toBeLessThan(bound);
    for (const figure of ["plainDifference", "plainSquaredDifference"])
      for (const difference of row("slope-is-rate", figure)) expect(difference).toBeGreaterThan(100 * bound);
  });

  test("one-over-root-n: 1/3, 1/(3n), 0.23200", () => {
    // 16,384 pre-activations: the relative error of a normal's variance is √(2/N) = 1.1 %; four of them.
    expect(Math.abs(3 * number("one-over-root-n", "preActivationVariance") - 1)).toBeLessThan(4 * Math.sqrt(2 / 16384));
    // 131,072 weights: √(4/5/N); four of them.
    for (const value of row("one-over-root-n", "weightVarianceTimes3n"))
      expect(Math.abs(value - 1)).toBeLessThan(4 * Math.sqrt(0.8 / 131072));
    // DESIGN's value has five digits.
    expect(Math.abs(number("one-over-root-n", "logisticSlopePredicted") - 0.232)).toBeLessThan(5e-6);
    // The slope's own standard deviation at this variance is 0.022 (by quadrature); four standard errors.
    expect(Math.abs(number("one-over-root-n", "logisticSlope") - 0.232)).toBeLessThan((4 * 0.022) / Math.sqrt(16384));
  });

  test("variance-algebra: 1, 1.5, 3 and 6", () => {
    // 262,144 pairs; the largest relative error is that of E[X⁴]: √(96/9/N); four of them.
    const tolerance = 4 * Math.sqrt(96 / 9 / 262144);
    const exact = {
      sumUncorrelated: 1,
      sumCorrelated: 1.5,
      productIndependent: 1,
      productUncorrelated: 3,
      productMeans: 6,
    };
    for (const [figure, value] of Object.entries(exact))
      expect(Math.abs(number("variance-algebra", figure) / value - 1), figure).toBeLessThan(tolerance);
  });

  test("depth: a third a layer, both ways, and less than that through tanh", () => {
    for (const figure of ["linearForwardFactor", "linearGradientFactor"])
      expect(Math.abs(3 * number("depth", figure) - 1)).toBeLessThan(0.05);
    expect(number("depth", "linearForwardFactorPredicted")).toBeCloseTo(1 / 3, 12);
    expect(number("depth", "tanhForwardFactorPredicted")).toBeLessThan(1 / 3);
  });

  test("zeros: nothing moves, or all units alike", () => {
    expect(new Set([...row("zeros", "tanhRank"), ...row("zeros", "reluRank")])).toEqual(new Set([0]));
    expect(Math.max(...row("zeros", "logisticRank"))).toBe(1);
    expect(number("zeros", "logisticUnitDifference")).toBe(0);
    // Input to output: the second hidden matrix moves at the second update, the first one at the third.
    expect(row("zeros", "logisticFirstMove")).toEqual([3, 2]);
    expect(number("zeros", "drawnAccuracy")).toBeGreaterThan(number("zeros", "logisticAccuracy"));
  });
});

test("the same seed gives the same numbers, another seed others", async () => {
  const once = found("depth");
  const again = (await reproduce(["depth"], { size: "quick" })).results[0]!;
  expect({ ...again, seconds: 0 }).toEqual({ ...once, seconds: 0 });
  const other = (await reproduce(["depth"], { size: "quick", seed: 7 })).results[0]!;
  expect(other.figures).not.toEqual(once.figures);
  expect(other.verdict).toBe("does-not-hold");
  expect(other.command).toBe("epoch0 reproduce depth --seed 7 --quick");
});

test("a run stops with the signal's reason", async () => {
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(reproduce(["depth"], { size: "quick", signal: controller.signal })).rejects.toThrow("enough");
});
