/** Norm and effective rank against matrices whose singular values are known. */

import { expect, test } from "vitest";
import { statisticsOf } from "../../../src/check/index.ts";
import { spectrumOf } from "../../../src/check/statistics/index.ts";
import { normal, orthogonal, sample } from "../../../src/init/index.ts";

const of = (shape: readonly number[], values: Float32Array) =>
  spectrumOf(statisticsOf({ shape, dtype: "f32" }, [values]))!;

test("a diagonal matrix: the largest entry, and (Σσ²)²/Σσ⁴", () => {
  const sigma = [5, 3, 2, 1];
  for (const [rows, columns] of [
    [4, 7],
    [7, 4],
  ] as const) {
    const values = new Float32Array(rows * columns);
    sigma.forEach((s, i) => {
      values[i * columns + i] = s;
    });
    const { norm, normError, effectiveRank, rankError } = of([rows, columns], values);
    // The iteration stops where its own bound is small; the rest is rounding of some dozen float64 operations.
    expect(Math.abs(norm / 5 - 1)).toBeLessThanOrEqual(normError + 64 * Number.EPSILON);
    expect(normError).toBeLessThan(2e-3);
    expect(effectiveRank).toBeCloseTo((25 + 9 + 4 + 1) ** 2 / (625 + 81 + 16 + 1), 9);
    expect(rankError).toBe(0);
  }
});

test("Hilbert matrices: the largest eigenvalue to 16 digits, sizes that are not multiples of four", () => {
  // Largest roots of the characteristic polynomials over the rationals, in high precision.
  for (const [n, largest] of [
    [2, 1.267591879243998],
    [3, 1.408318927123654],
    [5, 1.567050691098231],
    [10, 1.751919670265178],
  ] as const) {
    const values = Float32Array.from({ length: n * n }, (_, at) => 1 / (Math.floor(at / n) + (at % n) + 1));
    const { norm, normError } = of([n, n], values);
    // Entries are rounded to float32, a relative change of 2⁻²⁵ to the norm at most.
    expect(Math.abs(norm / largest - 1)).toBeLessThanOrEqual(normError + 2 ** -25);
    expect(normError).toBeLessThan(4e-3);
  }
});

test("an orthogonal matrix has full effective rank; a kernel is taken as [out, in·taps]", () => {
  for (const shape of [
    [48, 128],
    [128, 48],
    [32, 8, 3, 3],
  ]) {
    const { norm, effectiveRank } = of(shape, sample(orthogonal({ gain: 2 }), shape, { seed: 3, name: "w" }));
    // Entries are rounded to float32: singular values are off by a few 2^-24 of the norm.
    expect(norm).toBeCloseTo(2, 5);
    const side = Math.min(
      shape[0]!,
      shape.slice(1).reduce((a, b) => a * b, 1),
    );
    expect(effectiveRank).toBeCloseTo(side, 3);
  }
});

test("independent entries: the edge √m + √n, and mn/(m + n)", () => {
  const [m, n] = [256, 512];
  const { norm, normError, effectiveRank } = of([m, n], sample(normal(0, 1), [m, n], { seed: 1, name: "w" }));
  // Tracy–Widom: the square of the norm is (√m + √n)² − 1.2 ± 1.3·(√m + √n)(1/√m + 1/√n)^⅓; five of its deviations.
  const edge = Math.sqrt(m) + Math.sqrt(n);
  const width = (edge * (1 / Math.sqrt(m) + 1 / Math.sqrt(n)) ** (1 / 3)) / edge ** 2;
  expect(Math.abs(norm ** 2 / edge ** 2 - 1)).toBeLessThan(1.21 * width + 5 * 1.27 * width + 2 * normError);
  // ‖AAᵀ‖² has relative deviation below 2/min(m, n) for independent entries.
  expect(effectiveRank / ((m * n) / (m + n))).toBeGreaterThan(1 - 5 * (2 / m));
  expect(effectiveRank / ((m * n) / (m + n))).toBeLessThan(1 + 5 * (2 / m));
});

test("a large matrix is told from a part of its lines, within the error that is stated", () => {
  const [m, n] = [1200, 1500];
  const noise = sample(normal(0, 1), [m, n], { seed: 2, name: "noise" });
  const u = sample(normal(0, 1), [m, 1], { seed: 3, name: "u" });
  const v = sample(normal(0, 1), [n, 1], { seed: 4, name: "v" });
  for (const strength of [0, 0.1, 0.4]) {
    const values = noise.map((x, i) => x + strength * u[Math.floor(i / n)]! * v[i % n]!);
    const { norm, normError, effectiveRank, rankError, lines } = of([m, n], values);
    expect(lines.used).toBeLessThan(lines.of);
    // θ = strength·‖u‖‖v‖ in unit noise gives √((θ² + m)(θ² + n))/θ above the threshold (mn)^¼, the edge below.
    const theta = strength * Math.sqrt(m * n);
    const exact =
      theta > (m * n) ** 0.25 ? Math.sqrt((theta ** 2 + m) * (theta ** 2 + n)) / theta : Math.sqrt(m) + Math.sqrt(n);
    expect(Math.abs(norm / exact - 1)).toBeLessThan(4 * normError + 0.02);
    const power = m * n + theta ** 2;
    // Σσ⁴ of noise is mn(m + n + 1); a direction adds θ⁴ + 2θ²(m + n).
    const rank = power ** 2 / (m * n * (m + n + 1) + theta ** 4 + 2 * theta ** 2 * (m + n));
    expect(Math.abs(effectiveRank / rank - 1)).toBeLessThan(4 * rankError + 4 * Math.sqrt(2 / m));
  }
});
