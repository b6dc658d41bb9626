/** What the lowering of one graph knows and collects. */

import type { Expression } from "../../activation/expression.ts";
import type { Constant, Dtype, Node, Note, Parameter, TensorInfo, Unsupported } from "../../model/types.ts";
import type { ProtoNode } from "./proto.ts";
import { broadcastShapes, NotUnderstood, sameShape } from "./shape.ts";

/** A parameter seen through transpositions: value axis i is the parameter's axis permutation[i]. */
export interface ParameterView {
  readonly name: string;
  readonly permutation: readonly number[];
}

/** One named value of the file's graph, as far as it is known. */
export interface Value extends TensorInfo {
  /** Its name in the model (a parameter's own name may differ from the file's). */
  readonly name: string;
  /** Numbers known when reading; decoded on the first call. Null for what depends on inputs or parameters. */
  readonly constant: (() => Float64Array) | null;
  readonly parameter: ParameterView | null;
}

export interface Context {
  readonly opset: number;
  readonly values: Map<string, Value>;
  readonly parameters: Map<string, Parameter>;
  readonly constants: Map<string, Constant>;
  readonly tensors: Map<string, TensorInfo>;
  readonly nodes: Node[];
  /** The emitted node behind each value. */
  readonly producers: Map<string, Node>;
  readonly notes: Note[];
  readonly unsupported: Unsupported[];
  /** Names that are taken, each with the number last put behind it. */
  readonly usedNames: Map<string, number>;
  /** Elements that folding may still allocate. */
  foldBudget: number;
  readonly batch: number;
}

/** A node of the file on its way through: its inputs as values, its attributes by name with defaults. */
export interface Operation {
  readonly node: ProtoNode;
  readonly name: string;
  readonly op: string;
  /** Missing optional inputs are null. */
  readonly inputs: readonly (Value | null)[];
  readonly context: Context;
}

export type Lower = (operation: Operation) => void;

export function intAttribute(operation: Operation, name: string, fallback: number): number {
  return operation.node.attributes.get(name)?.int ?? fallback;
}

export function floatAttribute(operation: Operation, name: string, fallback: number): number {
  return operation.node.attributes.get(name)?.float ?? fallback;
}

export function textAttribute(operation: Operation, name: string, fallback: string): string {
  return operation.node.attributes.get(name)?.text ?? fallback;
}

export function intsAttribute(operation: Operation, name: string): readonly number[] | null {
  const attribute = operation.node.attributes.get(name);
  return attribute ? attribute.ints : null;
}

/** The value of a required input. */
export function input(operation: Operation, index: number): Value {
  const value = operation.inputs[index];
  if (!value) throw new NotUnderstood(`input ${index} is missing`);
  return value;
}

export function optional(operation: Operation, index: number): Value | null {
  return operation.inputs[index] ?? null;
}

/** Numbers of an input that must be known when reading (shapes, axes, bounds); null where the input is absent. */
export function knownNumbers(operation: Operation, index: number): number[] | null {
  const value = optional(operation, index);
  if (!value) return null;
  if (!value.constant) throw new NotUnderstood(`input ${index} (${value.name}) must be known when the file is read`);
  return Array.from(value.constant());
}

/** A list given as an attribute by old operator sets and as an input by new ones. */
export function listOf(operation: Operation, attribute: string, index: number): number[] | null {
  const ints = intsAttribute(operation, attribute);
  return ints ? [...ints] : knownNumbers(operation, index);
}

/** The one number of a constant with a single element; null otherwise. */
export function scalarOf(value: Value | null): number | null {
  if (!value?.constant) return null;
  for (const dim of value.shape) if (dim !== 1) return null;
  return value.constant()[0];
}

/** The one number that a constant repeats, so that next to a tensor of `shape` it is a scalar; null otherwise. */
export function repeatedNumber(value: Value | null, shape: readonly number[]): number | null {
  if (!value?.constant || !sameShape(broadcastShapes(value.shape, shape), shape)) return null;
  const values = value.constant();
  return values.length > 0 && values.every((v) => v === values[0]) ? values[0] : null;
}

export function outputName(operation: Operation, index = 0): string {
  return operation.node.outputs[index] ?? "";
}

/** Registers a value that flows, under the file's name. */
export function define(context: Context, name: string, shape: readonly number[], dtype: Dtype): Value {
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) throw new NotUnderstood(`its output would have the shape [${shape}]`);
  }
  const value: Value = { name, shape, dtype, constant: null, parameter: null };
  context.values.set(name, value);
  context.tensors.set(name, { shape, dtype });
  return value;
}

/** `wanted`, or with a number behind it where it is taken; the count goes on where it stopped, so that many are cheap. */
export function uniqueName(context: Pick<Context, "usedNames">, wanted: string): string {
  const { usedNames } = context;
  let count = usedNames.get(wanted) ?? 0;
  let name = wanted;
  while (usedNames.has(name)) name = `${wanted}_${++count}`;
  usedNames.set(wanted, count);
  usedNames.set(name, usedNames.get(name) ?? 0);
  return name;
}

/** A name in the model for a value used as an operand; constants are entered in the model's table. */
export function operand(context: Context, value: Value): string {
  if (value.constant && !context.constants.has(value.name)) {
    context.constants.set(value.name, { shape: value.shape, dtype: value.dtype, values: value.constant() });
  }
  return value.name;
}

export function addConstant(
  context: Context,
  wanted: string,
  shape: readonly number[],
  dtype: Dtype,
  values: Float64Array,
): Value {
  const name = uniqueName(context, wanted);
  context.constants.set(name, { shape, dtype, values });
  return { name, shape, dtype, constant: () => values, parameter: null };
}

/** The name of the parameter that a value is, untransposed; null for anything else. */
export function wholeParameter(value: Value | null): string | null {
  const view = value?.parameter;
  return view?.permutation.every((axis, i) => axis === i) ? view.name : null;
}

/** Emits one elementwise function of a tensor; `dtype`: of the result, where it is another than the tensor's. */
export function emitFunction(operation: Operation, x: Value, expression: Expression, dtype: Dtype = x.dtype): void {
  const { context } = operation;
  context.nodes.push({
    kind: "activation",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    activation: { kind: "expression", expression },
    slope: null,
  });
  define(context, outputName(operation), x.shape, dtype);
}
