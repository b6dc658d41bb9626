/** What the fills are distributed like, and that an element's address is all that its value depends on. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalCdf } from "../../src/gaussian/index.ts";
import {
  BLOCK_WORDS,
  createKey,
  deriveKey,
  fillBits,
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  type Key,
  LARGEST_NORMAL,
} from "../../src/random/index.ts";

type Fill = (out: Float32Array, key: Key, start: number) => void;

const N = 2 ** 19;
/** Seeds are fixed, so a test passes always or never; 4.5 standard errors fail once in 150,000 choices of a stream. */
const K = 4.5;
const sampleOf = (fill: Fill, seed = 0, count = N) => {
  const out = new Float32Array(count);
  fill(out, createKey(seed, "distribution"), 0);
  return out;
};

const power = (values: Float32Array, order: number) => {
  let sum = 0;
  for (const value of values) sum += value ** order;
  return sum / values.length;
};

/** Kolmogorov–Smirnov: √n·D exceeds 2.2 with probability 2·exp(−2·2.2²) = 1.2e-4. */
function expectDistribution(values: Float32Array, cdf: (x: number) => number) {
  const sorted = values.slice().sort();
  let distance = 0;
  for (let i = 0; i < sorted.length; i++) {
    const at = cdf(sorted[i]!);
    distance = Math.max(distance, at - i / sorted.length, (i + 1) / sorted.length - at);
  }
  expect(distance * Math.sqrt(sorted.length)).toBeLessThan(2.2);
}

/** Moments 1 to 6: standard error of the mean of x^k is √((m_2k − m_k²)/n). */
function expectMoments(values: Float32Array, moment: (order: number) => number) {
  for (let order = 1; order <= 6; order++) {
    const error = Math.sqrt((moment(2 * order) - moment(order) ** 2) / values.length);
    expect(Math.abs(power(values, order) - moment(order)), `moment ${order}`).toBeLessThan(K * error);
  }
}

const doubleFactorial = (n: number): number => (n <= 1 ? 1 : n * doubleFactorial(n - 2));
const normalMoment = (order: number) => (order % 2 === 1 ? 0 : doubleFactorial(order - 1));

describe("uniform", () => {
  const values = sampleOf((out, key, start) => fillUniform(out, key, start, -1, 1));
  test("moments to the sixth", () => expectMoments(values, (k) => (k % 2 === 1 ? 0 : 1 / (k + 1))));
  test("Kolmogorov–Smirnov", () => expectDistribution(values, (x) => (x + 1) / 2));
  test("never leaves its bounds, wherever they lie", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e30, max: 1e30 }),
        fc.double({ noNaN: true, min: 0, max: 1e30 }),
        (low, width) => {
          const high = low + width;
          // Wide enough that a float32 lies inside: spacing is 1.2e-7 of the value, 1.4e-45 near zero.
          fc.pre(width > Math.abs(low) * 1e-6 + 3e-45);
          const values = sampleOf((out, key, start) => fillUniform(out, key, start, low, high), 0, 64);
          expect(values.every((value) => value >= low && value <= high)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("normal", () => {
  const values = sampleOf((out, key, start) => fillNormal(out, key, start, 0, 1));
  test("moments to the sixth", () => expectMoments(values, normalMoment));
  test("Kolmogorov–Smirnov", () => expectDistribution(values, normalCdf));
  test("tails: counts beyond 2, 3, 4 and 5 standard deviations are Poisson's", () => {
    const large = [0, 0, 0, 0];
    const runs = 8;
    for (let seed = 0; seed < runs; seed++)
      for (const value of sampleOf((out, key, start) => fillNormal(out, key, start, 0, 1), seed))
        for (let i = 0; i < 4; i++) if (Math.abs(value) > i + 2) large[i]!++;
    large.forEach((count, i) => {
      const expected = 2 * normalCdf(-(i + 2)) * runs * N;
      // Poisson: standard deviation √expected; one more for the small count's skewness.
      expect(Math.abs(count - expected), `beyond ${i + 2}`).toBeLessThan(K * Math.sqrt(expected) + 1);
    });
  });
  test("agrees with the transform of its own bits in float64", () => {
    const count = 2 ** 14;
    const words = new Uint32Array(count);
    fillBits(words, createKey(0, "distribution"), 0);
    for (let i = 0; i < count; i++) {
      if ((i & 7) > 3) continue;
      const w1 = words[i]!;
      const w2 = words[i + 4]!;
      const u = Math.abs(w1 | 1) / 2 ** 31;
      const radius = Math.sqrt(-Math.log(u)) * ((w1 | 0) < 0 ? -1 : 1);
      const y = ((w2 | 0) / 2 ** 31) * (Math.PI / 4);
      const first = radius * (Math.cos(y) - Math.sin(y));
      const second = radius * (Math.cos(y) + Math.sin(y)) * ((w2 & 1) === 1 ? -1 : 1);
      // 24 bits of u: |Δu| ≤ 2⁻²⁵u moves the radius by 2⁻²⁶/radius. The logarithm's 3e-7 moves it by half of that; the angle's
      // 9.2e-7 moves either value by as much of the radius' √2; then about five float32 roundings of terms below 1.42.
      const size = Math.abs(radius);
      const tolerance = 2 ** -25 / size + (1.42 * (1.5e-7 + 9.2e-7) + 10 * 2 ** -24) * size;
      expect(Math.abs(values[i]! - first)).toBeLessThan(tolerance);
      expect(Math.abs(values[i + 4]! - second)).toBeLessThan(tolerance);
    }
  });
  test("stays within its stated range", () => {
    expect(values.every((value) => Math.abs(value) <= LARGEST_NORMAL)).toBe(true);
    expect(LARGEST_NORMAL).toBeGreaterThan(Math.sqrt(62 * Math.LN2));
  });
});

describe.each([
  ["usual", 0, 1, -2, 2],
  ["usual, off centre", 0.5, 0.25, 0.1, 0.75],
  ["broad", 0, 1, -3, 3],
  ["broad, off centre", 0.5, 0.25, 0, 1.2],
  ["wide", 0, 0.02, -2, 2],
  ["tailed, both sides", 0, 1, -4, 4],
  ["tailed, one side", 1, 2, 2, Number.POSITIVE_INFINITY],
  ["tailed, all of it out", 0, 1, 5, 6],
  ["far", 0, 1, 10, 11],
  ["far below", 0, 1, -11, -10],
])("truncated normal: %s", (_, mean, std, low, high) => {
  const values = sampleOf((out, key, start) => fillTruncatedNormal(out, key, start, mean, std, low, high), 1, N / 2);
  test("within the bounds", () => {
    expect(values.every((value) => value >= low && value <= high)).toBe(true);
  });
  test("Kolmogorov–Smirnov", () => {
    // Mirrored where both bounds are high, so that the differences keep their digits.
    const sign = low > mean ? -1 : 1;
    const tail = (x: number) => normalCdf((sign * (x - mean)) / std);
    const from = tail(low);
    const mass = tail(high) - from;
    expectDistribution(values, (x) => (tail(x) - from) / mass);
  });
});

describe("independence", () => {
  const correlation = (a: Float32Array, b: Float32Array, shift = 0) => {
    let sum = 0;
    for (let i = 0; i + shift < a.length; i++) sum += a[i]! * b[i + shift]!;
    return (sum / (a.length - shift)) * Math.sqrt(a.length - shift);
  };
  const draw = (key: Key, count = N / 2) => {
    const out = new Float32Array(count);
    fillNormal(out, key, 0, 0, 1);
    return out;
  };
  const base = draw(createKey(0, "w.0"));
  // Products of independent standard normals have mean 0 and variance 1: the statistic is standard normal.
  test.each([
    ["next seed", draw(createKey(1, "w.0"))],
    ["seed + 2^32", draw(createKey(2 ** 32, "w.0"))],
    ["next name", draw(createKey(0, "w.1"))],
    ["derived key", draw(deriveKey(createKey(0, "w.0"), 0))],
  ])("%s", (_, other) => expect(Math.abs(correlation(base, other))).toBeLessThan(K));
  test.each([1, 2, 3, 4, 5, 8, 16, 784, BLOCK_WORDS, 2 * BLOCK_WORDS])("lag %i, and of squares", (lag) => {
    expect(Math.abs(correlation(base, base, lag))).toBeLessThan(K);
    // z² − 1 has variance 2.
    const squares = base.map((z) => (z * z - 1) / Math.SQRT2);
    expect(Math.abs(correlation(squares, squares, lag))).toBeLessThan(K);
  });
  test("every bit of a word is fair", () => {
    const words = new Uint32Array(N);
    fillBits(words, createKey(3, "bits"), 0);
    for (let bit = 0; bit < 32; bit++) {
      let set = 0;
      for (const word of words) set += (word >>> bit) & 1;
      // Binomial(n, 1/2): standard deviation √n/2.
      expect(Math.abs(set - N / 2), `bit ${bit}`).toBeLessThan((K * Math.sqrt(N)) / 2);
    }
  });
});

const fills: readonly (readonly [string, Fill])[] = [
  ["uniform", (out, key, start) => fillUniform(out, key, start, -0.1, 0.3)],
  ["normal", (out, key, start) => fillNormal(out, key, start, 0, 0.5)],
  ["truncated, usual", (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, -2, 2)],
  ["truncated, far", (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, 10, 11)],
  ["truncated, broad", (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, -3, 1)],
  ["truncated, tailed", (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, -4, 1)],
];

describe.each(fills)("%s: any range has the bits of the whole", (_, fill) => {
  const key = createKey(11, "tiles");
  const whole = new Float32Array(3 * BLOCK_WORDS);
  fill(whole, key, 0);
  test("by property", () => {
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length), (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const part = new Float32Array(to - from);
        fill(part, key, from);
        expect(part).toEqual(whole.slice(from, to));
      }),
      { numRuns: 60 },
    );
  });
});

describe("errors teach", () => {
  const out = new Float32Array(1);
  const key = createKey(0, "w");
  test.each([
    ["seed", () => createKey(0.5, "w"), /createKey: a seed is a whole number.*got 0.5/],
    ["big seed", () => createKey(2n ** 64n, "w"), /at most 64 bits/],
    ["start", () => fillNormal(out, key, -1, 0, 1), /element index.*got -1/],
    ["std", () => fillNormal(out, key, 0, 0, -1), /fillNormal: .*got 0 and -1/],
    ["bounds", () => fillUniform(out, key, 0, 1, 0), /fillUniform: .*got 1 and 0/],
    ["empty interval", () => fillTruncatedNormal(out, key, 0, 0, 1, 50, 51), /holds no probability/],
    ["label", () => deriveKey(key, -1), /deriveKey: .*got -1/],
  ])("%s", (_, call, message) => expect(call).toThrow(message));
});
