/** y = scale · x Wᵀ + b over the last axis. */

import type { LinearNode } from "../../model/types.ts";
import type { Tensor } from "../jax.ts";
import {
  at,
  type LoweringContext,
  names,
  type Operation,
  onlyInput,
  onlyOutput,
  product,
  shapeOf,
} from "../operation.ts";
import { alignedMultiply, type Multiply, wantsAlignment } from "./product.ts";

export function lowerLinear(node: LinearNode, context: LoweringContext): Operation {
  const input = shapeOf(context, onlyInput(node));
  const output = shapeOf(context, onlyOutput(node));
  const features = input[input.length - 1]!;
  const units = output[output.length - 1]!;
  const rows = product(input) / features;
  if (wantsAlignment(1, rows, features, units)) return aligned(node, input, output);
  const contracting = node.layout === "out-in" ? 1 : 0;
  return {
    key: JSON.stringify(["linear", contracting, node.scale, node.bias !== null, output]),
    operands: names(onlyInput(node), node.weight, node.bias),
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const x = at(operands, 0).ref.reshape([rows, features]);
      let y = jax.lax.dot(x, at(operands, 1).ref, { lhsContractingDims: [1], rhsContractingDims: [contracting] });
      if (node.scale !== 1) y = y.mul(node.scale);
      if (node.bias !== null) y = y.add(at(operands, 2).ref);
      return [y.reshape(output)];
    },
  };
}

function aligned(node: LinearNode, input: number[], output: number[]): Operation {
  const matrix = (t: Tensor) => t.ref.reshape([1, -1, t.shape[t.shape.length - 1]!]);
  const outFirst = node.layout === "out-in";
  const scaled = (t: Tensor) => (node.scale === 1 ? t : t.mul(node.scale));
  let multiply: Multiply | undefined;
  return {
    key: JSON.stringify(["linear, aligned", outFirst, node.scale, node.bias !== null, input, output]),
    operands: names(onlyInput(node), node.weight, node.bias),
    outputs: [onlyOutput(node)],
    staged: true,
    forward(jax, operands) {
      multiply ??= alignedMultiply(jax);
      const y = scaled(multiply(outFirst ? "nt" : "nn", matrix(at(operands, 0)), matrix(at(operands, 1))));
      return [(node.bias === null ? y : y.add(at(operands, 2).ref)).reshape(output)];
    },
    backward(jax, operands, cotangents, wanted) {
      multiply ??= alignedMultiply(jax);
      const [x, w, dy] = [at(operands, 0), at(operands, 1), at(cotangents, 0)];
      const scaledCotangent = () => scaled(matrix(dy));
      const weight = () => {
        const product = outFirst
          ? multiply!("tn", scaledCotangent(), matrix(x))
          : multiply!("tn", matrix(x), scaledCotangent());
        return product.reshape(w.shape);
      };
      const gradients = [
        wanted[0] ? multiply(outFirst ? "nn" : "nt", scaledCotangent(), matrix(w)).reshape(input) : null,
        wanted[1] ? weight() : null,
      ];
      if (node.bias !== null) gradients.push(wanted[2] ? matrix(dy).sum([0, 1]) : null);
      return gradients;
    },
  };
}
