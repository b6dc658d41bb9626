/** Scales, paths, bands and files of the lab's charts. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { bandOf } from "../../lab/src/chart/band.ts";
import { toCsv } from "../../lab/src/chart/csv.ts";
import { bandPath, linePath } from "../../lab/src/chart/path.ts";
import { layerTicks, linearTicks, logDomain, logScale, logTicks, powerLabel } from "../../lab/src/chart/scale.ts";

test("a log axis holds every value, and 1", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-290, max: 1e290, noNaN: true })), (values) => {
      const [low, high] = logDomain(values);
      // A value a billionth of a decade beyond a power of ten counts as that power.
      for (const value of [1, ...values]) expect(value >= low * (1 - 1e-8) && value <= high * (1 + 1e-8)).toBe(true);
      const ticks = logTicks([low, high]);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.some((tick) => Math.abs(tick - 1) < 1e-12)).toBe(true);
    }),
  );
  expect(logDomain([0, Number.NaN, Number.POSITIVE_INFINITY])).toEqual([0.1, 10]);
});

test("a log scale puts equal ratios at equal distances", () => {
  const y = logScale([0.01, 100], [0, 400]);
  expect([0.01, 0.1, 1, 10, 100].map(y).map(Math.round)).toEqual([0, 100, 200, 300, 400]);
});

test("ticks are few and round; the first and last layer are named", () => {
  expect(linearTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(layerTicks(50)).toEqual([1, 10, 20, 30, 40, 50]);
  for (let layers = 1; layers <= 200; layers++) {
    const ticks = layerTicks(layers);
    expect([ticks[0], ticks.at(-1)]).toEqual([1, layers]);
    expect([...new Set(ticks)].sort((a, b) => a - b)).toEqual(ticks);
    expect(ticks.length).toBeLessThanOrEqual(9);
  }
  expect([1e-25, 0.01, 1, 100, 1e3].map(powerLabel)).toEqual(["10⁻²⁵", "0.01", "1", "100", "10³"]);
});

test("what cannot be drawn leaves a gap", () => {
  expect(linePath([[0, 1], [1, 2], null, [3, 4]])).toBe("M0.0,1.0L1.0,2.0M3.0,4.0");
  expect(bandPath([[0, 1, 2], [1, 1, 2], null])).toBe("M0.0,1.0L1.0,1.0L1.0,2.0L0.0,2.0Z");
  expect(linePath([])).toBe("");
});

test("a band holds the middle two thirds; one draw is its own band", () => {
  expect(bandOf([[3]])).toEqual({ low: [3], mean: [3], high: [3] });
  const draws = Array.from({ length: 1001 }, (_, i) => [i]);
  const { low, mean, high } = bandOf(draws);
  expect(mean).toEqual([500]);
  expect((high[0]! - low[0]!) / 1000).toBeCloseTo(0.6827, 4);
});

test("CSV quotes what needs it and keeps numbers in full", () => {
  const table = {
    columns: ["layer", "a,b"],
    rows: [
      ["x", 1 / 3],
      ['say "so"', null],
    ],
  };
  expect(toCsv(table)).toBe('layer,"a,b"\r\nx,0.3333333333333333\r\n"say ""so""",\r\n');
});
