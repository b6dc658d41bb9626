/** Matrix products: with a parameter they are layers, between tensors they are products. */

import type { LinearNode } from "../../../model/types.ts";
import {
  define,
  floatAttribute,
  input,
  intAttribute,
  type Lower,
  type Operation,
  operand,
  optional,
  outputName,
  uniqueName,
  type Value,
} from "../context.ts";
import { mul, num, X } from "../expressions.ts";
import { broadcastShapes, countOf, NotUnderstood } from "../shape.ts";

interface Weight {
  readonly name: string;
  readonly layout: LinearNode["layout"];
}

/** A matrix that multiplies from the right: the value is [in, out]. */
export function weightOf(value: Value): Weight | null {
  const view = value.parameter;
  if (!view || value.shape.length !== 2) return null;
  return { name: view.name, layout: view.permutation[0] === 0 ? "in-out" : "out-in" };
}

export function emitTranspose(operation: Operation, x: Value, permutation: number[]): Value {
  const { context } = operation;
  const name = uniqueName(context, `${x.name}.transposed`);
  const shape = permutation.map((axis) => x.shape[axis]);
  context.nodes.push({
    kind: "transpose",
    name,
    op: "Transpose",
    inputs: [operand(context, x)],
    outputs: [name],
    permutation,
  });
  define(context, name, shape, x.dtype);
  const parameter = x.parameter && {
    name: x.parameter.name,
    permutation: permutation.map((axis) => x.parameter?.permutation[axis] ?? axis),
  };
  const value: Value = { name, shape, dtype: x.dtype, constant: null, parameter };
  context.values.set(name, value);
  return value;
}

/** [out], or the same with leading axes of length 1: what may be added as a bias to out features. */
export function isBias(value: Value, features: number): boolean {
  return value.shape.at(-1) === features && countOf(value.shape) === features;
}

/** Each row times one vector (a learned query): their product, summed. */
function emitVectorProduct(operation: Operation, a: Value, b: Value, output: string): Value {
  const { context } = operation;
  const product = uniqueName(context, `${output}.product`);
  context.nodes.push({
    kind: "combine",
    name: product,
    op: operation.op,
    inputs: [operand(context, a), operand(context, b)],
    outputs: [product],
    operation: "multiply",
  });
  define(context, product, a.shape, a.dtype);
  context.nodes.push({
    kind: "reduce",
    name: operation.name,
    op: operation.op,
    inputs: [product],
    outputs: [output],
    method: "sum",
    axes: [a.shape.length - 1],
    keepAxes: false,
  });
  return define(context, output, a.shape.slice(0, -1), a.dtype);
}

export function emitProduct(
  operation: Operation,
  a: Value,
  b: Value,
  output: string,
  scale: number,
  bias: string | null,
): Value {
  const { context } = operation;
  // Learned queries [1, n, d] go through a layer as a signal does; of two matrices neither is the signal.
  const weight = a.parameter && a.shape.length < 3 ? null : weightOf(b);
  const inner = a.shape.at(-1);
  const shared = b.shape.length === 1 ? b.shape[0] : b.shape.at(-2);
  if (inner === undefined || inner !== shared) throw new NotUnderstood(`[${a.shape}] and [${b.shape}] do not multiply`);
  if (weight) {
    context.nodes.push({
      kind: "linear",
      name: operation.name,
      op: operation.op,
      inputs: [operand(context, a)],
      outputs: [output],
      weight: weight.name,
      bias,
      layout: weight.layout,
      scale,
    });
    return define(context, output, [...a.shape.slice(0, -1), b.shape[1]], a.dtype);
  }
  if (b.shape.length === 1 && a.shape.length > 1 && scale === 1) return emitVectorProduct(operation, a, b, output);
  if (a.shape.length < 2 || b.shape.length < 2) throw new NotUnderstood("a product with a vector is not a layer");
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  context.nodes.push({
    kind: "matmul",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, a), operand(context, b)],
    outputs: [output],
    scale,
  });
  return define(context, output, [...lead, a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]], a.dtype);
}

const lowerMatMul: Lower = (operation) => {
  emitProduct(
    operation,
    input(operation, 0),
    input(operation, 1),
    outputName(operation),
    floatAttribute(operation, "alpha", 1),
    null,
  );
};

const lowerGemm: Lower = (operation) => {
  const { context } = operation;
  const transposed = (value: Value, flag: string): Value =>
    intAttribute(operation, flag, 0) ? emitTranspose(operation, value, [1, 0]) : value;
  if (input(operation, 0).shape.length !== 2 || input(operation, 1).shape.length !== 2) {
    throw new NotUnderstood("its operands are not matrices");
  }
  const a = transposed(input(operation, 0), "transA");
  const b = transposed(input(operation, 1), "transB");
  const c = optional(operation, 2);
  const alpha = floatAttribute(operation, "alpha", 1);
  const beta = floatAttribute(operation, "beta", 1);
  const out = outputName(operation);
  const view = c?.parameter;
  if (!c || beta === 0) {
    emitProduct(operation, a, b, out, alpha, null);
    return;
  }
  if (view && beta === 1 && c.shape.length === 1 && isBias(c, b.shape[1]) && !a.parameter && weightOf(b)) {
    emitProduct(operation, a, b, out, alpha, view.name);
    return;
  }
  const product = emitProduct(operation, a, b, uniqueName(context, `${out}.product`), alpha, null);
  let term = c;
  if (beta !== 1) {
    const name = uniqueName(context, `${out}.bias`);
    context.nodes.push({
      kind: "activation",
      name,
      op: "Gemm",
      inputs: [operand(context, c)],
      outputs: [name],
      activation: { kind: "expression", expression: mul(num(beta), X) },
      slope: null,
    });
    term = define(context, name, c.shape, c.dtype);
  }
  context.nodes.push({
    kind: "combine",
    name: uniqueName(context, `${operation.name}.add`),
    op: "Gemm",
    inputs: [product.name, operand(context, term)],
    outputs: [out],
    operation: "add",
  });
  define(context, out, broadcastShapes(product.shape, c.shape), a.dtype);
};

export const linear: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["MatMul", lowerMatMul],
  ["Gemm", lowerGemm],
]);
