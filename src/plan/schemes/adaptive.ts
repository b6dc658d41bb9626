/** Schemes that choose all weights together, from the maps of the activations and the graph: no rule a parameter. */

import type { Scheme } from "./types.ts";

export const auto: Scheme = {
  name: "auto",
  aliases: [],
  source: "the forward and backward maps of this graph (Poole 2016; Schoenholz 2017; Bingham & Miikkulainen 2023)",
  summary:
    "every layer's pre-activation at its operating point, predicted through the whole graph; residual branches ×1/√L; outputs of second moment 1",
  values: [],
  rule: null,
};

export const critical: Scheme = {
  name: "critical",
  aliases: ["edge-of-chaos", "eoc"],
  source: "Poole 2016; Schoenholz 2017; Hayou 2019",
  summary: "weight and bias variance on the edge of chaos of each activation (χ₁ = 1 at the fixed point)",
  values: [
    {
      name: "bias",
      default: 0.05,
      meaning: "variance of the biases; 0 where the activation has no critical point with it",
    },
  ],
  rule: null,
};
