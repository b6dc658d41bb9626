/** Einsum of two tensors, where it is a matrix product with axes moved. */

import {
  type Context,
  define,
  input,
  type Lower,
  type Operation,
  operand,
  outputName,
  textAttribute,
  uniqueName,
  type Value,
} from "../context.ts";
import { countOf, NotUnderstood, sameShape } from "../shape.ts";
import { emitProduct, emitTranspose } from "./linear.ts";

interface Labels {
  readonly left: readonly string[];
  readonly right: readonly string[];
  readonly out: readonly string[];
}

function labelsOf(equation: string): Labels {
  const match = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)$/.exec(equation.replace(/\s/g, ""));
  const [left, right, out] = (match?.slice(1) ?? []).map((part) => part.split(""));
  const repeats = [left, right, out].some((part) => part && new Set(part).size !== part.length);
  if (!left || !right || !out || repeats) throw new NotUnderstood(`equation ${equation}`);
  return { left, right, out };
}

function reshaped(context: Context, x: Value, shape: readonly number[], output: string | null): Value {
  if (output === null && sameShape(x.shape, shape)) return x;
  const name = output ?? uniqueName(context, `${x.name}.reshaped`);
  context.nodes.push({
    kind: "reshape",
    name: uniqueName(context, `${name}.reshape`),
    op: "Einsum",
    inputs: [operand(context, x)],
    outputs: [name],
    shape,
  });
  return define(context, name, shape, x.dtype);
}

function arranged(operation: Operation, x: Value, from: readonly string[], to: readonly string[]): Value {
  const permutation = to.map((label) => from.indexOf(label));
  return permutation.every((axis, i) => axis === i) ? x : emitTranspose(operation, x, permutation);
}

const lowerEinsum: Lower = (operation) => {
  const { context } = operation;
  const a = input(operation, 0);
  const b = input(operation, 1);
  const labels = labelsOf(textAttribute(operation, "equation", ""));
  const { left, right, out } = labels;
  if (operation.inputs.length !== 2 || left.length !== a.shape.length || right.length !== b.shape.length) {
    throw new NotUnderstood("its equation does not fit its operands");
  }
  const size = (label: string): number => a.shape[left.indexOf(label)] ?? b.shape[right.indexOf(label)];
  const sizes = (list: readonly string[]): number[] => list.map(size);
  const batch = left.filter((label) => right.includes(label) && out.includes(label));
  const inner = left.filter((label) => right.includes(label) && !out.includes(label));
  const rows = left.filter((label) => !right.includes(label));
  const columns = right.filter((label) => !left.includes(label));
  if ([...rows, ...columns].some((label) => !out.includes(label)) || inner.length === 0) {
    throw new NotUnderstood("it is not a matrix product");
  }
  const merged = (list: readonly string[]): number => countOf(sizes(list));
  const x = arranged(operation, a, left, [...batch, ...rows, ...inner]);
  const w = arranged(operation, b, right, [...batch, ...inner, ...columns]);
  // A layer takes any leading axes; a product between tensors needs exactly rows and columns behind the batch.
  const layer = batch.length === 0 && b.shape.length === 2 && w.parameter !== null;
  const xShape = layer ? [...sizes(rows), merged(inner)] : [...sizes(batch), merged(rows), merged(inner)];
  const wShape = [...sizes(batch), merged(inner), merged(columns)];
  const product = emitProduct(
    operation,
    reshaped(context, x, xShape, null),
    reshaped(context, w, wShape, null),
    uniqueName(context, `${outputName(operation)}.product`),
    1,
    null,
  );
  const order = [...batch, ...rows, ...columns];
  const spread = reshaped(context, product, sizes(order), null);
  reshaped(context, arranged(operation, spread, order, out), sizes(out), outputName(operation));
};

export const einsum: ReadonlyMap<string, Lower> = new Map<string, Lower>([["Einsum", lowerEinsum]]);
