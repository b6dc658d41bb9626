/** Looking inside a network while it trains: signals, slopes, updates and the units' differences, layer by layer. */

import { type Activation, resolveActivation } from "../../activation/index.ts";
import type { ActivationNode, Model, Node } from "../../model/types.ts";
import { followingActivation, indexGraph } from "../../plan/index.ts";
import { createExecutor } from "../executor.ts";
import { loadJax } from "../jax.ts";
import { momentsOf } from "../statistics.ts";
import { toTensor, type Weights } from "../values.ts";
import { chunks } from "./batches.ts";
import { headOf } from "./head.ts";
import { layoutOf } from "./layout.ts";
import { crossEntropy, squaredError } from "./objective.ts";
import type { Samples, TrainerOptions } from "./types.ts";
import { type Units, unitsOf } from "./units.ts";

export interface LayerProbe {
  readonly weight: string;
  readonly node: string;
  /** Mean square of the pre-activation, and of what the following activation makes of it (null without one). */
  readonly output: number;
  readonly activation: number | null;
  /** Mean square of ∂loss/∂pre-activation, of the mean loss over the batch. */
  readonly gradient: number;
  /** Mean square of ∂loss/∂weight. */
  readonly weightGradient: number;
  /** Share of (unit, sample) where |φ'| is below 1/20 of its largest, and where it is 0; null without an activation. */
  readonly saturated: number | null;
  readonly dead: number | null;
  /** ‖Δw‖ / ‖w‖ of this step; Infinity where weights leave 0. */
  readonly update: number;
  /** Of the weight before the step; units are its outputs. */
  readonly units: Units;
}

export interface ProbeReport {
  readonly step: number;
  readonly loss: number;
  readonly layers: readonly LayerProbe[];
}

interface Seen {
  readonly loss: number;
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly parameterGradients: ReadonlyMap<string, Float32Array>;
}

export interface Probe {
  readonly look: (weights: Weights, data: Samples) => Promise<Seen>;
  readonly report: (step: number, before: Weights, after: Weights, seen: Seen) => ProbeReport;
  readonly dispose: () => void;
}

interface Layer {
  readonly weight: string;
  readonly node: Node;
  readonly tensor: string;
  readonly activation: ActivationNode | null;
}

/** A probe of the model's weighted layers. It looks at the first `model.batch` rows that it is given, and drops nothing. */
export async function createProbe(model: Model, options: Omit<TrainerOptions, "weights">): Promise<Probe> {
  const jax = await loadJax(options.device);
  const head = headOf(model, options.loss);
  const { device, operations } = options;
  const executor = await createExecutor(head.model, { device, operations });
  const layout = layoutOf(model, head);
  const layers = layersOf(model);
  const run = { mode: options.mode ?? "train" } as const;
  return {
    async look(weights, data) {
      const labelled = data.targets instanceof Int32Array;
      const [chunk] = chunks(data, layout);
      if (chunk === undefined) throw new Error("train: a probe needs a sample or more, got none");
      const inputs = new Map(layout.inputs.map(({ name }, i) => [name, chunk.inputs[i]!]));
      const output = (await executor.forward(weights, inputs, run)).get(head.value);
      const objective = options.loss === "cross-entropy" ? crossEntropy(jax, head) : squaredError(jax, head, labelled);
      const tensors = [
        toTensor(jax, output ?? [], head.shape, false),
        toTensor(jax, chunk.targets, labelled ? [chunk.targets.length] : head.shape, labelled),
        toTensor(jax, chunk.weights, [chunk.weights.length], false),
      ] as const;
      const { loss, right, cotangent } = objective(...tensors);
      right.dispose();
      for (const tensor of tensors) tensor.dispose();
      const cotangents = new Map([[head.value, Float32Array.from(await cotangent.data())]]);
      const seen = await executor.forwardBackward(weights, inputs, cotangents, run);
      return { loss: (await loss.data())[0]!, ...seen };
    },
    report: (step, before, after, seen) => ({
      step,
      loss: seen.loss,
      layers: layers.map((layer) => layerProbe(model, layer, before, after, seen)),
    }),
    dispose: () => executor.dispose(),
  };
}

function layersOf(model: Model): Layer[] {
  const graph = indexGraph(model);
  return model.nodes.flatMap((node) => {
    const weight = node.kind === "linear" || node.kind === "conv" ? node.weight : null;
    const [tensor] = node.outputs;
    if (weight === null || tensor === undefined) return [];
    return [{ weight, node, tensor, activation: followingActivation(graph, tensor) }];
  });
}

function layerProbe(model: Model, layer: Layer, before: Weights, after: Weights, seen: Seen): LayerProbe {
  const { weight, node, tensor } = layer;
  const square = (data: Float32Array | undefined) => (data === undefined ? 0 : momentsOf(data).secondMoment);
  const [old, now] = [before.get(weight), after.get(weight)];
  const made = layer.activation?.outputs[0];
  const into = layer.activation?.inputs[0];
  const z = into === undefined ? undefined : seen.values.get(into);
  return {
    weight,
    node: node.name,
    output: square(seen.values.get(tensor)),
    activation: made === undefined ? null : square(seen.values.get(made)),
    gradient: square(seen.gradients.get(tensor)),
    weightGradient: square(seen.parameterGradients.get(weight)),
    ...(layer.activation === null || z === undefined
      ? { saturated: null, dead: null }
      : slopes(resolveActivation(layer.activation.activation), z)),
    update: old === undefined || now === undefined ? 0 : relativeChange(old, now),
    units: unitsOf(old ?? new Float32Array(0), model.parameters.get(weight)?.shape ?? [0], outFirst(node)),
  };
}

function outFirst(node: Node): boolean {
  if (node.kind === "conv") return !node.transposed;
  return node.kind === "linear" && node.layout === "out-in";
}

/** As in the prediction (`saturation`). */
function slopes(activation: Activation, z: Float32Array): { saturated: number; dead: number } {
  const limit = activation.steepest / 20;
  let [saturated, dead] = [0, 0];
  for (const x of z) {
    const slope = Math.abs(activation.derivative(x));
    if (slope < limit || activation.steepest === 0) saturated++;
    if (slope === 0) dead++;
  }
  return { saturated: saturated / z.length, dead: dead / z.length };
}

function relativeChange(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let [moved, size] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    moved += (after[i]! - before[i]!) ** 2;
    size += before[i]! ** 2;
  }
  return moved === 0 ? 0 : Math.sqrt(moved / size);
}
