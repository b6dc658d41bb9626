/** Softmax and log-softmax along one axis, shifted by the maximum. */

import type { SoftmaxNode } from "../../model/types.ts";
import { at, type Operation, onlyInput, onlyOutput } from "../operation.ts";

export function lowerSoftmax(node: SoftmaxNode): Operation {
  return {
    key: JSON.stringify(["softmax", node.axis, node.log]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const x = at(operands, 0).ref;
      return [node.log ? jax.nn.logSoftmax(x, node.axis) : jax.nn.softmax(x, node.axis)];
    },
  };
}
