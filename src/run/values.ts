/** Numbers from the caller, checked against the model and handed to jax-js. */

import type { Model, ModelInput, Parameter } from "../model/types.ts";
import type { Jax, Tensor } from "./jax.ts";
import { product } from "./operation.ts";

/** Values by parameter name, row-major in the parameter's own shape. */
export type Weights = ReadonlyMap<string, Float32Array | Float64Array>;
/** Values by tensor name, row-major; token ids as integers. */
export type InputValues = ReadonlyMap<string, Float32Array | Int32Array>;

export interface Feeder {
  /** Inputs, parameters and constants that nodes read, each owned once. */
  readonly tensors: Map<string, Tensor>;
  readonly cotangents: (values: InputValues) => Map<string, Tensor>;
}

export function createFeeder(jax: Jax, model: Model, weights: Weights, inputs: InputValues): Feeder {
  const tensors = parameterTensors(jax, model, weights);
  for (const input of model.inputs) {
    const values = checkedInput(input, inputs.get(input.name));
    tensors.set(input.name, toTensor(jax, values, input.shape, input.vocabulary !== null || !isReal(input.dtype)));
  }
  for (const [name, constant] of constantTensors(jax, model)) {
    if (tensors.has(name)) constant.dispose();
    else tensors.set(name, constant);
  }
  return {
    tensors,
    cotangents(values) {
      const gradients = new Map<string, Tensor>();
      for (const output of new Set(model.outputs)) {
        const data = values.get(output);
        const shape = model.tensors.get(output)?.shape;
        if (data === undefined || shape === undefined) continue;
        expectLength(`cotangent of ${output}`, data.length, shape);
        gradients.set(output, toTensor(jax, data, shape, false));
      }
      return gradients;
    },
  };
}

/** The parameters that nodes read: given, from the file, or fresh running statistics. */
export function parameterTensors(jax: Jax, model: Model, weights: Weights): Map<string, Tensor> {
  const used = new Set(model.nodes.flatMap(valueNames));
  const tensors = new Map<string, Tensor>();
  for (const parameter of model.parameters.values()) {
    if (!used.has(parameter.name) || model.tensors.has(parameter.name)) continue;
    tensors.set(parameter.name, toTensor(jax, checkedParameter(model, parameter, weights), parameter.shape, false));
  }
  return tensors;
}

/** The constants that nodes read. */
export function constantTensors(jax: Jax, model: Model): Map<string, Tensor> {
  const used = new Set(model.nodes.flatMap(valueNames));
  const tensors = new Map<string, Tensor>();
  for (const [name, { values, shape, dtype }] of model.constants) {
    if (!used.has(name) || model.tensors.has(name) || model.parameters.has(name)) continue;
    tensors.set(name, toTensor(jax, values, shape, isIndex(dtype)));
  }
  return tensors;
}

/** Every string in a node that may name a value; names of other things do no harm, they name no value. */
function valueNames(node: object): string[] {
  const found: string[] = [];
  const walk = (item: unknown) => {
    if (typeof item === "string") found.push(item);
    else if (Array.isArray(item)) item.forEach(walk);
    else if (item !== null && typeof item === "object") Object.values(item).forEach(walk);
  };
  walk(node);
  return found;
}

const asIntegers = (values: ArrayLike<number>) => (values instanceof Int32Array ? values : new Int32Array(values));
const asReals = (values: ArrayLike<number>) => (values instanceof Float32Array ? values : new Float32Array(values));

/** Copies the values once, into the device's memory. */
export function toTensor(jax: Jax, values: ArrayLike<number>, shape: readonly number[], integers: boolean): Tensor {
  const data = integers ? asIntegers(values) : asReals(values);
  return jax.numpy.array(data, {
    shape: [...shape],
    dtype: integers ? jax.numpy.int32 : jax.numpy.float32,
  });
}

function checkedInput(input: ModelInput, values: Float32Array | Int32Array | undefined): Float32Array | Int32Array {
  if (values === undefined) throw new Error(`run: input "${input.name}" has no values, give [${input.shape}]`);
  expectLength(`input "${input.name}"`, values.length, input.shape);
  const { vocabulary } = input;
  if (vocabulary !== null) {
    const bad = values.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
    if (bad !== undefined) {
      throw new Error(`run: token id of "${input.name}" is out of range, got ${bad}, use 0 … ${vocabulary - 1}`);
    }
  }
  return values;
}

function checkedParameter(model: Model, parameter: Parameter, weights: Weights): ArrayLike<number> {
  const { name, shape } = parameter;
  const values = weights.get(name) ?? model.read(name) ?? untouchedStatistic(parameter);
  if (values === null) throw new Error(`run: parameter "${name}" has no values, give [${shape}]`);
  expectLength(`parameter "${name}"`, values.length, shape);
  return values;
}

/** Running statistics before the first step: variance 1, mean 0 (PyTorch, Keras, Flax). */
function untouchedStatistic(parameter: Parameter): Float32Array | null {
  if (parameter.role !== "statistic") return null;
  return new Float32Array(product(parameter.shape)).fill(/var/i.test(parameter.name) ? 1 : 0);
}

function expectLength(what: string, length: number, shape: readonly number[]): void {
  const needed = product(shape);
  if (length !== needed) throw new Error(`run: ${what} has ${length} values, give ${needed} for [${shape}]`);
}

export function isReal(dtype: string): boolean {
  return dtype.startsWith("f") || dtype === "bf16";
}

function isIndex(dtype: string): boolean {
  return /^[iu]\d/.test(dtype);
}
