/** Median and median distance without one of the numbers, against taking it out and sorting. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { centreWithout } from "../../../src/check/facts/median.ts";

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};

test("the same as by sorting what is left, ties included", () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(values, fc.nat(), (numbers, place) => {
      const left = place % numbers.length;
      const others = numbers.filter((_, i) => i !== left);
      const level = median(others);
      const spread = median(others.map((each) => Math.abs(each - level)));
      const sorted = Float64Array.from(numbers).sort();
      expect(centreWithout(sorted, numbers[left]!)).toEqual({ level, spread });
    }),
  );
});
