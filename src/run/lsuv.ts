/**
 * LSUV: the scheme that measures instead of predicting (Mishkin & Matas 2016, "All you need is a good init", algorithm 1).
 *
 * Every matrix and kernel starts orthonormal. Then, layer by layer in topological order, on one batch: measure the
 * variance of the layer's output over all its elements, divide the weight by the standard deviation, and again until the
 * variance is within the tolerance of 1. The batch runs through the network once; only the layer at hand is run again.
 * The result is a plan whose gains are those measured, so that it is drawn, written and verified like any other.
 */

import { initialize } from "../materialize/index.ts";
import type { Model, Node, Warning } from "../model/types.ts";
import { type Choice, type Plan, type PlanOptions, plan } from "../plan/index.ts";
import { createCompiler } from "./compile.ts";
import type { CustomOperations } from "./custom.ts";
import { type Device, loadJax, type Tensor } from "./jax.ts";
import { lowerModel } from "./lower.ts";
import { randomInputs } from "./measure.ts";
import { momentsOf } from "./statistics.ts";
import { createFeeder, type InputValues } from "./values.ts";

export interface LsuvOptions extends Omit<PlanOptions, "scheme" | "objective" | "distribution" | "chosen"> {
  /** One batch of `model.batch` samples, by input name. Default: normal entries (input mean and variance), uniform tokens. */
  readonly inputs?: InputValues;
  /** What the inputs are, for the reasons: "digits.csv". */
  readonly inputName?: string;
  /** Stream that the orthonormal start is drawn from, as later the plan. Default the library's own. */
  readonly stream?: NonNullable<Parameters<typeof initialize>[1]>["stream"];
  /** Largest |variance − 1| that is left standing. Default 0.01 (the paper's Tol_var is 0.1). */
  readonly tolerance?: number;
  /** Times a layer is measured at most. Default 10 (the paper's T_max). */
  readonly passes?: number;
  readonly device?: Device;
  /** Operations of nodes and activations that the library does not know, by name. */
  readonly operations?: CustomOperations;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between two layers with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What was measured at one layer. */
export interface LsuvLayer {
  readonly weight: string;
  readonly node: string;
  /** Standard deviation of the output as the orthonormal weight left it, and in the end. */
  readonly before: number;
  readonly after: number;
  readonly gain: number;
  /** Times it was measured. */
  readonly passes: number;
}

export interface LsuvPlan extends Plan {
  readonly measured: readonly LsuvLayer[];
}

/**
 * Plans a model by LSUV.
 *
 * Biases stay 0, norm scales 1. A layer whose output is constant on the inputs keeps gain 1 and is named in a warning, as is
 * one that the passes leave outside the tolerance (weights used more than once). Cells (LSTM, GRU, RNN) bound their own
 * output and keep the orthonormal start; so does a matrix that is also a table.
 *
 * Errors: a model without a graph, or one that cannot be run (`run: …`).
 *
 * @example
 * const { measured, tensors } = await planLsuv(model, { seed: 0, inputs: new Map([["input", digits]]) });
 */
export async function planLsuv(model: Model, options: LsuvOptions = {}): Promise<LsuvPlan> {
  if (model.nodes.length === 0)
    throw new Error(
      `lsuv: ${model.name} has no graph to run, got weights alone, choose another scheme such as orthogonal`,
    );
  const { inputs, inputName, tolerance, passes, stream, device, operations, onProgress, signal, ...planOptions } =
    options;
  const start = plan(model, { ...planOptions, scheme: "lsuv" });
  const batch = inputs ?? randomInputs(model, 0, { seed: start.seed, ...planOptions });
  const { layers, warnings } = await scaleInOrder(model, start, batch, options);
  const on = `${inputName ?? inputWords(model, inputs !== undefined)}, ${model.batch} ${model.batch === 1 ? "sample" : "samples"}`;
  const chosen = new Map<string, Choice>();
  for (const { weight, before, after, gain, passes: times } of layers) {
    const tensor = start.tensors.find(({ name }) => name === weight);
    if (tensor?.initializer.kind !== "orthogonal") continue;
    chosen.set(weight, {
      initializer: { ...tensor.initializer, gain },
      why: `LSUV (Mishkin & Matas 2016): orthonormal, then measured on ${on}: output σ ${figure(before)} before, ${figure(after)} after, in ${times} passes, so gain ${figure(gain)}.`,
    });
  }
  const planned = plan(model, { ...planOptions, scheme: "lsuv", chosen });
  return { ...planned, warnings: [...planned.warnings, ...warnings], measured: layers };
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));

function inputWords(model: Model, given: boolean): string {
  if (given) return "the given inputs";
  return model.inputs.some(({ vocabulary }) => vocabulary !== null) ? "uniform tokens" : "random normal inputs";
}

/** The weight of a node whose output is a plain product with it. */
function weightOf(node: Node): string | null {
  return node.kind === "linear" || node.kind === "conv" ? node.weight : null;
}

interface Fit {
  readonly layers: readonly LsuvLayer[];
  readonly warnings: readonly Warning[];
}

async function scaleInOrder(model: Model, start: Plan, inputs: InputValues, options: LsuvOptions): Promise<Fit> {
  const { mode = "train", device = "wasm", onProgress, signal } = options;
  const jax = await loadJax(device);
  const compiler = createCompiler(jax);
  const { tensors } = createFeeder(
    jax,
    model,
    initialize(start, { read: model.read, ...(options.stream === undefined ? {} : { stream: options.stream }) }),
    inputs,
  );
  const operations = lowerModel(model, mode, options.operations);
  const lastUse = new Map<string, number>();
  for (const [i, { operands }] of operations.entries()) for (const name of operands) lastUse.set(name, i);
  const scaled = new Set(
    start.tensors.filter(({ initializer }) => initializer.kind === "orthogonal").map(({ name }) => name),
  );
  const tables = new Set(model.nodes.flatMap((node) => (node.kind === "embedding" ? [node.table] : [])));
  const layers: LsuvLayer[] = [];
  const warnings: Warning[] = [];
  const read = (name: string): Tensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`lsuv: value "${name}" is not there when it is read, sort the nodes`);
    return tensor;
  };
  try {
    for (const [i, operation] of operations.entries()) {
      signal?.throwIfAborted();
      const node = model.nodes[i]!;
      const run = () => compiler.forward(operation, operation.operands.map(read));
      let results = run();
      const weight = weightOf(node);
      if (weight !== null && scaled.has(weight) && !tables.has(weight)) {
        scaled.delete(weight);
        const rescale = (factor: number) => {
          tensors.set(weight, read(weight).mul(factor));
          for (const result of results) result.dispose();
          results = run();
        };
        const layer = await unitVariance(node, weight, () => varianceOf(results[0]), rescale, options);
        if (layer.gain === null) warnings.push(constantOutput(node, weight));
        else {
          layers.push({ ...layer, gain: layer.gain });
          if (!layer.reached) warnings.push(notReached(node, weight, layer.after));
        }
      }
      results.forEach((result, k) => {
        const name = operation.outputs[k];
        if (name === undefined) result.dispose();
        else tensors.set(name, result);
      });
      for (const name of new Set([...operation.operands, ...operation.outputs])) {
        if ((lastUse.get(name) ?? -1) > i) continue;
        tensors.get(name)?.dispose();
        tensors.delete(name);
      }
      onProgress?.(i + 1, operations.length);
    }
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
    compiler.dispose();
  }
  return { layers, warnings };
}

/** A standard deviation this much smaller than the values' own size is rounding (float32 has 24 bits). */
const ROUNDING = 1e-6;

interface Spread {
  readonly variance: number;
  readonly isConstant: boolean;
}

async function varianceOf(output: Tensor | undefined): Promise<Spread> {
  if (output === undefined) return { variance: 0, isConstant: true };
  const data = await output.ref.data();
  const values = data instanceof Float32Array ? data : new Float32Array(data);
  const { mean } = momentsOf(values);
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const variance = squares / values.length;
  const isConstant = !Number.isFinite(variance) || Math.sqrt(variance) <= ROUNDING * Math.abs(mean) || variance === 0;
  return { variance, isConstant };
}

interface Scaled extends Omit<LsuvLayer, "gain"> {
  /** Null where the output is constant. */
  readonly gain: number | null;
  readonly reached: boolean;
}

async function unitVariance(
  node: Node,
  weight: string,
  measure: () => Promise<Spread>,
  rescale: (factor: number) => void,
  { tolerance = 0.01, passes = 10 }: LsuvOptions,
): Promise<Scaled> {
  let gain = 1;
  let before: number | null = null;
  for (let pass = 1; ; pass++) {
    const { variance, isConstant } = await measure();
    const std = Math.sqrt(variance);
    before ??= std;
    const common = { weight, node: node.name, before, after: std, passes: pass };
    if (isConstant) return { ...common, gain: null, reached: false };
    if (Math.abs(variance - 1) <= tolerance) return { ...common, gain, reached: true };
    if (pass >= passes) return { ...common, gain, reached: false };
    rescale(1 / std);
    gain /= std;
  }
}

const constantOutput = (node: Node, weight: string): Warning => ({
  code: "lsuv-constant-output",
  message: `${weight}: its output is the same for every element on these inputs, so there is no variance to scale; it keeps gain 1`,
  where: node.name,
});

const notReached = (node: Node, weight: string, after: number): Warning => ({
  code: "lsuv-not-reached",
  message: `${weight}: output σ is still ${figure(after)} after the last pass`,
  where: node.name,
});
