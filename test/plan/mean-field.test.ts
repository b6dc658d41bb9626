/** `mean-field(weight, bias)`: a point of the phase plane as a plan follows the maps of Poole 2016 and Schoenholz 2017. */

import { describe, expect, test } from "vitest";
import { activationByName, varianceMap } from "../../src/activation/index.ts";
import { plan } from "../../src/plan/index.ts";
import { chain } from "./models.ts";

describe("mean-field", () => {
  test.each([
    ["tanh", 2.5, 0.05],
    ["tanh", 0.5, 0],
    ["gelu", 1.7, 0.2],
    ["logistic", 4, 0.3],
  ] as const)(
    "%s at σ_w² = %d, σ_b² = %d: the pre-activations follow the variance map",
    (name, weightVariance, biasVariance) => {
      const { layers } = plan(chain(100, 8, name), { scheme: `mean-field(${weightVariance}, ${biasVariance})` });
      const activation = activationByName(name);
      // Inputs of mean square 1.
      let q = weightVariance + biasVariance;
      for (const { output } of layers.slice(0, -1)) {
        // Double sums on both sides, each expectation right to 1e-12 (DESIGN 5) and passed on by at most eight layers.
        expect(Math.abs(output.secondMoment / q - 1)).toBeLessThan(1e-9);
        q = varianceMap(activation, { weightVariance, biasVariance }, q);
      }
    },
  );
  test("on the edge of chaos it keeps the gradient level, and a negative variance is refused", () => {
    const { layers } = plan(chain(100, 30, "tanh"), { scheme: "mean-field(1.76095, 0.05)" });
    const [late, later] = [layers[20]!, layers[24]!];
    // χ₁ = 1 at the fixed point, which the signal is near by layer 20.
    expect(Math.abs(later.gradient.secondMoment / late.gradient.secondMoment - 1)).toBeLessThan(0.01);
    expect(() => plan(chain(10, 2, "tanh"), { scheme: "mean-field(-1)" })).toThrow(/variances from 0 up, got -1/);
  });
});
