/**
 * One weight variance and one bias variance for all layers, as the mean field theory of deep networks has them (Poole 2016, eq. 1;
 * Schoenholz 2017, section 2): W ~ N(0, σ_w²/fan_in), b ~ N(0, σ_b²), so that q ← σ_w²·E[φ(z)²] + σ_b² from layer to layer.
 */

import { quantity } from "../derivation/term.ts";
import { figure } from "../words.ts";
import { given, overFanIn } from "./formulas.ts";
import { normal, zeros } from "./laws.ts";
import { isMatrix, unspoken } from "./named.ts";
import type { Choice, Scheme } from "./types.ts";

function weightChoice(variance: number, fanIn: number): Choice {
  return {
    initializer: normal(variance / fanIn),
    why: `σ_w² = ${figure(variance)} as asked: Var(W) = σ_w²/fan_in = ${figure(variance)}/${figure(fanIn)} (Poole 2016).`,
    formula: overFanIn(quantity("σ_w²", variance, "weight variance as asked"), fanIn),
  };
}

function biasChoice(variance: number): Choice {
  if (variance === 0) return { initializer: zeros, why: "Bias 0: σ_b² = 0 as asked (Poole 2016)." };
  return {
    initializer: normal(variance),
    why: `σ_b² = ${figure(variance)} as asked: Var(b) = σ_b² (Poole 2016).`,
    formula: given("variance", "σ_b²", variance, "bias variance as asked"),
  };
}

export const meanField: Scheme = {
  name: "mean-field",
  aliases: [],
  source: "Poole 2016, eq. 1; Schoenholz 2017, section 2",
  summary: "any point of the phase plane: Var(W) = weight/fan_in, Var(b) = bias in all layers",
  values: [
    { name: "weight", default: 1, meaning: "σ_w² = fan_in·Var(W)" },
    { name: "bias", default: 0, meaning: "σ_b², variance of the biases" },
  ],
  rule: (usage, context) => {
    const [weight = 1, bias = 0] = context.values;
    if (weight < 0 || bias < 0)
      throw new RangeError(
        `plan: scheme mean-field takes variances from 0 up, got ${Math.min(weight, bias)}, write mean-field(weight, bias)`,
      );
    if (isMatrix(usage)) return weightChoice(weight, usage.fans.true.fanIn);
    return usage.part === "bias" ? biasChoice(bias) : unspoken(usage, context);
  },
};
