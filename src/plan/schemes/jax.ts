/** What Flax (linen and nnx) layers draw by default: jax.nn.initializers.lecun_normal, truncated and corrected. */

import { number, quantity, quotient } from "../derivation/term.ts";
import { figure } from "../words.ts";
import { isPositionModule, orthogonalPerGate, remaining } from "./common.ts";
import { overFanIn } from "./formulas.ts";
import { normal, truncated, zeros } from "./laws.ts";
import type { Rule, Scheme } from "./types.ts";

const rule: Rule = (usage, context) => {
  switch (usage.part) {
    case "weight":
    case "input-weight": {
      // Flax's ConvTranspose kernel is [k, in, out]: its fan-in counts every tap, whatever the stride.
      const fanIn = usage.op === "conv-transpose" ? usage.fans.torch.fanOut : usage.fans.torch.fanIn;
      return {
        initializer: truncated(1 / fanIn),
        why: `Flax draws lecun_normal: Var = 1/fan_in = 1/${figure(fanIn)} after the cut at ±2σ (LeCun 1998).`,
        formula: overFanIn(number(1), fanIn),
      };
    }
    case "recurrent-weight":
      return {
        initializer: orthogonalPerGate(usage),
        why: `Flax draws each gate's recurrent kernel orthogonal (Saxe 2014): ${usage.gates.length} blocks of ${usage.hidden} × ${usage.parameter.shape[1]}.`,
      };
    case "bias":
    case "input-bias":
    case "recurrent-bias":
      return { initializer: zeros, why: "Flax sets biases to 0." };
    case "table":
    case "position": {
      if (usage.part === "position" && !isPositionModule(usage)) return remaining(usage, context, 0.01);
      const features = usage.parameter.shape.at(-1) ?? 1;
      return {
        initializer: normal(1 / features),
        why: `flax Embed draws variance_scaling(1, fan_in, normal, out_axis=0): N(0, 1/features) = N(0, 1/${features}).`,
        formula: {
          decides: "variance",
          term: quotient(number(1), quantity("features", features, "entries in a row")),
        },
      };
    }
    default:
      return remaining(usage, context, 0.01);
  }
};

export const jax: Scheme = {
  name: "jax",
  aliases: ["flax"],
  source: "Flax, flax/linen: default kernel, recurrent, embedding and bias initializers; jax.nn.initializers",
  summary:
    "what Flax layers draw: truncated lecun_normal kernels, 0 biases, orthogonal recurrent kernels, N(0, 1/features) embeddings",
  values: [],
  rule,
};
