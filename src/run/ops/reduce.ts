/** Reductions over axes; a maximum or minimum that several elements attain shares its gradient between them. */

import type { ReduceNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, axisOf, type LoweringContext, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";

export function lowerReduce(node: ReduceNode, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyInput(node));
  const output = shapeOf(context, onlyOutput(node));
  const listed = node.axes.map((axis) => axisOf(axis, shape.length));
  return {
    key: JSON.stringify(["reduce", node.method, listed, output]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [reduce(jax, node.method, at(operands, 0), listed).reshape(output)],
  };
}

function reduce(jax: Jax, method: ReduceNode["method"], x: Tensor, axes: number[]): Tensor {
  switch (method) {
    case "mean":
      return x.ref.mean(axes);
    case "sum":
      return x.ref.sum(axes);
    case "max":
      return x.ref.max(axes);
    case "min":
      return x.ref.min(axes);
    case "product":
      return x.ref.prod(axes);
    case "l1":
      return jax.numpy.absolute(x.ref).sum(axes);
    case "sum-square":
      return x.ref.mul(x.ref).sum(axes);
    case "l2":
      return jax.numpy.sqrt(x.ref.mul(x.ref).sum(axes));
  }
}
