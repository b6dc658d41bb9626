/** What the Phase screen shows: an activation, and a point in the plane of weight and bias variance. */

import { ACTIVATIONS } from "../../state/catalogue.ts";
import { choice, number, type StateOf, text, whole } from "../../state/schema.ts";

export const schema = {
  activation: choice({
    label: "Activation",
    default: "tanh",
    options: { ...ACTIVATIONS, expression: "an expression of your own" },
  }),
  expression: text({ label: "φ(x) =", default: "x*sigmoid(1.702*x)", longest: 200 }),
  weight: number({ label: "Weights, n·Var(W)", default: 2.5, min: 0.05, max: 400, log: true }),
  bias: number({ label: "Biases, Var(b)", default: 0.05, min: 0, max: 2 }),
  depth: whole({ label: "Depth", unit: "layers", default: 30, min: 5, max: 200 }),
} as const;

export type PhaseState = StateOf<typeof schema>;
export type ActivationChoice = Pick<PhaseState, "activation" | "expression">;

export const shown = ({ activation }: PhaseState): readonly (keyof typeof schema)[] =>
  activation === "expression"
    ? ["activation", "expression", "weight", "bias", "depth"]
    : ["activation", "weight", "bias", "depth"];

/** Correlations that pairs of inputs start with. */
export const STARTS = [0, 0.5, 0.9, 0.99] as const;
