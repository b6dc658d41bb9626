/** Where the hidden units of a network sit on their curve, before training. */

import { activationByName } from "../activation/index.ts";
import type { Model } from "../model/types.ts";
import { createExecutor, type Weights } from "../run/index.ts";
import type { DigitSamples } from "./data.ts";

export interface Slopes {
  /** Share of (unit, sample) whose slope is under 1/20 of the largest. */
  readonly saturated: number;
  /** Mean of the slope over the largest: 1 at the origin of a logistic unit. */
  readonly mean: number;
}

/** Slopes of all hidden logistic units on the first `model.batch` rows, for each set of weights. */
export async function hiddenSlopes(
  model: Model,
  data: DigitSamples,
  draws: readonly Weights[],
): Promise<readonly Slopes[]> {
  const logistic = activationByName("logistic");
  const executor = await createExecutor(model);
  const [input] = model.inputs;
  const width = input!.shape.reduce((total, size) => total * size, 1);
  const inputs = new Map([[input!.name, data.inputs.slice(0, width)]]);
  const found: Slopes[] = [];
  try {
    for (const weights of draws) {
      const values = await executor.forward(weights, inputs, { mode: "train" });
      let [flat, sum, count] = [0, 0, 0];
      for (const node of model.nodes) {
        if (node.kind !== "activation") continue;
        for (const z of values.get(node.inputs[0]!)!) {
          const slope = logistic.derivative(z) / logistic.steepest;
          if (slope < 1 / 20) flat++;
          sum += slope;
          count++;
        }
      }
      found.push({ saturated: flat / count, mean: sum / count });
    }
  } finally {
    executor.dispose();
  }
  return found;
}
