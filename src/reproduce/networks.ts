/** Networks of the experiments: drawn from a law, run forward and backward, with every layer's signals per draw. */

import { readLine } from "../formats/line/index.ts";
import { type Initializer, sample } from "../init/index.ts";
import type { LinearNode, Model } from "../model/types.ts";
import { createKey, fillNormal, type Seed } from "../random/index.ts";
import { createExecutor, type Weights } from "../run/index.ts";

/** What a weight matrix [out, in] starts as. */
export type MatrixLaw = (fanIn: number, fanOut: number, name: string) => Initializer;

/** U[−1/√n, 1/√n] times a scale: variance scale²/(3n). */
export function rootN(scale = 1): MatrixLaw {
  return (fanIn) => ({ kind: "uniform", low: -scale / Math.sqrt(fanIn), high: scale / Math.sqrt(fanIn) });
}

/** N(0, gain/fan-in): n·Var(w) = gain. */
export function normalOf(gain: number): MatrixLaw {
  return (fanIn) => ({ kind: "normal", mean: 0, std: Math.sqrt(gain / fanIn) });
}

/** Matrices from the law, biases N(0, biasVariance), everything else 0. */
export function drawNetwork(
  model: Model,
  law: MatrixLaw,
  seed: Seed,
  { biasVariance = 0 }: { readonly biasVariance?: number } = {},
): Map<string, Float32Array> {
  const weights = new Map<string, Float32Array>();
  for (const { name, shape, role } of model.parameters.values()) {
    const [fanOut, fanIn] = shape;
    const isMatrix = role === "weight" && shape.length === 2 && fanOut !== undefined && fanIn !== undefined;
    const initializer: Initializer = isMatrix
      ? law(fanIn, fanOut, name)
      : role === "bias" && biasVariance > 0
        ? { kind: "normal", mean: 0, std: Math.sqrt(biasVariance) }
        : { kind: "zeros" };
    weights.set(name, sample(initializer, shape, { seed, name }));
  }
  return weights;
}

/** The linear nodes from input to output. */
export function linearNodes(model: Model): LinearNode[] {
  return model.nodes.filter((node) => node.kind === "linear");
}

export function network(line: string, batch: number): Model {
  return readLine(line, { batch });
}

export function noise(seed: Seed, name: string, length: number): Float32Array {
  const out = new Float32Array(length);
  fillNormal(out, createKey(seed, `epoch0 reproduce: ${name}`), 0, 0, 1);
  return out;
}

export interface LayerSignal {
  /** Mean square of the pre-activation over units and samples. */
  readonly forward: number;
  /** Mean square of ∂L/∂(pre-activation), L = Σ y·g, g ~ N(0, 1). */
  readonly gradient: number;
}

export function meanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum / values.length;
}

export interface SignalOptions {
  readonly law: MatrixLaw;
  readonly draws: number;
  readonly seed: Seed;
  readonly signal?: AbortSignal | undefined;
  readonly onDraw?: ((draw: number) => void) | undefined;
}

/** Signals of every linear layer, draw by draw, on normal inputs: [draw][layer]. */
export async function layerSignals(
  model: Model,
  { law, draws, seed, signal, onDraw }: SignalOptions,
): Promise<LayerSignal[][]> {
  const layers = linearNodes(model).map((node) => node.outputs[0]!);
  const [input] = model.inputs;
  const [output] = model.outputs;
  const executor = await createExecutor(model);
  const size = (name: string) => model.tensors.get(name)!.shape.reduce((total, n) => total * n, 1);
  const rows: LayerSignal[][] = [];
  try {
    for (let draw = 0; draw < draws; draw++) {
      signal?.throwIfAborted();
      const forward = new Map<string, number>();
      const gradient = new Map<string, number>();
      const weights: Weights = drawNetwork(model, law, BigInt(seed) + BigInt(draw));
      await executor.visit(
        weights,
        new Map([[input!.name, noise(seed, `input ${draw}`, size(input!.name))]]),
        new Map([[output!, noise(seed, `cotangent ${draw}`, size(output!))]]),
        {
          value: (name, data) => forward.set(name, meanSquare(data)),
          gradient: (name, data) => gradient.set(name, meanSquare(data)),
        },
      );
      rows.push(layers.map((name) => ({ forward: forward.get(name)!, gradient: gradient.get(name)! })));
      onDraw?.(draw);
    }
  } finally {
    executor.dispose();
  }
  return rows;
}
