/** A plan for a TF.js model, drawn into it. */

import { readKeras, toKeras } from "../../formats/keras/index.ts";
import { initialize, type StreamName } from "../../materialize/index.ts";
import { plan as makePlan, type PlanOptions } from "../../plan/index.ts";
import type { Plan } from "../../plan/types.ts";
import { randomSeed } from "../seed.ts";
import type { LayersModel, LayerVariable, TensorFlow } from "./types.ts";

export interface ApplyInitOptions extends PlanOptions {
  /** Samples that batch statistics are taken over. Default 32. */
  readonly batch?: number;
  /** Whose numbers. Default "epoch0". */
  readonly stream?: StreamName;
}

export interface Applied {
  readonly plan: Plan;
  /** Variables that were not touched: those of layers that are not understood. */
  readonly kept: readonly string[];
}

interface Writable extends LayerVariable {
  readonly write: (tensor: { dispose(): void }) => unknown;
}

const isWritable = (variable: LayerVariable): variable is Writable =>
  "write" in variable && typeof variable.write === "function";

/**
 * Chooses every weight's distribution for this model, draws it and writes it into the model.
 *
 * @param tf the namespace of `@tensorflow/tfjs`.
 * @param model a built `tf.LayersModel`, sequential or functional.
 * @param options of `plan`: scheme (default "auto"), seed, …
 * @throws FormatError naming the layer that cannot be; what `plan` throws for a scheme that does not fit.
 * @example
 * const { plan } = applyInit(tf, model, { scheme: "auto", seed: 0 });
 * console.log(plan.tensors[0]?.why);
 */
export function applyInit(
  tf: TensorFlow,
  model: LayersModel,
  { batch = 32, stream = "epoch0", seed = randomSeed(), ...options }: ApplyInitOptions = {},
): Applied {
  const shapes = new Map(model.weights.map(({ name, shape }) => [name, shape.map((size) => size ?? 1)]));
  // Through text: what TF.js leaves undefined is absent, as in a file.
  const json = JSON.parse(JSON.stringify(model.toJSON(null, false)));
  const { model: graph, layouts } = readKeras(json, { name: model.name, batch, format: "tfjs", shapes });
  const plan = makePlan(graph, { ...options, seed });
  const values = initialize(plan, { seed, stream });
  const kept: string[] = [];
  for (const variable of model.weights) {
    const drawn = values.get(variable.name);
    const layout = layouts.get(variable.name);
    if (drawn === undefined || layout === undefined || !isWritable(variable)) {
      kept.push(variable.name);
      continue;
    }
    const tensor = tf.tensor(toKeras(drawn, layout), [...layout.storedShape], "float32");
    variable.write(tensor);
    tensor.dispose();
  }
  return { plan, kept };
}
