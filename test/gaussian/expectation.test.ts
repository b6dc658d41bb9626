import fc from "fast-check";
import { expect, test } from "vitest";
import { expectation, expectations, normalCdf } from "../../src/gaussian/index.ts";

/** The promise of the room: 1e-12 of E|f|. */
const PROMISED = 1e-12;

const VARIANCES = [1e-12, 1e-6, 0.01, 1, 7.3, 1e4, 1e12];

test.each(VARIANCES)("even moments at variance %s are (2k − 1)!!·q^k", (variance) => {
  let factor = 1;
  for (let k = 1; k <= 6; k++) {
    factor *= 2 * k - 1;
    const { value, error } = expectation((x) => (x / Math.sqrt(variance)) ** (2 * k), {
      mean: 0,
      variance,
      features: [],
    });
    expect(Math.abs(value / factor - 1)).toBeLessThan(PROMISED);
    expect(error).toBeLessThan(PROMISED * factor);
  }
});

test("kinks and jumps that are announced cost nothing in accuracy", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -6, max: 6, noNaN: true }),
      (mean, at, decades) => {
        const sd = 10 ** decades;
        const edge = mean + at * sd;
        const options = { mean, variance: sd * sd, breaks: [edge], features: [] };
        const share = expectation((x) => (x > edge ? 1 : 0), options);
        // The edge itself is rounded: ε·|mean|/sd in units of the standard deviation, times the density (< 0.4).
        const rounding = (Number.EPSILON * Math.abs(mean)) / sd;
        expect(Math.abs(share.value - normalCdf(-at))).toBeLessThan(PROMISED * normalCdf(-at) + rounding);
        expect(share.evaluations).toBeLessThanOrEqual(400);
      },
    ),
    { numRuns: 60 },
  );
});

test("steep logistic units, with and without a hint", () => {
  // E[σ(kz)] = 1/2 by symmetry, for every k.
  const logistic = (k: number) => (x: number) => 1 / (1 + Math.exp(-k * x));
  for (const k of [1, 30, 1000, 1e5]) {
    const hinted = expectation(logistic(k), { mean: 0, variance: 1, features: [{ at: 0, scale: 1 / k }] });
    expect(Math.abs(hinted.value - 0.5)).toBeLessThan(PROMISED);
    expect(hinted.evaluations).toBeLessThanOrEqual(600);
  }
  const second = expectation((x) => logistic(1000)(x) ** 2, {
    mean: 0,
    variance: 1,
    features: [{ at: 0, scale: 1e-3 }],
  });
  // mpmath 1.3.0, mp.dps = 30: quad(npdf(z)/(1 + exp(-1000z))**2) split at 0, ±.001, ±.003, ±.01, ±.03, ±.1, ±1, ±10.
  expect(Math.abs(second.value - 0.4996010583758303)).toBeLessThan(PROMISED);
  const bare = expectation((x) => logistic(1000)(x) ** 2, { mean: 0, variance: 1 });
  expect(Math.abs(bare.value - second.value)).toBeLessThan(PROMISED);
});

test("oscillations: E[sin²(wz)] = (1 − exp(−2w²q))/2", () => {
  for (const [w, variance] of [
    [1, 1],
    [30, 1],
    [30, 100],
    [30, 1e-6],
    [30, 1e4],
    [30, 1e12],
  ]) {
    const { value } = expectation((x) => Math.sin(w * x) ** 2, {
      mean: 0,
      variance,
      features: [{ at: 0, scale: 1 / w }],
    });
    const exact = -Math.expm1(-2 * w * w * variance) / 2;
    expect(Math.abs(value / exact - 1)).toBeLessThan(PROMISED);
  }
});

test("what grows like exp is followed to where it peaks", () => {
  for (const variance of [1, 16, 100, 400]) {
    const { value } = expectation(Math.exp, { mean: 0, variance });
    // exp amplifies the rounding of its argument (up to 400 there): 400 ε.
    expect(Math.abs(value / Math.exp(variance / 2) - 1)).toBeLessThan(PROMISED);
  }
  expect(expectation(Math.exp, { mean: 0, variance: 1e6 }).value).toBe(Number.POSITIVE_INFINITY);
});

test("a rectifier far below its kink keeps its relative accuracy", () => {
  // mpmath 1.3.0, mp.dps = 30: E[max(z − 10, 0)²] = 101*ncdf(-10) - 10*npdf(10).
  const { value } = expectation((x) => Math.max(x, 0) ** 2, { mean: -10, variance: 1, breaks: [0], features: [] });
  expect(Math.abs(value / 1.4529276957119804e-25 - 1)).toBeLessThan(PROMISED);
});

test("no variance, and wrong arguments", () => {
  expect(expectation((x) => x * x, { mean: 3, variance: 0 })).toMatchObject({ value: 9, evaluations: 1 });
  expect(() => expectation((x) => x, { mean: 0, variance: -1 })).toThrow("expectation: variance must be");
  expect(() => expectation((x) => x, { mean: Number.NaN, variance: 1 })).toThrow("expectation: mean must be");
});

test("at most 200 evaluations a smooth piece at unit variance, and the error estimate holds", () => {
  const cases: [string, (x: number) => number, number[], number][] = [
    ["tanh²", (x) => Math.tanh(x) ** 2, [], 1],
    ["relu²", (x) => Math.max(x, 0) ** 2, [0], 2],
    ["atan²", (x) => Math.atan(x) ** 2, [], 1],
    ["exp(−x²)", (x) => Math.exp(-x * x), [], 1],
  ];
  for (const [name, f, breaks, pieces] of cases) {
    const { evaluations, value, error } = expectation(f, { mean: 0, variance: 1, breaks });
    expect(evaluations, name).toBeLessThanOrEqual(200 * pieces);
    expect(error, name).toBeLessThan(PROMISED * value);
  }
});

test("several functions share their evaluations", () => {
  let calls = 0;
  const { values, evaluations } = expectations(
    (x, out) => {
      calls++;
      out[0] = x;
      out[1] = x * x;
    },
    2,
    { mean: 2, variance: 9 },
  );
  expect(calls).toBe(evaluations);
  expect(Math.abs(values[0] - 2)).toBeLessThan(2 * PROMISED);
  expect(Math.abs(values[1] - 13)).toBeLessThan(13 * PROMISED);
});
