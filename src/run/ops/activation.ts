/** Elementwise functions, from the expression that the activation catalogue gives. */

import { resolveActivation } from "../../activation/index.ts";
import type { ActivationNode } from "../../model/types.ts";
import { customOperation } from "../custom.ts";
import { at, type LoweringContext, names, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";
import { evaluateExpression } from "./expression.ts";

export function lowerActivation(node: ActivationNode, context: LoweringContext): Operation {
  if (node.slope !== null) return lowerParametricRelu(node, node.slope, context);
  const { expression, name } = resolveActivation(node.activation);
  if (expression === null) return customOperation(node, name, context);
  return {
    key: JSON.stringify(["activation", expression]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [evaluateExpression(jax, expression, at(operands, 0))],
  };
}

/** x for x > 0, else slope · x; a slope a channel runs along axis 1 (PyTorch), other shapes broadcast from the end. */
function lowerParametricRelu(node: ActivationNode, slope: string, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyInput(node));
  const slopes = shapeOf(context, slope);
  const channels = slopes[0];
  const perChannel = slopes.length === 1 && shape.length > 2 && channels === shape[1] && channels !== 1;
  const spread = perChannel ? [1, shape[1]!, ...shape.slice(2).map(() => 1)] : slopes;
  return {
    key: JSON.stringify(["prelu", spread]),
    operands: names(onlyInput(node), slope),
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const x = at(operands, 0);
      const below = x.ref.mul(at(operands, 1).ref.reshape(spread));
      return [jax.numpy.where(jax.numpy.greater(x.ref, 0), x.ref, below)];
    },
  };
}
