/** What the Neuron screen shows: a layer of units with n inputs each, their weights' rule, and the inputs' law. */

import { ACTIVATIONS, pick } from "../../state/catalogue.ts";
import { choice, number, type StateOf, seed, whole } from "../../state/schema.ts";

export const schema = {
  activation: choice({
    label: "Activation",
    default: "logistic",
    options: pick(ACTIVATIONS, "logistic", "tanh", "relu"),
  }),
  slope: number({ label: "Slope β", default: 1, min: 0.1, max: 10, log: true }),
  n: whole({ label: "Inputs, n", default: 64, min: 1, max: 4096, log: true }),
  rule: choice({
    label: "Weights",
    default: "one-over-root-n",
    options: {
      "one-over-root-n": "1/√n rule: U(−1/√n, 1/√n)",
      "glorot-uniform": "Glorot uniform (Xavier)",
      "lecun-normal": "LeCun normal, 1/n",
      "he-normal": "He normal, 2/n",
      own: "a range of your own: U(−a, a)",
    },
  }),
  range: number({ label: "Range a", default: 1, min: 0.001, max: 10, log: true }),
  mean: number({ label: "Inputs' mean", default: 0, min: -255, max: 255 }),
  deviation: number({ label: "Inputs' deviation", default: 1, min: 0, max: 255 }),
  units: whole({ label: "Units", default: 64, min: 1, max: 256, log: true }),
  draws: whole({ label: "Draws", default: 32, min: 0, max: 64 }),
  seed: seed(),
} as const;

export type NeuronState = StateOf<typeof schema>;

/** Fields that matter with these: the logistic curve alone has a slope, and one rule a range. */
export function shown({ activation, rule }: NeuronState): readonly (keyof typeof schema)[] {
  const names: (keyof typeof schema)[] = ["activation", "slope", "n", "rule", "range", "mean", "deviation"];
  return [
    ...names.filter((name) => (name !== "slope" || activation === "logistic") && (name !== "range" || rule === "own")),
    "units",
    "draws",
    "seed",
  ];
}

/** What inputs often are. */
export const INPUTS = [
  { name: "normalized", mean: 0, deviation: 1 },
  { name: "pixels 0…1 of MNIST", mean: 0.1307, deviation: 0.3081 },
  { name: "pixels 0…255 of MNIST", mean: 33.32, deviation: 78.57 },
  { name: "year of birth less 1900", mean: 80, deviation: 15 },
] as const;
