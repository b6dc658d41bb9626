/** Published figures and closed forms, through whole models. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveActivation } from "../../src/activation/index.ts";
import type { Model } from "../../src/model/index.ts";
import { propagate } from "../../src/propagate/index.ts";
import { activationMap } from "../../src/propagate/law/activation-map.ts";
import { build } from "../plan/models.ts";

const named = (name: string, parameters: Record<string, number> = {}) =>
  resolveActivation({ kind: "named", name, parameters });

/** width → width, `depth` times, the last without activation. */
function chain(activation: string | null, width: number, depth: number, bias = false): Model {
  const b = build([1, width]);
  let x = "x";
  for (let i = 0; i < depth; i++) {
    x = b.linear(`fc${i}`, x, width, { bias });
    if (activation !== null && i + 1 < depth) x = b.act(`act${i}`, x, activation);
  }
  return b.finish(x);
}

const gaussianLaw =
  (weightGain: number, width: number, biasVariance = 0) =>
  (name: string) => ({ mean: 0, variance: name.endsWith("bias") ? biasVariance : weightGain / width });

describe("chains", () => {
  it("He: 50 ReLU layers keep the mean square (He 2015, eq. 10)", () => {
    const { signals } = propagate(chain("relu", 512, 50), gaussianLaw(2, 512));
    const last = signals.get("fc49.y")!;
    // 50 layers of two-sided rounding and 1e-8 quadrature.
    expect(Math.abs(last.secondMoment - 2)).toBeLessThan(2 * 50 * 2e-8);
    expect(Math.abs(signals.get("x")!.gradient - 2)).toBeLessThan(2 * 50 * 2e-8);
  });

  it("the essay's rule loses a factor 3 a layer in a linear net, both ways", () => {
    const { signals } = propagate(chain(null, 128, 20), gaussianLaw(1 / 3, 128));
    expect(signals.get("fc19.y")!.secondMoment / 3 ** -20).toBeCloseTo(1, 12);
    expect(signals.get("x")!.gradient / 3 ** -20).toBeCloseTo(1, 12);
    expect(signals.get("fc0.y")!.mean).toBe(0);
    expect(signals.get("fc0.y")!.secondMoment).toBeCloseTo(1 / 3, 12);
  });

  it("tanh settles at q* = 0.57005 on the critical line σ_b² = 0.05, σ_w² = 1.76095 (Schoenholz 2017)", () => {
    const { signals } = propagate(chain("tanh", 300, 120, true), gaussianLaw(1.76095, 300, 0.05));
    // q* and σ_w² are printed to 5 digits.
    expect(Math.abs(signals.get("fc119.y")!.secondMoment - 0.57005)).toBeLessThan(2e-5);
    const ratio = signals.get("fc60.y")!.gradient / signals.get("fc61.y")!.gradient;
    expect(Math.abs(ratio - 1)).toBeLessThan(2e-5);
  });

  it("logistic units at σ_w = 1 lose the gradient by χ₁ = 0.0557 a layer at the fixed point", () => {
    const { signals } = propagate(chain("sigmoid", 300, 40), gaussianLaw(1, 300));
    expect(signals.get("fc20.y")!.gradient / signals.get("fc21.y")!.gradient).toBeCloseTo(0.0557, 3);
  });

  it("a bias adds its variance, a mean of the input counts (E[a²], not Var(a))", () => {
    const { signals } = propagate(chain(null, 100, 1, true), gaussianLaw(1, 100, 0.25), {
      inputMean: 2,
      inputVariance: 0.5,
    });
    expect(signals.get("fc0.y")!.secondMoment).toBeCloseTo(4.5 + 0.25, 12);
  });

  it.each(["square", "exp", "relu"])("goes on where %s has left float64, and says that it is large", (activation) => {
    const { signals } = propagate(chain(activation, 64, 60), () => ({ mean: 3, variance: 1e12 }));
    // 1e120 is what the prediction holds on to.
    const last = signals.get("fc59.y")!.secondMoment;
    expect(Number.isNaN(last) || last > 1e100).toBe(true);
  });

  it("is homogeneous in the weights of a ReLU net", () => {
    const model = chain("relu", 64, 6);
    const base = propagate(model, gaussianLaw(2, 64)).signals.get("fc5.y")!.secondMoment;
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 20, noNaN: true }), (s) => {
        const scaled = propagate(model, gaussianLaw(2 * s, 64)).signals.get("fc5.y")!.secondMoment;
        return Math.abs(scaled / (base * s ** 6) - 1) < 6 * 2e-8;
      }),
      { numRuns: 25 },
    );
  });
});

describe("parameters' gradients of one dense layer, L = Σ y·g", () => {
  it("are E[x²] for a weight and 1 for a bias", () => {
    const { gradients } = propagate(chain(null, 50, 1, true), gaussianLaw(1, 50), { inputVariance: 3 });
    expect(gradients.get("fc0.weight")).toBeCloseTo(3, 12);
    expect(gradients.get("fc0.bias")).toBeCloseTo(1, 12);
  });
});

describe("arc-cosine kernels (Cho & Saul 2009, eq. 3 and 6)", () => {
  const relu = activationMap(named("relu"), 0, 1.7);
  it.each([-1, -0.6, 0, 0.3, 0.8, 0.95, 1])("at correlation %f", (c) => {
    const theta = Math.acos(c);
    const first = (1.7 / (2 * Math.PI)) * (Math.sin(theta) + (Math.PI - theta) * c);
    const zeroth = (Math.PI - theta) / (2 * Math.PI);
    // The map states 1e-9 of E[φ²] for piecewise linear activations.
    expect(Math.abs(relu.product(c) - first)).toBeLessThan(1e-9 * 0.85);
    expect(Math.abs(relu.slopeProduct(c) - zeroth)).toBeLessThan(1e-9 * 0.5);
  });

  it("for erf (Williams 1997, eq. 11)", () => {
    const map = activationMap(named("erf"), 0, 1);
    const exact = (2 / Math.PI) * Math.asin((2 * 0.6) / 3);
    expect(map.product(0.6)).toBeCloseTo(exact, 9);
  });
});

describe("spread between draws", () => {
  it("of a deep ReLU chain follows the sum of 2/n per layer and a fully shared signal (Hanin 2018)", () => {
    const model = chain("relu", 100, 10);
    const { signals } = propagate(model, gaussianLaw(2, 100));
    const spread = signals.get("fc9.y")!.spread;
    // Between all samples the squared correlation r² lies in (1/n, 1): 2/n·(r² + 1/n) per layer.
    expect(spread ** 2).toBeGreaterThan((10 * 2) / 100 / 100);
    expect(spread ** 2).toBeLessThan((10 * 2) / 100);
  });
});
