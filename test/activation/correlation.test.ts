import { describe, expect, test } from "vitest";
import { activationByName, CATALOGUE, correlationMap, moments } from "../../src/activation/index.ts";
import { expectation2 } from "../../src/gaussian/index.ts";

const UNIT = { mean: 0, variance: 1 };
const at = (name: string) => activationByName(name);

/** Cho & Saul 2009: J_0 = π − θ, J_1 = sin θ + (π − θ)cos θ, each over 2π. */
test("ReLU's maps are the arc-cosine kernels", () => {
  const map = correlationMap(at("relu"), UNIT, UNIT);
  for (let c = -1; c <= 1; c += 0.0625) {
    const angle = Math.acos(c);
    // Both sides are sums of a few terms below 1; the quadrature inside is good to some 1e-15.
    expect(Math.abs(map.product(c) - (Math.sin(angle) + (Math.PI - angle) * c) / (2 * Math.PI))).toBeLessThan(1e-14);
    expect(Math.abs(map.slopeProduct(c) - (Math.PI - angle) / (2 * Math.PI))).toBeLessThan(1e-14);
  }
});

test("erf: (2/π)·asin(2qc/(1 + 2q)) (Williams 1997); sine: exp(−q)·sinh(qc); step: Sheppard", () => {
  for (const q of [0.3, 1, 4]) {
    const side = { mean: 0, variance: q };
    const [erf, sin, step] = ["erf", "sin", "step"].map((name) => correlationMap(at(name), side, side));
    for (const c of [-1, -0.6, 0, 0.2, 0.9, 0.999, 1]) {
      // SETTLED in correlation.ts is 2e-8 of E[φ²], concentrated at |c| near 1.
      expect(Math.abs(erf.product(c) - (2 / Math.PI) * Math.asin((2 * q * c) / (1 + 2 * q)))).toBeLessThan(2e-8);
      expect(Math.abs(sin.product(c) - Math.exp(-q) * Math.sinh(q * c))).toBeLessThan(2e-8);
      expect(Math.abs(step.product(c) - (0.25 + Math.asin(c) / (2 * Math.PI)))).toBeLessThan(1e-13);
    }
  }
});

describe.each([
  "tanh",
  "gelu",
  "silu",
  "elu",
  "selu",
  "hard_swish",
  "relu6",
  "hard_tanh",
  "softplus",
  "hardshrink",
  "mish",
])("%s", (name) => {
  const activation = at(name);
  test.each([
    [UNIT, UNIT],
    [
      { mean: 0.3, variance: 1 },
      { mean: 0.3, variance: 2 },
    ],
    [
      { mean: -0.5, variance: 0.2 },
      { mean: 0.5, variance: 3 },
    ],
  ])("agrees with nested quadrature at %o, %o", (first, second) => {
    const map = correlationMap(activation, first, second);
    const { breaks, features } = activation;
    const [u, v] = [first, second].map((side) => ({ ...side, breaks, features }));
    const size = Math.sqrt(moments(activation, first).secondMoment * moments(activation, second).secondMoment);
    const slopes = Math.sqrt(
      moments(activation, first).derivativeSecondMoment * moments(activation, second).derivativeSecondMoment,
    );
    for (const c of [-0.95, 0.5, 0.99, 1]) {
      // The documented bound: 1e-7 of E[φ²] where φ'' jumps, far less elsewhere; for φ' one order of smoothness less.
      expect(Math.abs(map.product(c) - expectation2(activation.value, activation.value, u, v, c).value)).toBeLessThan(
        1e-7 * size,
      );
      const slope = expectation2(activation.derivative, activation.derivative, u, v, c).value;
      expect(Math.abs(map.slopeProduct(c) - slope)).toBeLessThan(2e-6 * slopes);
    }
  });
});

test.each(CATALOGUE.map((entry) => entry.name).filter((name) => name !== "exp"))(
  "%s: c = 1 is the second moment, c = 0 the squared mean",
  (name) => {
    const activation = at(name);
    const map = correlationMap(activation, UNIT, UNIT);
    const m = moments(activation);
    // Both are exact by construction up to quadrature.
    expect(Math.abs(map.product(1) / m.secondMoment - 1)).toBeLessThan(1e-11);
    expect(Math.abs(map.product(0) - m.mean ** 2)).toBeLessThan(1e-11 * m.secondMoment);
    expect(map.residual).toBeLessThan(1e-6);
  },
);

test("no variance on a side: the product of the means", () => {
  const map = correlationMap(at("tanh"), { mean: 0.5, variance: 0 }, UNIT);
  expect(Math.abs(map.product(0.7))).toBeLessThan(1e-15);
  expect(correlationMap(at("tanh"), { mean: 0.5, variance: 0 }, { mean: 0.5, variance: 0 }).product(0)).toBe(
    Math.tanh(0.5) ** 2,
  );
});
