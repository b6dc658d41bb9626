/**
 * One draw of a line of dense layers, forward and backward: the same inputs, loss and means as `run`'s `measureSignals`
 * (test/lab compares), in plain loops that start at once and can be left between two layers.
 *
 * L = Σ y·g, g ~ N(0, 1), over a batch of N(0, 1) inputs; a gradient's mean square is of one sample.
 */

import { resolveActivation } from "../../../src/activation/index.ts";
import type { Model } from "../../../src/model/types.ts";
import { normalNoise } from "../../../src/run/noise.ts";
import { linearBackward, linearForward, normalizeBackward, normalizeForward } from "./layers.ts";

export interface DrawResult {
  /** Mean square of each dense layer's output, and of the loss's derivative by it. */
  readonly forward: Float64Array;
  readonly gradient: Float64Array;
  /** A number an activation: share of its inputs with under 1/20 of the steepest slope, and with slope 0 (DESIGN 6.2). */
  readonly saturated: Float64Array;
  readonly dead: Float64Array;
  /** Each activation's values. */
  readonly activations: readonly Float32Array[];
}

export interface DrawOptions {
  readonly seed: number;
  readonly draw: number;
  readonly breathe: () => Promise<void>;
}

/** How long the worker is deaf at most, about. */
const BREATH_MS = 12;

const meanSquare = (values: Float32Array) => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum / values.length;
};

export async function measureDraw(
  model: Model,
  weights: ReadonlyMap<string, Float32Array>,
  { seed, draw, breathe }: DrawOptions,
): Promise<DrawResult> {
  const { batch } = model;
  const size = (tensor: string) =>
    (model.tensors.get(tensor)?.shape ?? []).reduce((product, axis) => product * axis, 1);
  const values = new Map<string, Float32Array>();
  const gradients = new Map<string, Float32Array>();
  for (const { name } of model.inputs) values.set(name, normalNoise(seed, `input ${draw} ${name}`, size(name), 0, 1));
  const tensorOf = (name: string) => values.get(name)!;
  const weightOf = (name: string | null) => (name === null ? null : (weights.get(name) ?? null));
  let last = performance.now();
  const pause = async () => {
    if (performance.now() - last < BREATH_MS) return;
    await breathe();
    last = performance.now();
  };

  const saturated: number[] = [];
  const dead: number[] = [];
  const activations: Float32Array[] = [];
  const forward: number[] = [];
  for (const node of model.nodes) {
    await pause();
    const [input = "", other = ""] = node.inputs;
    const output = node.outputs[0]!;
    const x = tensorOf(input);
    if (node.kind === "linear") {
      const y = linearForward(x, weights.get(node.weight)!, weightOf(node.bias), batch);
      values.set(output, y);
      forward.push(meanSquare(y));
    } else if (node.kind === "activation") {
      const { value, derivative, steepest } = resolveActivation(node.activation);
      const y = new Float32Array(x.length);
      let [still, flat] = [0, 0];
      for (let i = 0; i < x.length; i++) {
        y[i] = value(x[i]!);
        const slope = Math.abs(derivative(x[i]!));
        if (slope < steepest / 20) still++;
        if (slope === 0) flat++;
      }
      values.set(output, y);
      activations.push(y);
      saturated.push(still / x.length);
      dead.push(flat / x.length);
    } else if (node.kind === "normalize") {
      values.set(output, normalizeForward(x, node.method, batch, node.epsilon));
    } else if (node.kind === "combine" && node.operation === "add") {
      values.set(
        output,
        x.map((value, i) => value + tensorOf(other)[i]!),
      );
    } else throw new Error(`lab: the network pass has no ${node.kind}`);
  }

  const add = (name: string, gradient: Float32Array) => {
    const known = gradients.get(name);
    if (known === undefined) gradients.set(name, gradient);
    else for (let i = 0; i < known.length; i++) known[i]! += gradient[i]!;
  };
  const [output = ""] = model.outputs;
  add(output, normalNoise(seed, `cotangent ${draw} ${output}`, size(output), 0, 1));
  const gradient: number[] = [];
  for (const node of [...model.nodes].reverse()) {
    await pause();
    const name = node.outputs[0]!;
    const [input = "", other = ""] = node.inputs;
    const dy = gradients.get(name)!;
    gradients.delete(name);
    if (node.kind === "linear") {
      gradient.push(meanSquare(dy));
      add(input, linearBackward(dy, weights.get(node.weight)!, batch));
    } else if (node.kind === "activation") {
      const { derivative } = resolveActivation(node.activation);
      add(
        input,
        tensorOf(input).map((x, i) => derivative(x) * dy[i]!),
      );
    } else if (node.kind === "normalize") {
      add(input, normalizeBackward(dy, tensorOf(input), node.method, batch, node.epsilon));
    } else {
      // A branch and the skip each own their sum.
      add(input, dy.slice());
      add(other, dy);
    }
  }
  return {
    forward: Float64Array.from(forward),
    gradient: Float64Array.from(gradient.reverse()),
    saturated: Float64Array.from(saturated),
    dead: Float64Array.from(dead),
    activations,
  };
}
