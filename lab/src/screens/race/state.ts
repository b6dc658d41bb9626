/** What the Race screen shows: one network, up to four schemes, one rate and one order of the data for all. */

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
  "zeros",
  "constant(0.05)",
  "gpt2(0.02)",
  "gpt2(1)",
);

const others = { none: "nobody", ...schemes } as const;

export const schema = {
  data: choice({
    label: "Data",
    default: "spirals",
    options: {
      spirals: "spirals, three arms",
      moons: "two moons",
      digits: "handwritten digits",
      iris: "irises, three species",
      file: "a CSV file of your own",
    },
  }),
  depth: whole({ label: "Hidden layers", default: 5, min: 1, max: 12 }),
  width: whole({ label: "Width", unit: "units", default: 32, min: 2, max: 128, log: true }),
  activation: choice({
    label: "Activation",
    default: "relu",
    options: pick(
      ACTIVATIONS,
      "tanh",
      "logistic",
      "relu",
      "leaky_relu(0.1)",
      "elu",
      "selu",
      "gelu",
      "silu",
      "softplus",
      "sin",
    ),
  }),
  a: choice({ label: "First scheme", default: "auto", options: schemes }),
  b: choice({ label: "Second", default: "one-over-root-n", options: others }),
  c: choice({ label: "Third", default: "gpt2(1)", options: others }),
  d: choice({ label: "Fourth", default: "gpt2(0.02)", options: others }),
  rate: number({ label: "Learning rate", default: 0.03, min: 1e-4, max: 100, log: true }),
  optimizer: choice({
    label: "Optimizer",
    default: "momentum",
    options: { sgd: "gradient descent", momentum: "with momentum 0.9", adam: "Adam" },
  }),
  batch: whole({ label: "Batch", unit: "rows", default: 32, min: 1, max: 256, log: true }),
  steps: whole({ label: "Steps", default: 300, min: 10, max: 3000, log: true }),
  seed: seed(),
  standardise: flag({ label: "Inputs to mean 0, variance 1", default: true }),
} as const;

export type RaceState = StateOf<typeof schema>;

/** Schemes in the order of the screen, each once. */
export function schemesOf({ a, b, c, d }: Pick<RaceState, "a" | "b" | "c" | "d">): readonly string[] {
  return [...new Set([a, b, c, d])].filter((scheme) => scheme !== "none");
}

/** The name for people. */
export const nameOf = (scheme: string): string =>
  Object.entries(schemes).find(([word]) => word === scheme)?.[1] ?? scheme;
