import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatRatio,
  formatSeconds,
  formatShape,
  formatShare,
  plural,
} from "../../src/report/number.ts";

test("three significant digits, fixed where that is shorter", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [1, "1.00"],
    [0.04419, "0.0442"],
    [0.99999, "1.00"],
    [9.999, "10.0"],
    [128, "128"],
    [12345, "12300"],
    [123456, "1.23e5"],
    [0.00099999, "0.00100"],
    [3.1e-7, "3.10e-7"],
    [-2.5, "−2.50"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "∞"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ];
  for (const [value, text] of cases) expect(formatNumber(value)).toBe(text);
});

test("what is shown is within half a unit of the third digit", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
      const shown = Number(formatNumber(value));
      // Half a unit in the third digit of the smallest mantissa, 1.00: 0.005.
      expect(Math.abs(shown - value) / value).toBeLessThanOrEqual(0.005 * (1 + 1e-12));
    }),
  );
});

test("ratios, counts, bytes, shares, shapes, times, plurals", () => {
  expect(formatRatio(1 / 3)).toBe("×0.33");
  expect(formatRatio(1)).toBe("×1.00");
  expect(formatRatio(12.34)).toBe("×12");
  expect(formatCount(25557032)).toBe("25,557,032");
  expect(formatBytes(999)).toBe("999 B");
  expect(formatBytes(102_228_128)).toBe("102 MB");
  expect(formatShare(0.374)).toBe("37 %");
  expect(formatShare(0.0021)).toBe("0.21 %");
  expect(formatShare(1e-5)).toBe("<0.1 %");
  expect(formatShape([64, 3, 7, 7])).toBe("64×3×7×7");
  expect(formatShape([])).toBe("scalar");
  expect(formatSeconds(0.42)).toBe("0.42 s");
  expect(formatSeconds(119.7)).toBe("2 min 00 s");
  expect(plural(1, "layer")).toBe("1 layer");
  expect(plural(1200, "layer")).toBe("1,200 layers");
});
