/** Ends and distance of a large sample by counting, against sorting it. */

import { expect, test } from "vitest";
import { SHAPES, sumsOf, tabulatedCdf } from "../../../src/check/looks-like/laws.ts";
import { DEEPEST, ranked } from "../../../src/check/looks-like/ranked.ts";
import { createKey, fillNormal, fillUniform } from "../../../src/random/index.ts";

const COUNT = 20_000;

function sampleOf(family: "normal" | "uniform", seed: number): Float32Array {
  const values = new Float32Array(COUNT);
  const key = createKey(seed, family);
  if (family === "normal") fillNormal(values, key, 0, 0, 1);
  else fillUniform(values, key, 0, -Math.sqrt(3), Math.sqrt(3));
  return values;
}

function exactDistance(sorted: Float32Array, cdf: (x: number) => number): number {
  let worst = 0;
  sorted.forEach((x, i) => {
    worst = Math.max(worst, cdf(x) - i / COUNT, (i + 1) / COUNT - cdf(x));
  });
  return worst;
}

test.each(["normal", "uniform"] as const)("a sample of a %s law", (family) => {
  const { cdf } = SHAPES[family];
  for (let seed = 0; seed < 10; seed++) {
    const sample = sampleOf(family, seed);
    const sorted = sample.slice().sort();
    const found = ranked(sample, sumsOf(sample));
    expect([...found.lowest]).toEqual([...sorted.subarray(0, DEEPEST)]);
    expect([...found.highest]).toEqual([...sorted.slice(-DEEPEST).reverse()]);
    // F_n − F moves within a cell of probability p as a bridge of standard deviation ≤ √(p/n), p ≤ 9·φ(0)/2048: six of them.
    const cell = 6 * Math.sqrt((9 * 0.399) / 2048 / COUNT);
    const exact = exactDistance(sorted, cdf);
    const byTable = found.distance((x) => tabulatedCdf(family, x));
    expect(byTable).toBeLessThanOrEqual(exact + 2e-4);
    expect(byTable).toBeGreaterThan(exact - cell - 2e-4);
  }
});

test("numbers of few different values, as float16 and bfloat16 have them", () => {
  const sample = Float32Array.from({ length: 10_000 }, (_, i) => (i % 5) - 2);
  const found = ranked(sample, sumsOf(sample));
  expect(new Set(found.lowest)).toEqual(new Set([-2]));
  expect(new Set(found.highest)).toEqual(new Set([2]));
  expect(found.lowest).toHaveLength(DEEPEST);
  // F of U(−2.5, 2.5) just beside a step of height 1/5: off by half of it.
  expect(found.distance((x) => (x + 2.5) / 5)).toBeCloseTo(0.1, 2);
});
