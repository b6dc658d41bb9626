/** Product of two tensors over the last axis of the first and the last but one of the second, batch axes broadcast. */

import type { MatmulNode } from "../../model/types.ts";
import type { Tensor } from "../jax.ts";
import { at, type LoweringContext, type Operation, onlyOutput, product, shapeOf } from "../operation.ts";
import { alignedMultiply, type Multiply, wantsAlignment } from "./product.ts";

export function lowerMatmul(node: MatmulNode, context: LoweringContext): Operation {
  const [left, right] = [shapeOf(context, node.inputs[0] ?? ""), shapeOf(context, node.inputs[1] ?? "")];
  const batch = left.slice(0, -2);
  const [rows, inner, columns] = [left.at(-2) ?? 1, left.at(-1)!, right.at(-1)!];
  const alike = left.length > 1 && left.length === right.length && batch.every((size, i) => size === right[i]);
  if (alike && wantsAlignment(product(batch), rows, inner, columns)) return aligned(node, left, right);
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

function aligned(node: MatmulNode, left: number[], right: number[]): Operation {
  const batch = left.slice(0, -2);
  const output = [...batch, left.at(-2)!, right.at(-1)!];
  const flat = (t: Tensor, shape: number[]) => t.ref.reshape([product(batch), ...shape.slice(-2)]);
  const scaled = (t: Tensor) => (node.scale === 1 ? t : t.mul(node.scale));
  let multiply: Multiply | undefined;
  return {
    key: JSON.stringify(["matmul, aligned", node.scale, left, right]),
    operands: node.inputs,
    outputs: [onlyOutput(node)],
    staged: true,
    forward(jax, operands) {
      multiply ??= alignedMultiply(jax);
      const y = multiply("nn", flat(at(operands, 0), left), flat(at(operands, 1), right));
      return [scaled(y.reshape(output))];
    },
    backward(jax, operands, cotangents, wanted) {
      multiply ??= alignedMultiply(jax);
      const [a, b] = [at(operands, 0), at(operands, 1)];
      const dy = () => scaled(flat(at(cotangents, 0), output));
      return [
        wanted[0] ? multiply("nt", dy(), flat(b, right)).reshape(left) : null,
        wanted[1] ? multiply("tn", flat(a, left), dy()).reshape(right) : null,
      ];
    },
  };
}
