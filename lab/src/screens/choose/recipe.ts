/** Answers → a scheme, with the reason for choosing it. What the scheme then does to each tensor, the library says. */

import type { ChooseState } from "./state.ts";

export interface Recipe {
  /** As the command line takes it. */
  readonly scheme: string;
  /** Why this one, in a sentence or two. */
  readonly because: string;
}

const SOLVED =
  "Every layer's signal and gradient are computed for this very network, and each weight's variance is chosen so that both stay as level as the network allows; the outputs start as large as every layer before them.";

/** Rules for plain layers, by activation. */
const PLAIN: Readonly<Record<ChooseState["activation"], Recipe>> = (() => {
  const he: Recipe = {
    scheme: "he-normal",
    because:
      "A rectifier, or a smooth relative of it, lets about half of the mean square through; a variance of 2/n makes up for that.",
  };
  const glorot: Recipe = {
    scheme: "glorot-uniform",
    because:
      "An activation that is odd around 0 and bends off on both sides: 2/(fan in + fan out) is the compromise between what the signal and what the gradient needs, exact where the activation is still linear.",
  };
  return {
    relu: he,
    "leaky_relu(0.1)": he,
    elu: he,
    gelu: he,
    silu: he,
    mish: he,
    softplus: he,
    selu: {
      scheme: "lecun-normal",
      because: "SELU's two numbers are made for a variance of 1/n: mean 0 and variance 1 are then its fixed point.",
    },
    tanh: glorot,
    softsign: glorot,
    logistic: glorot,
    identity: glorot,
    sin: {
      scheme: "siren",
      because: "Sines keep arcsine-shaped activations from layer to layer at ±√(6/n)/ω₀.",
    },
  };
})();

const GPT2: Recipe = {
  scheme: "gpt2",
  because:
    "Normalized before each branch, the stream itself adds up: GPT-2 draws everything with the same small standard deviation and divides what writes into the stream by the root of the number of branches.",
};

const DEEPNORM: Recipe = {
  scheme: "deepnorm",
  because:
    "Normalized behind each sum, a deep transformer's updates blow up early in training; DeepNorm makes the branches smaller with depth, and the skips larger.",
};

const GATED: Recipe = {
  scheme: "keras",
  because:
    "Keras' own defaults are what the literature on recurrent networks advises: Glorot for the inputs, orthogonal matrices from step to step, and a forget gate that starts open.",
};

function published({ build, norm, residual, activation, place }: ChooseState): Recipe {
  if (build === "transformer") return place === "pre" ? GPT2 : DEEPNORM;
  if (build === "recurrent") return GATED;
  if (residual && norm === "none")
    return {
      scheme: "fixup",
      because:
        "Branches without normalization add up with depth; Fixup starts each as nothing and scales its inner weights by the number of branches.",
    };
  if (residual && build === "conv" && norm === "batchnorm")
    return {
      scheme: "zero-gamma",
      because:
        "The scale of the last batch norm of each block starts at 0, so the network starts as a shallow one and every block is let in by training.",
    };
  return PLAIN[activation];
}

/** @example recipeOf({ ...defaults(schema), goal: "published", activation: "relu" }).scheme // "he-normal" */
export function recipeOf(state: ChooseState): Recipe {
  if (state.build === "implicit")
    return {
      scheme: "siren",
      because:
        "A network of sines needs phases of a known size: the first layer spreads them over ω₀, every later one gets ±√(6/n)/ω₀, and the pre-activations stay normal with variance 1 at any depth.",
    };
  if (state.goal === "widen")
    return {
      scheme: `mup(${state.base})`,
      because: `Learning rates found at width ${state.base} stay the best ones at width ${state.width}, if the optimizer's rates follow the same rule.`,
    };
  if (state.goal === "published") return published(state);
  return { scheme: "auto", because: SOLVED };
}
