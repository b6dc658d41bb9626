import fc from "fast-check";
import { expect, test } from "vitest";
import { normalTail, studentQuantile, studentTail } from "../../src/gaussian/index.ts";

/** SciPy 1.x: `scipy.stats.t.sf(t, ν)` at t = 0.5, 2.776, 12, and `t.isf(0.005, ν)`. */
const REFERENCE = [
  [1, [0.35241638234956674, 0.11005871872549863, 0.026464676059589878], 63.65674116287158],
  [2, [0.33333333333333337, 0.05448186680541355, 0.00343646683857923], 9.924843200918293],
  [4, [0.32166498159093165, 0.02501138915998821, 0.0001382142742514865], 4.604094871349993],
  [7, [0.3162035678446422, 0.013727937128295429, 3.179155189092549e-6], 3.4994832973504932],
  [31, [0.31030297562385944, 0.004623921780094332, 1.738963400209869e-13], 2.7440419192942693],
  [200, [0.30881237615823043, 0.003012852264460608, 1.2110680026233124e-25], 2.6006344361915583],
] as const;

/** Stirling's series is good to 1e-14 of ln Γ ≈ 400 at ν = 200, and the exponential makes that a relative error. */
const RELATIVE = 1e-11;

test.each(REFERENCE)("tail and quantile with %d degrees of freedom", (degrees, tails, quantile) => {
  [0.5, 2.776, 12].forEach((t, i) => {
    expect(Math.abs(studentTail(t, degrees) / tails[i]! - 1)).toBeLessThan(RELATIVE);
  });
  expect(Math.abs(studentQuantile(0.005, degrees) / quantile - 1)).toBeLessThan(RELATIVE);
});

test("tails of opposite ends sum to one, and many degrees are a normal", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 50, noNaN: true }), fc.integer({ min: 1, max: 300 }), (t, degrees) => {
      // One subtraction from 1.
      expect(Math.abs(studentTail(t, degrees) + studentTail(-t, degrees) - 1)).toBeLessThan(4 * Number.EPSILON);
    }),
  );
  // Cornish–Fisher: the relative difference at t = 2 is about t(t² + 1)·φ/(4ν·tail) = 4.7/ν.
  expect(Math.abs(studentTail(2, 1e6) / normalTail(2) - 1)).toBeLessThan(1e-5);
});

test("ends and nonsense", () => {
  expect([studentTail(Number.POSITIVE_INFINITY, 3), studentTail(Number.NEGATIVE_INFINITY, 3)]).toEqual([0, 1]);
  expect([studentTail(1, 0), studentTail(Number.NaN, 3), studentQuantile(0.6, 3)]).toEqual([NaN, NaN, NaN]);
});
