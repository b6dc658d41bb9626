/**
 * Runs a model node by node, forward and backward. Nothing is kept longer than somebody needs it, so that the memory
 * is that of the activations, not of the whole derivative.
 */

import type { Model } from "../model/types.ts";
import { type Compiler, createCompiler } from "./compile.ts";
import type { CustomOperations } from "./custom.ts";
import { type Device, type Jax, loadJax, type Tensor } from "./jax.ts";
import { infoOf, isDifferentiable, lowerModel } from "./lower.ts";
import type { Mode, Operation } from "./operation.ts";
import { createFeeder, type InputValues, type Weights } from "./values.ts";

export interface RunOptions {
  /** Which statistics batch normalization takes. Default "train": the batch's own. */
  readonly mode?: Mode;
}

/** Called with each array as soon as it is final; `data` is the caller's to keep. */
export interface Visitor {
  readonly value?: (tensor: string, data: Float32Array) => void;
  readonly gradient?: (tensor: string, data: Float32Array) => void;
  readonly parameterGradient?: (parameter: string, data: Float32Array) => void;
}

export interface ForwardBackward {
  /** Every activation tensor, row-major, in the shape of `model.tensors`. */
  readonly values: Map<string, Float32Array>;
  /** ∂L/∂tensor for every activation tensor that L depends on. */
  readonly gradients: Map<string, Float32Array>;
  readonly parameterGradients: Map<string, Float32Array>;
}

export interface Executor {
  /** Every activation tensor, inputs included, by name. */
  readonly forward: (weights: Weights, inputs: InputValues, options?: RunOptions) => Promise<Map<string, Float32Array>>;
  /** The same with the gradients of L = Σ output · cotangent, one cotangent an output (missing: 0). */
  readonly forwardBackward: (
    weights: Weights,
    inputs: InputValues,
    cotangents: InputValues,
    options?: RunOptions,
  ) => Promise<ForwardBackward>;
  /** The same with nothing kept: `visitor` sees each array once. Without cotangents, forward only. */
  readonly visit: (
    weights: Weights,
    inputs: InputValues,
    cotangents: InputValues | null,
    visitor: Visitor,
    options?: RunOptions,
  ) => Promise<void>;
  /** Frees the compiled programs. */
  readonly dispose: () => void;
}

export interface ExecutorOptions {
  /** Default "wasm". */
  readonly device?: Device;
  /** Operations of nodes and activations that the library does not know, by name. */
  readonly operations?: CustomOperations;
}

/**
 * An executor of the model. Each distinct node (kind, numbers, shapes) is compiled on its first use and reused.
 *
 * - `weights`: a parameter's values in its own shape; missing ones are taken from the file, running statistics
 *   default to mean 0 and variance 1.
 * - `inputs`: by input name, row-major, for `model.batch` samples; token inputs as Int32Array.
 *
 * Errors: `run: …` for an operator that cannot be run, missing or misshapen values, token ids outside the vocabulary.
 *
 * @example
 * const executor = await createExecutor(model);
 * const { gradients } = await executor.forwardBackward(weights, { x }, { y: cotangent });
 * executor.dispose();
 */
export async function createExecutor(
  model: Model,
  { device = "wasm", operations: custom }: ExecutorOptions = {},
): Promise<Executor> {
  const jax = await loadJax(device);
  const compiler = createCompiler(jax);
  const lowered = new Map<Mode, Operation[]>();
  const operations = (mode: Mode): Operation[] => {
    const found = lowered.get(mode) ?? lowerModel(model, mode, custom);
    lowered.set(mode, found);
    return found;
  };

  const visit: Executor["visit"] = async (weights, inputs, cotangents, visitor, { mode = "train" } = {}) => {
    const list = operations(mode);
    const values = createFeeder(jax, model, weights, inputs);
    try {
      await runForward(compiler, model, list, values.tensors, visitor, cotangents === null);
      if (cotangents === null) return;
      const gradients = values.cotangents(cotangents);
      try {
        await runBackward(jax, compiler, model, list, values.tensors, gradients, visitor);
      } finally {
        for (const gradient of gradients.values()) gradient.dispose();
      }
    } finally {
      for (const tensor of values.tensors.values()) tensor.dispose();
    }
  };

  return {
    visit,
    async forward(weights, inputs, options) {
      const values = new Map<string, Float32Array>();
      await visit(weights, inputs, null, { value: (name, data) => values.set(name, data) }, options);
      return values;
    },
    async forwardBackward(weights, inputs, cotangents, options) {
      const [values, gradients, parameterGradients] = [0, 1, 2].map(() => new Map<string, Float32Array>()) as [
        Map<string, Float32Array>,
        Map<string, Float32Array>,
        Map<string, Float32Array>,
      ];
      const visitor: Visitor = {
        value: (name, data) => values.set(name, data),
        gradient: (name, data) => gradients.set(name, data),
        parameterGradient: (name, data) => parameterGradients.set(name, data),
      };
      await visit(weights, inputs, cotangents, visitor, options);
      return { values, gradients, parameterGradients };
    },
    dispose: () => compiler.dispose(),
  };
}

/** Leaves every value that the way back needs in `tensors`; with `forget`, none that no later node reads. */
async function runForward(
  compiler: Compiler,
  model: Model,
  operations: readonly Operation[],
  tensors: Map<string, Tensor>,
  visitor: Visitor,
  forget: boolean,
): Promise<void> {
  const lastUse = new Map<string, number>();
  operations.forEach((operation, i) => {
    for (const name of operation.operands) lastUse.set(name, i);
  });
  for (const input of model.inputs) await show(visitor.value, input.name, tensors.get(input.name));
  for (const [i, operation] of operations.entries()) {
    const results = compiler.forward(operation, gather(operation, tensors));
    for (const [k, result] of results.entries()) {
      const name = operation.outputs[k];
      if (name === undefined) throw new Error(`run: ${operation.key} gave ${results.length} results, name each`);
      tensors.set(name, result);
      await show(visitor.value, name, result);
    }
    if (!forget) continue;
    for (const name of new Set([...operation.operands, ...operation.outputs])) {
      if ((lastUse.get(name) ?? -1) > i) continue;
      tensors.get(name)?.dispose();
      tensors.delete(name);
    }
  }
}

async function runBackward(
  jax: Jax,
  compiler: Compiler,
  model: Model,
  operations: readonly Operation[],
  tensors: Map<string, Tensor>,
  gradients: Map<string, Tensor>,
  visitor: Visitor,
): Promise<void> {
  const firstUse = new Map<string, number>();
  for (let i = operations.length - 1; i >= 0; i--) {
    for (const name of operations[i]!.operands) firstUse.set(name, i);
  }
  const finish = async (name: string) => {
    const gradient = gradients.get(name);
    gradients.delete(name);
    if (gradient === undefined) return;
    await show(model.tensors.has(name) ? visitor.gradient : visitor.parameterGradient, name, gradient);
    gradient.dispose();
  };
  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i]!;
    const reached = operation.outputs.some((name) => gradients.has(name));
    if (reached) {
      const operands = gather(operation, tensors);
      const cotangents = operation.outputs.map(
        (name) => gradients.get(name)?.ref ?? jax.numpy.zeros([...infoOf(model, name).shape]),
      );
      const wanted = operation.operands.map((name) => isDifferentiable(model, name));
      if (wanted.includes(true)) {
        const found = compiler.backward(operation, operands, cotangents, wanted);
        found.forEach((gradient, k) => {
          if (gradient === null) return;
          const name = operation.operands[k]!;
          const sofar = gradients.get(name);
          gradients.set(name, sofar === undefined ? gradient : sofar.add(gradient));
        });
      }
      for (const cotangent of cotangents) cotangent.dispose();
    }
    for (const name of operation.outputs) {
      await finish(name);
      tensors.get(name)?.dispose();
      tensors.delete(name);
    }
    for (const name of new Set(operation.operands)) {
      if (firstUse.get(name) === i && model.parameters.has(name) && !model.tensors.has(name)) await finish(name);
    }
  }
  for (const input of model.inputs) await finish(input.name);
}

function gather(operation: Operation, tensors: ReadonlyMap<string, Tensor>): Tensor[] {
  return operation.operands.map((name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`run: value "${name}" is not there when it is read, sort the nodes`);
    return tensor;
  });
}

async function show(
  visit: ((name: string, data: Float32Array) => void) | undefined,
  name: string,
  tensor: Tensor | undefined,
): Promise<void> {
  if (visit === undefined || tensor === undefined) return;
  const data = await tensor.ref.data();
  visit(name, data instanceof Float32Array ? data : new Float32Array(data));
}
