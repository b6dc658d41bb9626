/** What Keras and TensorFlow.js layers draw by default. They differ: TensorFlow.js draws truncated normals and leaves the cut's loss in. */

import { root } from "../derivation/term.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { figure } from "../words.ts";
import { isPositionModule, recurrentBias, remaining } from "./common.ts";
import { overBothFans } from "./formulas.ts";
import { type Law, truncatedBefore, uniform, zeros } from "./laws.ts";
import type { Formula, Rule, Scheme } from "./types.ts";

interface Flavour {
  readonly library: string;
  readonly rule: string;
  readonly law: Law;
  readonly forgetOne: boolean;
  /** Words for what the drawn law is. */
  readonly drawn: (variance: number) => string;
}

/** A variance as the standard deviation that is meant before a cut. */
const rooted = ({ term }: Formula): Formula => ({ decides: "std", term: root(term) });

function ruleOf({ library, rule, law, forgetOne, drawn }: Flavour): Rule {
  const cutAfter = law === truncatedBefore;
  return (usage, context) => {
    const { fanIn, fanOut } = kernelFans(usage);
    const variance = 2 / (fanIn + fanOut);
    switch (usage.part) {
      case "weight":
      case "input-weight":
        return {
          initializer: law(variance),
          why: `${library} draws ${rule}: Var = 2/(fan_in + fan_out) = 2/(${figure(fanIn)} + ${figure(fanOut)})${drawn(variance)} (Glorot & Bengio 2010, eq. 16).`,
          formula: cutAfter ? rooted(overBothFans({ fanIn, fanOut })) : overBothFans({ fanIn, fanOut }),
        };
      case "recurrent-weight":
        return {
          initializer: { kind: "orthogonal", gain: 1 },
          why: `${library} draws the recurrent kernel orthogonal, all gates in one ${usage.hidden} × ${usage.parameter.shape[0]} matrix, so an entry has variance 1/${usage.parameter.shape[0]} (Saxe 2014).`,
        };
      case "bias":
        return { initializer: zeros, why: `${library} sets biases to 0.` };
      case "input-bias":
      case "recurrent-bias":
        return recurrentBias(usage, forgetOne);
      case "table":
        return { initializer: uniform(0.05 ** 2 / 3), why: `${library}'s Embedding draws U(−0.05, 0.05).` };
      case "position":
        if (isPositionModule(usage))
          return {
            initializer: uniform(0.05 ** 2 / 3),
            why: `A table of positions in ${library}'s Embedding: U(−0.05, 0.05).`,
          };
        return remaining(usage, context, 0);
      default:
        return remaining(usage, context, 0);
    }
  };
}

const kernelFans = (usage: ParameterUsage) => usage.fans.keras;

export const keras: Scheme = {
  name: "keras",
  aliases: ["tensorflow", "tf"],
  source: "Keras 3, keras/src/layers: *_initializer defaults",
  summary:
    "what Keras layers draw: glorot_uniform kernels, 0 biases, orthogonal recurrent kernels, forget bias 1, U(±0.05) embeddings",
  values: [],
  rule: ruleOf({
    library: "Keras",
    rule: "glorot_uniform",
    law: uniform,
    forgetOne: true,
    drawn: (variance) => `, ±${figure(Math.sqrt(3 * variance))}`,
  }),
};

export const tfjs: Scheme = {
  name: "tfjs",
  aliases: ["tensorflow.js", "tensorflowjs"],
  source: "TensorFlow.js 4, tfjs-layers/src: DEFAULT_KERNEL_INITIALIZER and initializers.ts",
  summary:
    "what TensorFlow.js layers draw: glorotNormal (cut at ±2σ, not corrected), 0 biases, orthogonal recurrent kernels",
  values: [],
  rule: ruleOf({
    library: "TensorFlow.js",
    rule: "glorotNormal",
    law: truncatedBefore,
    forgetOne: false,
    drawn: () => " before the cut at ±2σ, which leaves 0.774 of it",
  }),
};
