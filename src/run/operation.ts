/** What lowering makes of a graph node: a pure function of arrays that jax-js can trace, differentiate and compile. */

import type { Constant, Node, TensorInfo } from "../model/types.ts";
import type { CustomOperations } from "./custom.ts";
import type { Jax, Tensor } from "./jax.ts";

export type Mode = "train" | "eval";

/**
 * `forward` and `backward` borrow their arguments (they take `.ref` of what they use) and give their results away.
 * Operations with equal `key` and equal operand shapes are the same function, so they are compiled once.
 */
export interface Operation {
  readonly key: string;
  /** Value names: activations, parameters or constants, in the order of the arguments. */
  readonly operands: readonly string[];
  /** Value names, one a result. */
  readonly outputs: readonly string[];
  readonly forward: (jax: Jax, operands: readonly Tensor[]) => Tensor[];
  /**
   * Cotangents of the results to cotangents of the operands (null where `wanted` is false). Without it, the
   * vector-Jacobian product of `forward` is taken.
   */
  readonly backward?: (
    jax: Jax,
    operands: readonly Tensor[],
    cotangents: readonly Tensor[],
    wanted: readonly boolean[],
  ) => (Tensor | null)[];
  /** The operation compiles its own stages; compiling it as a whole would be slower to start or to run. */
  readonly staged?: boolean;
}

/** What a lowering may look up: shapes, constants, and which statistics normalization takes. */
export interface LoweringContext {
  readonly operations?: CustomOperations;
  readonly mode: Mode;
  readonly info: (value: string) => TensorInfo;
  readonly constant: (value: string) => Constant | undefined;
}

export function shapeOf(context: LoweringContext, value: string): number[] {
  return [...context.info(value).shape];
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total * n, 1);
}

export function names(...values: readonly (string | null)[]): string[] {
  return values.filter((value): value is string => value !== null);
}

/** The only operand of a node that has one. */
export function onlyInput(node: Node): string {
  const [first] = node.inputs;
  if (first === undefined) throw new Error(`run: ${node.op} node ${node.name} has no input, one is needed`);
  return first;
}

export function onlyOutput(node: Node): string {
  const [first] = node.outputs;
  if (first === undefined) throw new Error(`run: ${node.op} node ${node.name} has no output, one is needed`);
  return first;
}

/** An operand that the lowering knows to be there. */
export function at(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined) throw new Error(`run: operand ${index} is missing, got ${tensors.length} operands`);
  return tensor;
}

/** Axes count from the end where negative. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
