/** Product of two tensors over the last axis of the first and the last but one of the second, batch axes broadcast. */

import type { MatmulNode } from "../../model/types.ts";
import { at, type Operation, onlyOutput } from "../operation.ts";

export function lowerMatmul(node: MatmulNode): Operation {
  return {
    key: JSON.stringify(["matmul", node.scale]),
    operands: node.inputs,
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const y = jax.numpy.matmul(at(operands, 0).ref, at(operands, 1).ref);
      return [node.scale === 1 ? y : y.mul(node.scale)];
    },
  };
}
