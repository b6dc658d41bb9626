/** The signals that the file's own weights make of the rows of a data file, measured by running the network. */

import { type Activation, resolveActivation } from "../../activation/index.ts";
import { draw } from "../../init/index.ts";
import type { ActivationNode, Model, ModelInput } from "../../model/types.ts";
import type { PlannedTensor } from "../../plan/types.ts";
import type { Usages } from "../../plan/usage/types.ts";
import { createExecutor, type Mode } from "../../run/index.ts";
import { normalNoise } from "../../run/noise.ts";
import { batchOf, type Rows, type Scaling } from "../data.ts";
import { canSaturate, directActivation, directPath } from "./activation.ts";
import type { DeadUnits, LayerSignal, Signals } from "./types.ts";

export interface MeasureOptions {
  readonly rows: Rows;
  readonly input: ModelInput;
  /** What the rows are normalized by first: mean 0 and standard deviation 1 leave them as they are. */
  readonly scaling: Scaling;
  readonly mended: ReadonlyMap<string, PlannedTensor>;
  readonly seed: number;
  readonly mode: Mode;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** Batches run forward to see which units ever move; only the first goes backward too. */
const MOST_BATCHES = 8;

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

interface Moments {
  mean: number;
  secondMoment: number;
  /** E[a a'] over pairs of samples of the batch. */
  common: number;
}

/** Over a batch of `samples`: Σ_{s≠s'} x_s x_s' = (Σ_s x_s)² − Σ_s x_s², element by element. */
function momentsOf(data: Float32Array, samples: number): Moments {
  const size = data.length / samples;
  let [sum, squares, pairs] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    let [own, square] = [0, 0];
    for (let s = 0; s < samples; s++) {
      const x = data[s * size + i]!;
      own += x;
      square += x * x;
    }
    sum += own;
    squares += square;
    pairs += own * own - square;
  }
  const count = data.length;
  return {
    mean: sum / count,
    secondMoment: squares / count,
    common: samples > 1 ? pairs / (count * (samples - 1)) : 0,
  };
}

interface Slopes {
  total: number;
  flat: number;
  slow: number;
}

interface Watched {
  readonly weight: string;
  readonly node: string;
  readonly cause: string;
  readonly activation: Activation;
  readonly moved: Uint8Array;
}

function countSlopes(activation: Activation, data: Float32Array): Slopes {
  const limit = activation.steepest / 20;
  let [flat, slow] = [0, 0];
  for (const x of data) {
    const slope = Math.abs(activation.derivative(x));
    if (slope === 0) flat++;
    if (slope < limit) slow++;
  }
  return { total: data.length, flat, slow };
}

/** Units are channels (axis 1) behind a convolution, the last axis behind a dense layer. */
function markMoved(watched: Watched, data: Float32Array, shape: readonly number[], channels: boolean): void {
  const { moved, activation } = watched;
  const inner = channels ? elements(shape.slice(2)) : 1;
  const units = moved.length;
  for (let i = 0; i < data.length; i++) {
    const unit = Math.floor(i / inner) % units;
    if (moved[unit] === 0 && activation.derivative(data[i]!) !== 0) moved[unit] = 1;
  }
}

function drawn(mended: ReadonlyMap<string, PlannedTensor>, seed: number): Map<string, Float32Array> {
  return new Map(
    [...mended].map(([name, { initializer, shape }]) => [
      name,
      draw(initializer, { seed, name, shape, start: 0, length: elements(shape) }),
    ]),
  );
}

/** Activations whose units can die, by the tensor that goes into them. */
function watchedOf(model: Model, usages: Usages): Map<string, Watched> {
  const found = new Map<string, Watched>();
  for (const { node, output, part, parameter } of usages.byName.values()) {
    if (part !== "weight" || output === null || (node?.kind !== "linear" && node?.kind !== "conv")) continue;
    const path = directPath(usages.graph, output);
    const into = path?.activation.inputs[0];
    if (!path || into === undefined || path.activation.slope !== null) continue;
    const shape = model.tensors.get(into)?.shape ?? [];
    const units = (node.kind === "conv" ? shape[1] : shape.at(-1)) ?? 0;
    found.set(into, {
      weight: parameter.name,
      node: node.name,
      cause: path.normalize?.shift ?? node.bias ?? parameter.name,
      activation: resolveActivation(path.activation.activation),
      moved: new Uint8Array(units),
    });
  }
  return found;
}

/**
 * Runs up to eight batches of `model.batch` rows forward, the first backward too (L = Σ y·g, g ~ N(0, 1)).
 *
 * @throws `run: …` where the model cannot be run
 */
export async function measureSignals(model: Model, usages: Usages, options: MeasureOptions): Promise<Signals> {
  const { rows, input, scaling, seed, mode, signal, onProgress } = options;
  const batches = Math.max(1, Math.min(MOST_BATCHES, Math.floor(rows.count / model.batch)));
  const weights = drawn(options.mended, seed);
  const watched = watchedOf(model, usages);
  const [moments, gradients, weightGradients, slopes] = [
    new Map<string, Moments>(),
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, Slopes>(),
  ];
  const activations = new Map<string, Activation>();
  for (const node of model.nodes)
    if (node.kind === "activation" && node.slope === null)
      activations.set(node.inputs[0] ?? "", resolveActivation(node.activation));
  const samples = model.batch;
  const square = (data: Float32Array) => data.reduce((total, value) => total + value * value, 0) / samples;
  const executor = await createExecutor(model);
  try {
    for (let index = 0; index < batches; index++) {
      signal?.throwIfAborted();
      const inputs = new Map([[input.name, batchOf(rows, samples, index, scaling)]]);
      const first = index === 0;
      const cotangents = new Map(
        model.outputs.map((name) => [
          name,
          normalNoise(seed, `check ${name}`, elements(model.tensors.get(name)?.shape ?? []), 0, 1),
        ]),
      );
      await executor.visit(
        weights,
        inputs,
        first ? cotangents : null,
        {
          value(name, data) {
            if (first) moments.set(name, momentsOf(data, samples));
            const activation = activations.get(name);
            if (first && activation) slopes.set(name, countSlopes(activation, data));
            const unit = watched.get(name);
            const shape = model.tensors.get(name)?.shape ?? [];
            if (unit) markMoved(unit, data, shape, usages.byName.get(unit.weight)?.node?.kind === "conv");
          },
          gradient: (name, data) => gradients.set(name, square(data)),
          parameterGradient: (name, data) => weightGradients.set(name, square(data)),
        },
        { mode },
      );
      onProgress?.((index + 1) / batches);
    }
  } finally {
    executor.dispose();
  }
  const layers = layersOf(model, usages, { moments, gradients, weightGradients, slopes });
  const outputs = new Map(
    model.outputs.map((tensor) => [tensor, { tensor, secondMoment: moments.get(tensor)?.secondMoment ?? Number.NaN }]),
  );
  const into = moments.get(input.name)?.secondMoment ?? 1;
  return { source: "measured", layers, dead: deadOf(watched), outputs, input: into };
}

function deadOf(watched: ReadonlyMap<string, Watched>): DeadUnits[] {
  return [...watched.values()].map(({ weight, node, cause, activation, moved }) => {
    const still = moved.reduce((count, mark) => count + (mark === 0 ? 1 : 0), 0);
    return { weight, node, cause, activation: activation.label, units: moved.length, dead: still, stuck: still };
  });
}

interface Seen {
  readonly moments: ReadonlyMap<string, Moments>;
  readonly gradients: ReadonlyMap<string, number>;
  readonly weightGradients: ReadonlyMap<string, number>;
  readonly slopes: ReadonlyMap<string, Slopes>;
}

function layersOf(model: Model, usages: Usages, seen: Seen): LayerSignal[] {
  return [...model.nodes].flatMap((node): LayerSignal[] => {
    const weight = node.kind === "linear" || node.kind === "conv" ? node.weight : null;
    const tensor = node.outputs[0];
    const moments = tensor === undefined ? undefined : seen.moments.get(tensor);
    if (weight === null || tensor === undefined || moments === undefined) return [];
    const activation: ActivationNode | null = directActivation(usages.graph, tensor);
    const resolved = activation ? resolveActivation(activation.activation) : null;
    const slopes = activation ? seen.slopes.get(activation.inputs[0] ?? "") : undefined;
    return [
      {
        weight,
        node: node.name,
        tensor,
        mean: moments.mean,
        secondMoment: moments.secondMoment,
        distinct: Math.max(0, moments.secondMoment - moments.common),
        gradient: seen.gradients.get(tensor) ?? 0,
        weightGradient: seen.weightGradients.get(weight) ?? 0,
        activation: activation && resolved ? { label: resolved.label, reference: activation.activation } : null,
        saturated: slopes && resolved && canSaturate(resolved) ? (slopes.slow - slopes.flat) / slopes.total : null,
      },
    ];
  });
}
