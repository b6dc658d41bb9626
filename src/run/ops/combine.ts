/** Elementwise combination of two or more tensors with broadcasting. */

import type { CombineNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, type LoweringContext, type Operation, onlyOutput } from "../operation.ts";
import { constantPower } from "./power.ts";

export function lowerCombine(node: CombineNode, context: LoweringContext): Operation {
  const exponent = node.operation === "power" ? scalarConstant(context, node.inputs[1]) : null;
  const operands = exponent === null ? node.inputs : node.inputs.slice(0, 1);
  return {
    key: JSON.stringify(["combine", node.operation, operands.length, exponent]),
    operands,
    outputs: [onlyOutput(node)],
    forward(jax, tensors) {
      if (exponent !== null) return [constantPower(jax, at(tensors, 0), exponent)];
      const [first, ...rest] = tensors;
      if (first === undefined) throw new Error(`run: ${node.op} node ${node.name} has no operand, one is needed`);
      return [rest.reduce((total, next) => combine(jax, node.operation, total, next.ref), first.ref)];
    },
  };
}

function combine(jax: Jax, operation: CombineNode["operation"], a: Tensor, b: Tensor): Tensor {
  switch (operation) {
    case "add":
      return a.add(b);
    case "subtract":
      return a.sub(b);
    case "multiply":
      return a.mul(b);
    case "divide":
      return a.div(b);
    case "maximum":
      return jax.numpy.maximum(a, b);
    case "minimum":
      return jax.numpy.minimum(a, b);
    case "power":
      return jax.numpy.power(a, b);
  }
}

function scalarConstant(context: LoweringContext, value: string | undefined): number | null {
  const constant = value === undefined ? undefined : context.constant(value);
  return constant?.values.length === 1 ? constant.values[0]! : null;
}
