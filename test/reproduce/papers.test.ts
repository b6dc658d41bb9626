/** The papers' results at reduced size: their verdicts, decided by their tests, and the numbers behind them. */

import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type Result, reproduce } from "../../src/reproduce/index.ts";

const results = new Map<string, Result>();

beforeAll(async () => {
  const { results: list } = await reproduce(["papers"], { size: "quick" });
  for (const result of list) results.set(result.id, result);
}, 600_000);

const number = (id: string, figure: string): number => {
  const value = results.get(id)!.figures[figure];
  if (typeof value !== "number") throw new Error(`${id} has no number ${figure}`);
  return value;
};
const row = (id: string, figure: string): readonly number[] => {
  const value = results.get(id)!.figures[figure];
  if (!Array.isArray(value) || !value.every((each) => typeof each === "number"))
    throw new Error(`${id} has no row ${figure}`);
  return value;
};

test.each([
  "rumelhart-1986",
  "lecun-1998",
  "glorot-2010",
  "he-2015",
  "saxe-2014",
  "schoenholz-2017",
  "lsuv-2016",
  "residual-scaling",
])("%s holds, and nothing is left undecided or refuted", (id) => {
  const { verdict, tests, comparison } = results.get(id)!;
  expect(tests.filter(({ finding }) => finding !== "supported").map(({ claim }) => claim)).toEqual([]);
  expect(verdict).toBe("holds");
  expect(comparison?.length).toBeGreaterThan(0);
});

test("lecun-1998: a mean takes the stable step down, and smaller weights take it further", () => {
  const step = (label: string) => number("lecun-1998", `${label}: largest stable step`);
  // λ_max of a layer grows as the square of its inputs where its units are not flat: E[x²] is 60 here, and 1.
  expect(step("standardised") / step("as they are, weights rescaled")).toBeGreaterThan(60);
  expect(step("as they are")).toBeLessThan(step("mean taken off"));
});

test("glorot-2010: the printed singular values, and the quarter circle's limit above them", () => {
  // Printed with one digit; the mean of a quarter circle's law is 8/(3π), of √(n·Var(W)), and slopes are below 1.
  const limit = 8 / (3 * Math.PI);
  const [standard, normalized] = ["standard", "normalized"].map((name) =>
    number("glorot-2010", `${name}SingularValue`),
  );
  expect(Math.abs(standard! - 0.5)).toBeLessThan(0.05);
  expect(Math.abs(normalized! - 0.8)).toBeLessThan(0.05);
  // Four draws of 96 units and four layers: the mean of 1,536 singular values that repel each other is good to 2 %.
  expect(standard).toBeLessThan(1.02 * limit * Math.sqrt(1 / 3));
  expect(normalized).toBeLessThan(1.02 * limit);
});

test("he-2015: one half, and one", () => {
  // The margin that the equivalence tests support.
  expect(Math.abs(Math.log(2 * number("he-2015", "glorotFactor")))).toBeLessThan(Math.log(1.1));
  expect(Math.abs(Math.log(number("he-2015", "heFactor")))).toBeLessThan(Math.log(1.1));
});

test("saxe-2014: the best rate falls with depth, and further for Gaussian weights", () => {
  const [orthogonal, gaussian] = [row("saxe-2014", "orthogonalRate"), row("saxe-2014", "gaussianRate")];
  expect(gaussian.at(-1)! / gaussian[0]!).toBeLessThan(orthogonal.at(-1)! / orthogonal[0]!);
});

test("schoenholz-2017: the depth scale is longest at the edge of chaos", () => {
  const [variances, scales] = [row("schoenholz-2017", "weightVariances"), row("schoenholz-2017", "depthScale")];
  // DESIGN 5: σ_w² = 1.76095 at σ_b² = 0.05.
  expect(variances[scales.indexOf(Math.max(...scales))]).toBe(1.76);
});

test("lsuv-2016: all variances within the algorithm's tolerance, within its tries", () => {
  expect(number("lsuv-2016", "farthestVariance")).toBeLessThan(0.1);
  expect(number("lsuv-2016", "mostTries")).toBeLessThanOrEqual(10);
});

test("residual-scaling: 2^L, at most e, exactly 1", () => {
  const depths = row("residual-scaling", "depths");
  row("residual-scaling", "unscaledGrowth").forEach((growth, i) => {
    expect(Math.abs(Math.log(growth) / depths[i]! - Math.LN2)).toBeLessThan(Math.log(1.1));
  });
  // e times the fluctuation that the experiment's own test allows.
  for (const growth of row("residual-scaling", "rootGrowth")) expect(growth).toBeLessThan(1.5 * Math.E);
  expect(new Set(row("residual-scaling", "fixupGrowth"))).toEqual(new Set([1]));
});

test("the documentation's table has the same verdicts", () => {
  const page = readFileSync(new URL("../../docs/reproduce.md", import.meta.url), "utf8");
  for (const { id, statement } of results.values()) {
    const row = `| \`${id}\` | ${statement.replaceAll("|", "\\|")} | holds |`;
    expect(
      page.split("\n").filter((line) => line.startsWith(row)),
      id,
    ).toHaveLength(1);
  }
});
