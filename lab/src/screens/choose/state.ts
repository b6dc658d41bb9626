/** What the Choose screen asks. */

import { ACTIVATIONS, pick } from "../../state/catalogue.ts";
import { inputFields } from "../../state/inputs.ts";
import { choice, flag, number, type StateOf, whole } from "../../state/schema.ts";

const activations = pick(
  ACTIVATIONS,
  "relu",
  "leaky_relu(0.1)",
  "elu",
  "selu",
  "gelu",
  "silu",
  "mish",
  "tanh",
  "logistic",
  "softplus",
  "softsign",
  "sin",
  "identity",
);

export const schema = {
  build: choice({
    label: "What do you build?",
    default: "dense",
    options: {
      dense: "a dense network",
      conv: "a convolutional network",
      transformer: "a transformer",
      recurrent: "a recurrent network",
      implicit: "a network of sines (SIREN)",
    },
  }),
  depth: whole({ label: "Depth", unit: "layers", default: 8, min: 1, max: 64 }),
  width: whole({ label: "Width", unit: "units", default: 256, min: 4, max: 4096, log: true }),
  activation: choice({ label: "Which activation?", default: "relu", options: activations }),
  norm: choice({
    label: "Normalized?",
    default: "none",
    options: {
      none: "not at all",
      batchnorm: "batch norm",
      layernorm: "layer norm",
      rmsnorm: "RMS norm",
      groupnorm: "group norm",
    },
  }),
  goal: choice({
    label: "What do you want?",
    default: "solved",
    options: {
      solved: "weights solved for it",
      published: "the published rule",
      widen: "to tune small, then go wide",
    },
  }),
  framework: choice({
    label: "Which framework?",
    default: "torch",
    options: { torch: "PyTorch", keras: "Keras", jax: "JAX", tfjs: "TF.js" },
  }),
  inputs: whole({ label: "Inputs", default: 64, min: 1, max: 65_536, log: true }),
  outputs: whole({ label: "Outputs", default: 10, min: 1, max: 65_536, log: true }),
  frequency: number({ label: "Frequency ω₀", default: 30, min: 1, max: 300, step: 1, log: true }),
  base: whole({ label: "Width you tune at", default: 64, min: 4, max: 4096, log: true }),
  heads: whole({ label: "Attention heads", default: 4, min: 1, max: 64, log: true }),
  place: choice({
    label: "Normalized where?",
    default: "pre",
    options: { pre: "before each branch (as GPT-2)", post: "behind each sum (as the original)" },
  }),
  cell: choice({ label: "Which cell?", default: "lstm", options: { lstm: "LSTM", gru: "GRU", rnn: "plain tanh" } }),
  residual: flag({ label: "Residual (skip connections)", default: false }),
  ...inputFields,
} as const;

export type ChooseState = StateOf<typeof schema>;

type Question = keyof ChooseState;

/** What the kind of network leaves open, besides depth and width. */
const OPEN: Readonly<Record<ChooseState["build"], readonly Question[]>> = {
  dense: ["activation", "norm", "residual"],
  conv: ["activation", "norm", "residual"],
  transformer: ["activation", "heads", "place"],
  recurrent: ["cell"],
  implicit: ["frequency"],
};

/** Whether training and use differ: the norm that takes its statistics from the batch. */
export const hasBatchNorm = ({ build, norm }: Pick<ChooseState, "build" | "norm">): boolean =>
  norm === "batchnorm" && OPEN[build].includes("norm");

/** The questions that the answers so far leave open. */
export function questions(state: Pick<ChooseState, "build" | "goal" | "norm">): readonly Question[] {
  const { build, goal } = state;
  const fed: readonly Question[] = ["inputMean", "inputVariance", ...(hasBatchNorm(state) ? (["mode"] as const) : [])];
  // Sines have one published rule, and nothing else is known to be better.
  const goals: readonly Question[] = build === "implicit" ? [] : goal === "widen" ? ["goal", "base"] : ["goal"];
  const sizes: readonly Question[] = build === "conv" || build === "transformer" ? ["outputs"] : ["inputs", "outputs"];
  return ["build", "depth", "width", ...OPEN[build], ...goals, "framework", ...sizes, ...fed];
}
