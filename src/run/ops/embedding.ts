/** Rows of a table by index; indices outside the table are an error of the caller (checked where inputs are taken in). */

import type { EmbeddingNode } from "../../model/types.ts";
import { at, type Operation, onlyInput, onlyOutput } from "../operation.ts";

export function lowerEmbedding(node: EmbeddingNode): Operation {
  return {
    key: JSON.stringify(["embedding"]),
    operands: [onlyInput(node), node.table],
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [jax.numpy.take(at(operands, 1).ref, at(operands, 0).ref, 0)],
  };
}
