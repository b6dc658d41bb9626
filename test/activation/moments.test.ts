import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXACT_NAMES } from "../../src/activation/exact.ts";
import {
  activationByName,
  CATALOGUE,
  gain,
  moments,
  quadratureMoments,
  resolveActivation,
} from "../../src/activation/index.ts";

import { normals } from "./normals.ts";

interface Golden {
  readonly moments: Readonly<
    Record<string, readonly { variance: number; mean: string; secondMoment: string; derivativeSecondMoment: string }[]>
  >;
}
/** Made by `python3 scripts/activation-moments.py`, which writes each function down again on its own. */
const golden: Golden = JSON.parse(readFileSync(new URL("../golden/activation-moments.json", import.meta.url), "utf8"));

/** The promise: 1e-12 relative to E|f|. */
const PROMISED = 1e-12;
const KEYS = ["mean", "secondMoment", "derivativeMean", "derivativeSecondMoment", "secondMomentSlope"] as const;

describe.each(CATALOGUE.map((entry) => entry.name))("%s", (name) => {
  const activation = resolveActivation({ kind: "named", name, parameters: {} });

  test("quadrature and what `moments` returns agree with 50-digit values", () => {
    const rows = golden.moments[name];
    expect(rows?.length).toBe(3);
    for (const row of rows) {
      const { variance } = row;
      for (const m of [moments(activation, { variance }), quadratureMoments(activation, { variance })]) {
        // E|φ| ≤ √E[φ²]: what the mean's error is relative to, as it may itself be 0.
        expect(Math.abs(m.mean - Number(row.mean))).toBeLessThan(PROMISED * Math.sqrt(Number(row.secondMoment)));
        expect(Math.abs(m.secondMoment / Number(row.secondMoment) - 1)).toBeLessThan(PROMISED);
        const slope = Number(row.derivativeSecondMoment);
        expect(Math.abs(m.derivativeSecondMoment - slope)).toBeLessThanOrEqual(PROMISED * slope);
      }
    }
  });

  test("Monte Carlo agrees within five standard errors", () => {
    // 40,000 draws and 5 standard errors: a right value fails once in 1.7 million comparisons. exp and cube have heavy tails; the
    // standard error is estimated from the same draws, so the variance is kept at 1/4.
    const draws = 40_000;
    const exact = moments(activation, { mean: 0.2, variance: 0.25 });
    const random = normals(name.length * 7919 + name.charCodeAt(0));
    const sums = new Float64Array(6);
    for (let i = 0; i < draws; i++) {
      const z = 0.2 + 0.5 * random();
      const [v, d] = [activation.value(z), activation.derivative(z)];
      [v, v * v, d * d].forEach((s, j) => {
        sums[j] += s / draws;
        sums[3 + j] += (s * s) / draws;
      });
    }
    [exact.mean, exact.secondMoment, exact.derivativeSecondMoment].forEach((value, j) => {
      const spread = Math.sqrt(Math.max(0, sums[3 + j] - sums[j] ** 2) / draws);
      // A share r of the value that comes from events no draw shows goes unseen with probability exp(−r·draws): below 3e-7 at 15/draws.
      expect(Math.abs(sums[j] - value)).toBeLessThanOrEqual(5 * spread + (15 / draws) * Math.abs(value));
    });
  });
});

describe.each(EXACT_NAMES)("closed form of %s", (name) => {
  const activation = resolveActivation({ kind: "named", name, parameters: {} });
  test.each([
    [0, 1],
    [0, 0.01],
    [0, 50],
    [0.7, 2],
    [-1, 0.3],
  ])("equals quadrature at mean %s, variance %s", (mean, variance) => {
    const exact = moments(activation, { mean, variance });
    const numeric = quadratureMoments(activation, { mean, variance });
    for (const key of KEYS) {
      // Each is a sum of terms no larger than these; exp squared at variance 50 amplifies its argument's rounding 200-fold.
      const size = Math.max(
        Math.abs(exact[key]),
        key === "mean" || key === "derivativeMean" ? Math.sqrt(exact.secondMoment) : 0,
      );
      const terms =
        key === "secondMomentSlope"
          ? exact.derivativeSecondMoment + Math.abs(exact.curvature) + exact.secondMoment / variance
          : size;
      expect(Math.abs(exact[key] - numeric[key]), key).toBeLessThanOrEqual(2 * PROMISED * Math.max(size, terms));
    }
  });
});

test("gains that everybody knows", () => {
  const ulp = 4 * Number.EPSILON;
  expect(Math.abs(gain(activationByName("relu")) - Math.SQRT2)).toBeLessThan(ulp);
  expect(gain(activationByName("identity"))).toBe(1);
  expect(Math.abs(gain(activationByName("leaky_relu(0.2)")) - Math.sqrt(2 / 1.04))).toBeLessThan(ulp);
  expect(Math.abs(gain(activationByName("selu")) - 1)).toBeLessThan(PROMISED);
  // E[erf(Z)²] = (2/π)·asin(2/3)
  expect(Math.abs(gain(activationByName("erf")) - 1 / Math.sqrt((2 / Math.PI) * Math.asin(2 / 3)))).toBeLessThan(ulp);
  // A steep logistic is a step: E[φ²] → 1/2 − 1/(β√(2π)) to first order in 1/β (the next term is of order β⁻³).
  const steep = moments(activationByName("logistic(1000000)")).secondMoment;
  expect(Math.abs(steep - (0.5 - 1e-6 / Math.sqrt(2 * Math.PI)))).toBeLessThan(PROMISED);
});

test("E[σ'(z)] at the essay's variance 1/3", () => {
  expect(moments(activationByName("sigmoid"), { variance: 1 / 3 }).derivativeMean).toBeCloseTo(0.232, 5);
});

test.each([1e-12, 1e-6, 1e6, 1e12])("every activation has finite moments at variance %s, exp aside", (variance) => {
  for (const { name } of CATALOGUE) {
    const m = moments(activationByName(name), { variance });
    if (name === "exp" && variance > 1) expect(m.secondMoment).toBe(Number.POSITIVE_INFINITY);
    else for (const key of KEYS) expect(Number.isFinite(m[key]), `${name} ${key}`).toBe(true);
  }
});

test("the slope of the second moment is its difference quotient, kinks and jumps included", () => {
  for (const name of ["relu6", "hard_swish", "selu", "hardshrink", "step", "tanh", "mish"]) {
    const activation = activationByName(name);
    for (const mean of [0, 0.4]) {
      const at = (variance: number) => quadratureMoments(activation, { mean, variance }).secondMoment;
      const h = 1e-4;
      const quotient = (8 * (at(1 + h) - at(1 - h)) - (at(1 + 2 * h) - at(1 - 2 * h))) / (12 * h);
      // Five-point rule: h⁴ = 1e-16, rounding ε/h·E[φ²] < 1e-11.
      expect(Math.abs(quadratureMoments(activation, { mean }).secondMomentSlope - quotient), name).toBeLessThan(2e-11);
    }
  }
});
