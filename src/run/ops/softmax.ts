/** Softmax and log-softmax along one axis, shifted by the maximum. */

import type { SoftmaxNode } from "../../model/types.ts";
import { at, type Operation, onlyInput, onlyOutput } from "../operation.ts";
import { accurateLog } from "./logarithm.ts";

export function lowerSoftmax(node: SoftmaxNode): Operation {
  return {
    key: JSON.stringify(["softmax", node.axis, node.log]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const x = at(operands, 0);
      if (!node.log) return [jax.nn.softmax(x.ref, node.axis)];
      const largest = jax.lax.stopGradient(jax.numpy.max(x.ref, node.axis, { keepdims: true }));
      const shifted = x.ref.sub(largest);
      const total = jax.numpy.exp(shifted.ref).sum(node.axis, { keepdims: true });
      return [shifted.sub(accurateLog(jax, total))];
    },
  };
}
