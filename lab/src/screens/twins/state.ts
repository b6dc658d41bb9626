/** What the Twins screen shows: how a small network's weights start, and how far its training has come. */

import { ACTIVATIONS, pick } from "../../state/catalogue.ts";
import { choice, number, type StateOf, seed, whole } from "../../state/schema.ts";

export const schema = {
  activation: choice({
    label: "Hidden units",
    default: "logistic",
    options: pick(ACTIVATIONS, "tanh", "relu", "logistic"),
  }),
  start: choice({
    label: "Weights start",
    default: "zeros",
    options: {
      zeros: "all at 0",
      constant: "all the same number",
      breath: "the same, and a breath of noise",
      drawn: "drawn: U(−1/√n, 1/√n)",
    },
  }),
  value: number({ label: "The number", default: 0.5, min: -2, max: 2 }),
  noise: number({ label: "Noise", default: 0.01, min: 1e-8, max: 0.5, log: true }),
  rate: number({ label: "Learning rate", default: 0.5, min: 0.01, max: 5, log: true }),
  seed: seed(),
  step: whole({ label: "Step", default: 0, min: 0, max: 1000 }),
} as const;

export type TwinsState = StateOf<typeof schema>;

export const STEPS = schema.step.max;

/** Fields that matter with this start; the step has controls of its own. */
export function shown({ start }: TwinsState): readonly (keyof typeof schema)[] {
  const names: (keyof typeof schema)[] = ["activation", "start"];
  if (start === "constant" || start === "breath") names.push("value");
  if (start === "breath") names.push("noise");
  return [...names, "rate", "seed"];
}
