import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bivariateCdf,
  correlationSlope,
  expectation2,
  normalCdf,
  orthantProbability,
} from "../../src/gaussian/index.ts";

const relu = (x: number) => Math.max(x, 0);
const step = (x: number) => (x > 0 ? 1 : 0);
const side = { mean: 0, variance: 1, breaks: [0], features: [] };
const CORRELATIONS = [-1, -0.999999, -0.9, -0.2, 0, 0.3, 0.5, 0.95, 0.999, 1 - 1e-9, 1];

/** Cho & Saul 2009, eqs. 5 to 7, over 2: J_1(θ)/(2π). */
function arcCosine(c: number): number {
  const angle = Math.acos(c);
  return (Math.sin(angle) + (Math.PI - angle) * c) / (2 * Math.PI);
}

/** Nested quadrature, each level to 1e-12 of E|fg| ≤ 1/2. */
const NESTED = 2e-12;

test.each(CORRELATIONS)("arc-cosine kernels of degree 1 and 0 at c = %s", (c) => {
  // acos near ±1 loses half the digits of 1 − c; arcCosine is second order there, so NESTED still covers it.
  expect(Math.abs(expectation2(relu, relu, side, side, c).value - arcCosine(c))).toBeLessThan(NESTED);
  expect(Math.abs(expectation2(step, step, side, side, c).value - orthantProbability(c))).toBeLessThan(NESTED);
});

test("Price: the slope in c is σ_uσ_v·E[f'g'], jumps included", () => {
  for (const c of [-0.9, 0, 0.4, 0.99]) {
    expect(Math.abs(correlationSlope(step, step, side, side, c) - orthantProbability(c))).toBeLessThan(NESTED);
    const jumps = [{ at: 0, size: 1 }];
    const slope = correlationSlope(
      () => 0,
      () => 0,
      side,
      side,
      c,
      { first: jumps, second: jumps },
    );
    // d/dc [1/4 + asin(c)/2π]
    const exact = 1 / (2 * Math.PI * Math.sqrt(1 - c * c));
    expect(Math.abs(slope / exact - 1)).toBeLessThan(16 * Number.EPSILON);
  }
});

test("different means and variances: E[uv] and E[u²v²]", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (m, n, p, q, c) => {
        const u = { mean: m, variance: p, breaks: [], features: [] };
        const v = { mean: n, variance: q, breaks: [], features: [] };
        const cov = c * Math.sqrt(p * q);
        const size = (m * m + p) * (n * n + q) + 2;
        expect(
          Math.abs(
            expectation2(
              (x) => x,
              (x) => x,
              u,
              v,
              c,
            ).value -
              (m * n + cov),
          ),
        ).toBeLessThan(1e-12 * size);
        const square = (x: number) => x * x;
        const exact = (m * m + p) * (n * n + q) + 4 * m * n * cov + 2 * cov * cov;
        expect(Math.abs(expectation2(square, square, u, v, c).value - exact)).toBeLessThan(1e-12 * 9 * size);
      },
    ),
    { numRuns: 15 },
  );
});

test("bivariate distribution function against 25 digits and its limits", () => {
  // mpmath 1.3.0: quad of npdf(t)·ncdf((b − ct)/√(1 − c²)) to a.
  const table: [number, number, number, number][] = [
    [1, -0.5, 0.7, 0.3053471464932142],
    [1, 0.9, 0.99, 0.8108671172720974],
  ];
  for (const [a, b, c, exact] of table) expect(Math.abs(bivariateCdf(a, b, c) - exact)).toBeLessThan(1e-13);
  expect(bivariateCdf(0.3, 2, 1)).toBe(normalCdf(0.3));
  expect(bivariateCdf(Number.POSITIVE_INFINITY, 0.4, 0.3)).toBe(normalCdf(0.4));
  expect(bivariateCdf(Number.NEGATIVE_INFINITY, 0.4, 0.3)).toBe(0);
  fc.assert(
    fc.property(
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (a, b, c) => {
        // P(U ≤ a) = P(U ≤ a, V ≤ b) + P(U ≤ a, −V ≤ −b), each to 1e-13.
        const total = bivariateCdf(a, b, c) + bivariateCdf(a, -b, -c);
        expect(Math.abs(total - normalCdf(a))).toBeLessThan(3e-13);
      },
    ),
  );
});

test("correlations outside [−1, 1] are refused", () => {
  expect(() => expectation2(relu, relu, side, side, 1.1)).toThrow(
    "expectation2: correlation must be in [-1, 1], got 1.1",
  );
  expect(() => bivariateCdf(0, 0, Number.NaN)).toThrow("bivariateCdf: correlation");
});
