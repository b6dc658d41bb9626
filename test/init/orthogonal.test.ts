/** Orthogonal matrices: the frozen bits, orthonormality, and Haar's distribution. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { draw, orthogonal, sample } from "../../src/init/index.ts";

interface Golden {
  readonly seed: number;
  readonly name: string;
  readonly gain: number;
  readonly matrices: readonly {
    readonly shape: readonly [number, number];
    readonly first: readonly string[];
    readonly sha256: string;
  }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL("../golden/stream-v1-orthogonal.json", import.meta.url), "utf8"),
);

test.each(golden.matrices.map((matrix) => [matrix.shape.join(" × "), matrix] as const))(
  "%s has the bits of the NumPy reference",
  (_, { shape, first, sha256 }) => {
    const { seed, name, gain } = golden;
    const values = draw(orthogonal({ gain }), { seed, name, shape });
    const bits = Array.from(new Uint32Array(values.buffer, 0, first.length), (x) => x.toString(16).padStart(8, "0"));
    expect(bits).toEqual(first);
    expect(createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex")).toBe(sha256);
  },
);

/** Rows of the smaller side, so that their products make the identity. */
function lines(values: Float32Array, rows: number, columns: number): Float32Array[] {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from({ length }, (_, k) => values[rows <= columns ? i * columns + k : k * columns + i]!),
  );
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

describe("orthonormal", () => {
  test.each([
    [1, 1],
    [1, 7],
    [7, 1],
    [5, 5],
    [31, 64],
    [64, 31],
    [33, 33],
    [100, 257],
    [300, 300],
    [4000, 9],
  ])("%i × %i", (rows, columns) => {
    const q = lines(sample(orthogonal(), [rows, columns], { seed: 2, name: "w" }), rows, columns);
    let worst = 0;
    q.forEach((left, i) => {
      for (let j = Math.max(0, i - 40); j <= i; j++)
        worst = Math.max(worst, Math.abs(dot(left, q[j]!) - (i === j ? 1 : 0)));
    });
    // An entry as large as 1 changes by a float32 sum of 32 products. Its partial sums, √(i/32) large, are rounded by u/√3
    // each (u = 2⁻²⁴), √(Σ i/32) = 4 times that in all: 2.3u, and five standard errors of it.
    expect(worst).toBeLessThan(5 * 2.3 * 2 ** -24);
  });

  test("2048 × 2048: ‖QᵀQ − I‖₂ ≤ 1e-5", () => {
    const n = 2048;
    const q = sample(orthogonal(), [n, n], { seed: 3, name: "w" });
    let x = Float64Array.from({ length: n }, (_, i) => Math.cos(i * i));
    let norm = 0;
    // Power iteration on (QᵀQ − I)². From any start but one in 10⁴, 12 steps reach half of the norm of a matrix of this
    // size (Kuczyński & Woźniakowski 1992, theorem 4.1: ε = 3/4, probability ≤ 0.824·√n·(1 − ε)^12).
    for (let step = 0; step < 24; step++) {
      const scale = 1 / Math.sqrt(dot(x, x));
      x = x.map((value) => value * scale);
      const next = Float64Array.from(x, (value) => -value);
      for (let i = 0; i < n; i++) {
        const row = q.subarray(i * n, (i + 1) * n);
        const sum = dot(row, x);
        for (let j = 0; j < n; j++) next[j]! += row[j]! * sum;
      }
      norm = Math.sqrt(dot(next, next));
      x = next;
    }
    expect(norm).toBeGreaterThan(0);
    expect(2 * norm).toBeLessThan(1e-5);
  });
});

/** Mean of a statistic over draws, against its expectation, within 4.5 of its own standard errors. */
function expectMean(values: readonly number[], expected: number): void {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  expect(Math.abs(mean - expected)).toBeLessThan(4.5 * Math.sqrt(variance / values.length));
}

/** Largest distance of the sample's distribution function from `cdf`, times √n. */
function kolmogorov(values: readonly number[], cdf: (x: number) => number): number {
  const n = values.length;
  const distances = values
    .toSorted((a, b) => a - b)
    .map((x, i) => Math.max(Math.abs(cdf(x) - i / n), Math.abs(cdf(x) - (i + 1) / n)));
  return Math.max(...distances) * Math.sqrt(n);
}

function determinant(values: Float32Array, n: number): number {
  const a = Float64Array.from(values);
  let product = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    if (pivot !== k) product = -product;
    for (let j = 0; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j]!, a[k * n + j]!];
    product *= a[k * n + k]!;
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / a[k * n + k]!;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
    }
  }
  return product;
}

function traceOfPower(values: Float32Array, n: number, power: number): number {
  let current = Float64Array.from(values);
  for (let p = 1; p < power; p++) {
    const next = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let k = 0; k < n; k++)
        for (let j = 0; j < n; j++) next[i * n + j]! += current[i * n + k]! * values[k * n + j]!;
    current = next;
  }
  let trace = 0;
  for (let i = 0; i < n; i++) trace += current[i * n + i]!;
  return trace;
}

describe("Haar's distribution", () => {
  const n = 4;
  const draws = Array.from({ length: 4000 }, (_, seed) => sample(orthogonal(), [n, n], { seed, name: "haar" }));

  test("signs and determinants are fair", () => {
    // Binomial, standard deviation √runs/2. A QR without the sign correction has one sign on its diagonal.
    const bound = (4.5 * Math.sqrt(draws.length)) / 2;
    for (let at = 0; at < n * n; at++) {
      const positive = draws.filter((q) => q[at]! > 0).length;
      expect(Math.abs(positive - draws.length / 2)).toBeLessThan(bound);
    }
    const determinants = draws.map((q) => determinant(q, n));
    // ∏ singular values: four errors of ‖QᵀQ − I‖/2, bounded above, and 4³ roundings of the elimination.
    for (const value of determinants) expect(Math.abs(Math.abs(value) - 1)).toBeLessThan(2 * 12 * 2 ** -24);
    expect(Math.abs(determinants.filter((value) => value > 0).length - draws.length / 2)).toBeLessThan(bound);
  });

  test("moments of entries and of pairs of entries", () => {
    // Collins & Śniady 2006, n = 4: E q² = 1/n, E q⁴ = 3/(n(n+2)), E q₁₁²q₁₂² = 1/(n(n+2)),
    // E q₁₁²q₂₂² = (n+1)/((n−1)n(n+2)), E q₁₁q₁₂q₂₁q₂₂ = −1/((n−1)n(n+2)).
    for (const at of [0, 7, 15]) {
      expectMean(
        draws.map((q) => q[at]! ** 2),
        1 / n,
      );
      expectMean(
        draws.map((q) => q[at]! ** 4),
        3 / (n * (n + 2)),
      );
    }
    expectMean(
      draws.map((q) => (q[0]! * q[1]!) ** 2),
      1 / (n * (n + 2)),
    );
    expectMean(
      draws.map((q) => (q[0]! * q[n + 1]!) ** 2),
      (n + 1) / ((n - 1) * n * (n + 2)),
    );
    expectMean(
      draws.map((q) => q[0]! * q[1]! * q[n]! * q[n + 1]!),
      -1 / ((n - 1) * n * (n + 2)),
    );
  });

  test("a fixed rotation from the left or from the right leaves an entry's law, √(1 − x²)·2/π", () => {
    const cdf = (x: number) => 0.5 + (x * Math.sqrt(Math.max(0, 1 - x * x)) + Math.asin(x)) / Math.PI;
    const clamp = (x: number) => Math.max(-1, Math.min(1, x));
    const rotation = [0.1, -0.7, 0.5, 0.5];
    const unit = rotation.map((x) => clamp(x / Math.sqrt(dot(rotation, rotation))));
    const axes = [0, 5, 10, 15].map((at) => draws.map((q) => clamp(q[at]!)));
    const left = draws.map((q) => clamp(unit.reduce((sum, x, i) => sum + x * q[i * n + 2]!, 0)));
    const right = draws.map((q) => clamp(unit.reduce((sum, x, i) => sum + x * q[2 * n + i]!, 0)));
    // Kolmogorov's distribution: √n·D > 2.23 has probability 2·exp(−2·2.23²) = 1e-4.
    for (const values of [...axes, left, right]) expect(kolmogorov(values, cdf)).toBeLessThan(2.23);
  });

  test("frames of a wide and a tall matrix", () => {
    // Two columns of a 6 × 6 matrix: E q⁴ = 3/48, E q₁₁q₁₂q₂₁q₂₂ = −1/240.
    for (const shape of [
      [6, 2],
      [2, 6],
    ]) {
      const some = Array.from({ length: 3000 }, (_, seed) => sample(orthogonal(), shape, { seed, name: "frame" }));
      expectMean(
        some.map((q) => q[11]! ** 4),
        3 / 48,
      );
      const [down, right] = shape[0] === 6 ? [2, 1] : [1, 6];
      expectMean(
        some.map((q) => q[0]! * q[right]! * q[down]! * q[down + right]!),
        -1 / 240,
      );
    }
  });

  test("eigenvalues of matrices larger than a block: traces of powers", () => {
    // Diaconis & Evans 2001: tr Qʲ has mean 1 for even j and 0 for odd, variance j (n ≥ 2j), nearly normal.
    const size = 40;
    const large = Array.from({ length: 400 }, (_, seed) => sample(orthogonal(), [size, size], { seed, name: "trace" }));
    for (const power of [1, 2, 3]) {
      const traces = large.map((q) => traceOfPower(q, size, power));
      const mean = traces.reduce((a, b) => a + b) / traces.length;
      const square = traces.reduce((a, b) => a + b * b, 0) / traces.length;
      const expected = power % 2 === 0 ? 1 : 0;
      expect(Math.abs(mean - expected)).toBeLessThan(4.5 * Math.sqrt(power / traces.length));
      // Var(X²) = 2σ⁴ + 4μ²σ² of a normal X.
      const spread = Math.sqrt((2 * power ** 2 + 4 * expected * power) / traces.length);
      expect(Math.abs(square - power - expected)).toBeLessThan(4.5 * spread);
    }
  });
});
