/** Moments of softmax weights against closed forms, limits and simulation. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../src/gaussian/index.ts";
import { weightMoments } from "../../src/propagate/attention/moments.ts";

/** Van der Corput points in coprime bases (Halton), mapped to the normal law. */
function normals(count: number, dimension: number): Float64Array {
  const primes = [2, 3, 5, 7, 11, 13];
  const out = new Float64Array(count * dimension);
  for (let i = 0; i < count; i++)
    for (let d = 0; d < dimension; d++) {
      let [value, share] = [0, 1];
      for (let k = i + 1; k > 0; k = Math.floor(k / primes[d]!)) {
        share /= primes[d]!;
        value += share * (k % primes[d]!);
      }
      out[i * dimension + d] = normalQuantile(value);
    }
  return out;
}

describe("weightMoments", () => {
  it("keeps Σ A = 1 and lies between even weights and a single key", () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 2.5, noNaN: true }), fc.integer({ min: 2, max: 2000 }), (log, n) => {
        const { same, other, slope } = weightMoments(10 ** log, n);
        // The trapezoidal rule's error, 1e-7, with a factor of 10 for both terms together.
        expect(Math.abs(n * same + n * (n - 1) * other - 1)).toBeLessThan(1e-6);
        expect(n * n * same).toBeGreaterThan(1 - 1e-6);
        expect(n * same).toBeLessThan(1 + 1e-6);
        // 0 ≤ E[A²(1 − 2A + ΣA²)] ≤ E[A²], since 0 ≤ 1 − 2A_j + ΣA² where A_j ≤ 1: (1 − A_j)² + Σ_{k≠j} A_k².
        expect(slope).toBeGreaterThan(0);
        expect(slope).toBeLessThan(same);
      }),
      { numRuns: 60 },
    );
  });

  it("expands in the variance as Price's theorem says", () => {
    // d/dv E[A²] at v = 0 is ½ Σ_k ∂²_k A_1²: n²E[A²] = 1 + v(1 − 1/n) + O(v²).
    const v = 1e-4;
    for (const n of [2, 5, 50]) {
      const rise = (n * n * weightMoments(v, n).same - 1) / v;
      // 1e-7 of quadrature over v, and the next term, at most a few v.
      expect(Math.abs(rise - (1 - 1 / n))).toBeLessThan(1e-7 / v + 5 * v);
    }
  });

  it.each([0.3, 1, 2, 6])("agrees with simulation at variance %d for 6 keys", (variance) => {
    const n = 6;
    const count = 40_000;
    const z = normals(count, n);
    let [same, slope, log, square] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const e = Array.from({ length: n }, (_, k) => Math.exp(Math.sqrt(variance) * z[i * n + k]!));
      const sum = e.reduce((a, b) => a + b, 0);
      const a = e.map((x) => x / sum);
      const squares = a.reduce((t, x) => t + x * x, 0);
      same += squares / n;
      slope += a.reduce((t, x) => t + x * x * (1 - 2 * x + squares), 0) / n;
      log += Math.log(sum);
      square += Math.log(sum) ** 2;
    }
    const exact = weightMoments(variance, n);
    // Independent draws would err by std/√count ≈ 1/200; Halton points in 6 dimensions by less: half a per cent is ample.
    expect(Math.abs(same / count / exact.same - 1)).toBeLessThan(0.005);
    expect(Math.abs(slope / count / exact.slope - 1)).toBeLessThan(0.005);
    expect(Math.abs(log / count / exact.logSum - 1)).toBeLessThan(0.005);
    expect(Math.abs(square / count / exact.logSumSecond - 1)).toBeLessThan(0.005);
  });
});
