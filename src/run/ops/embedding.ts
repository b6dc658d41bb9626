/** Rows of a table by index; indices outside the table are an error of the caller (checked where inputs are taken in). */

import type { EmbeddingNode } from "../../model/types.ts";
import type { Tensor } from "../jax.ts";
import { at, type Operation, onlyInput, onlyOutput } from "../operation.ts";

export function lowerEmbedding(node: EmbeddingNode): Operation {
  return {
    key: JSON.stringify(["embedding"]),
    operands: [onlyInput(node), node.table],
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [jax.numpy.take(at(operands, 1).ref, at(operands, 0).ref, 0)],
    // Compiled into one program, jax-js 0.1.25 scatters no reshaped array; stopGradient makes it an array of its own.
    backward(jax, operands, cotangents, wanted) {
      if (!wanted[1]) return [null, null];
      const [ids, table, dy] = [at(operands, 0), at(operands, 1), at(cotangents, 0)];
      const { stopGradient } = jax.lax;
      const [rows, pull] = jax.vjp(
        (values: Tensor) => jax.numpy.take(values, stopGradient(ids.ref.reshape([-1])), 0),
        [table.ref],
      );
      rows.dispose();
      const [gradient] = pull(stopGradient(dy.ref.reshape([-1, dy.shape[dy.shape.length - 1]!])));
      pull.dispose();
      return [null, gradient];
    },
  };
}
