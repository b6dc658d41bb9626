import fc from "fast-check";
import { expect, test } from "vitest";
import {
  erf,
  erfc,
  erfcx,
  erfInverse,
  normalCdf,
  normalDensity,
  normalQuantile,
  normalTail,
} from "../../src/gaussian/index.ts";

/** mpmath 1.3.0, mp.dps = 40, x the double: `float(erf(x))`, `float(erfc(x))`, `float(exp(x*x)*erfc(x))`. */
const REFERENCE = [
  { x: 1e-9, erf: 1.1283791670955127e-9, erfc: 0.9999999988716208, erfcx: 0.9999999988716208 },
  { x: 0.3, erf: 0.3286267594591274, erfc: 0.6713732405408726, erfcx: 0.7345993345676551 },
  { x: 0.999, erf: 0.8422852702064969, erfc: 0.15771472979350307, erfcx: 0.4278569426214168 },
  { x: 1.001, erf: 0.8431154854780762, erfc: 0.15688451452192373, erfcx: 0.42731051843339507 },
  { x: 2.5, erf: 0.999593047982555, erfc: 0.0004069520174449589, erfcx: 0.2108063640611436 },
  { x: 7, erf: 1.0, erfc: 4.183825607779414e-23, erfcx: 0.07980005432915294 },
  { x: 20, erf: 1.0, erfc: 5.395865611607901e-176, erfcx: 0.02817434874105132 },
];

/** Each result goes through at most some 8 rounded operations beyond the series: 8 ε. */
const ULPS = 8 * Number.EPSILON;

test.each(REFERENCE)("erf, erfc and erfcx at $x agree with 40 digits", (row) => {
  expect(Math.abs(erf(row.x) / row.erf - 1)).toBeLessThan(ULPS);
  expect(Math.abs(erfc(row.x) / row.erfc - 1)).toBeLessThan(ULPS);
  expect(Math.abs(erfcx(row.x) / row.erfcx - 1)).toBeLessThan(ULPS);
  expect(erf(-row.x)).toBe(-erf(row.x));
});

test("limits", () => {
  expect([erf(Number.POSITIVE_INFINITY), erf(Number.NEGATIVE_INFINITY)]).toEqual([1, -1]);
  expect([erfc(Number.POSITIVE_INFINITY), erfc(Number.NEGATIVE_INFINITY)]).toEqual([0, 2]);
  expect([normalCdf(Number.NEGATIVE_INFINITY), normalCdf(Number.POSITIVE_INFINITY)]).toEqual([0, 1]);
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  expect([erf(Number.NaN), normalQuantile(-0.1), normalQuantile(1.1)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test("erf and erfc are continuous where their series change, and complement each other", () => {
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
      // Both are below 2 in size: the sum carries at most 4 ε.
      expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThan(4 * Number.EPSILON);
    }),
  );
});

test("the quantile inverts the distribution function", () => {
  fc.assert(
    fc.property(fc.double({ min: -37, max: 5, noNaN: true }), (z) => {
      const p = normalCdf(z);
      // An error of a few ε in p moves z by ε·p/density(z); 16 ε covers cdf and Halley's last step.
      const slack = (16 * Number.EPSILON * p) / normalDensity(z) + 16 * Number.EPSILON * Math.abs(z);
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(slack + 1e-300);
    }),
  );
  expect(normalTail(3)).toBe(normalCdf(-3));
});

test("erfInverse inverts erf", () => {
  for (const y of [-0.99, -0.5, -1e-12, 0, 1e-9, 1e-3, 0.3, 0.9999]) {
    // erf' ≤ 2/√π: an absolute error of 8 ε in y.
    expect(Math.abs(erf(erfInverse(y)) - y)).toBeLessThan(ULPS);
  }
});
