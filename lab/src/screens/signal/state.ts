/** What the Signal screen shows: one architecture under two schemes. */

import { ACTIVATIONS, pick, SCHEMES } from "../../state/catalogue.ts";
import { choice, flag, number, type StateOf, seed, whole } from "../../state/schema.ts";

const schemes = pick(
  SCHEMES,
  "auto",
  "one-over-root-n",
  "torch",
  "keras",
  "glorot-uniform",
  "glorot-normal",
  "he-normal",
  "lecun-normal",
  "orthogonal",
  "critical",
  "mean-field",
  "zeros",
  "constant(0.05)",
);

export const schema = {
  depth: whole({ label: "Depth", unit: "layers", default: 50, min: 1, max: 100 }),
  width: whole({ label: "Width", unit: "units", default: 128, min: 4, max: 512, log: true }),
  activation: choice({ label: "Activation", default: "tanh", options: ACTIVATIONS }),
  block: choice({
    label: "Layers are",
    default: "plain",
    options: {
      plain: "plain",
      residual: "residual blocks",
      layernorm: "layer-normalized",
      batchnorm: "batch-normalized",
      "pre-norm": "residual, normalized before",
    },
  }),
  scheme: choice({ label: "Scheme", default: "one-over-root-n", options: schemes }),
  against: choice({ label: "Against", default: "auto", options: schemes }),
  weightVariance: number({ label: "σ_w² = n·Var(W)", default: 1.76095, min: 0.05, max: 400, log: true }),
  biasVariance: number({ label: "σ_b² = Var(b)", default: 0.05, min: 0, max: 2 }),
  draws: whole({ label: "Draws", default: 16, min: 0, max: 64 }),
  seed: seed(),
  bias: flag({ label: "Layers have a bias", default: true }),
} as const;

export type SignalState = StateOf<typeof schema>;

/** The fields that matter in a state. */
export const shown = ({ scheme, against }: SignalState): readonly (keyof typeof schema)[] => {
  const point = scheme === "mean-field" || against === "mean-field";
  return [
    "depth",
    "width",
    "activation",
    "block",
    "scheme",
    "against",
    ...(point ? (["weightVariance", "biasVariance"] as const) : []),
    "draws",
    "seed",
    "bias",
  ];
};
