/** What the Signal screen shows: one architecture under two schemes. */

import { choice, flag, number, type StateOf, seed, whole } from "../../state/schema.ts";

const schemes = {
  auto: "auto: solved for this network",
  "one-over-root-n": "1/√n rule: U(−1/√n, 1/√n)",
  torch: "PyTorch's default",
  keras: "Keras' default",
  "glorot-uniform": "Glorot uniform (Xavier)",
  "glorot-normal": "Glorot normal",
  "he-normal": "He normal (Kaiming)",
  "lecun-normal": "LeCun normal",
  orthogonal: "orthogonal",
  critical: "edge of chaos",
  "mean-field": "a point of the phase map: σ_w² and σ_b²",
  zeros: "zeros",
  "constant(0.05)": "all weights 0.05",
} as const;

const activations = {
  tanh: "tanh",
  logistic: "logistic",
  relu: "ReLU",
  "leaky_relu(0.1)": "leaky ReLU, slope 0.1",
  elu: "ELU",
  selu: "SELU",
  gelu: "GELU",
  silu: "SiLU",
  mish: "Mish",
  softplus: "softplus",
  softsign: "softsign",
  hard_tanh: "hard tanh",
  sin: "sine",
  identity: "none (linear)",
} as const;

export const schema = {
  depth: whole({ label: "Depth", unit: "layers", default: 50, min: 1, max: 100 }),
  width: whole({ label: "Width", unit: "units", default: 128, min: 4, max: 512, log: true }),
  activation: choice({ label: "Activation", default: "tanh", options: activations }),
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
