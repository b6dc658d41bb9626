/** Interpolation along the spatial axes: every mode is a fixed matrix an axis (ONNX Resize). */

import { resizeMatrix } from "../../model/resize.ts";
import type { ResizeNode } from "../../model/types.ts";
import { at, type LoweringContext, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";

export function lowerResize(node: ResizeNode, context: LoweringContext): Operation {
  const input = shapeOf(context, onlyInput(node));
  const output = shapeOf(context, onlyOutput(node));
  const axes = input.flatMap((length, axis) => (length === output[axis] && node.scales[axis] === 1 ? [] : [axis]));
  const matrices = axes.map((axis) =>
    Float32Array.from(resizeMatrix(node, input[axis]!, output[axis]!, node.scales[axis]!)),
  );
  return {
    key: JSON.stringify(["resize", node.mode, node.coordinates, node.rounding, node.scales, output]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      let y = at(operands, 0).ref;
      axes.forEach((axis, i) => {
        const matrix = jax.numpy.array(matrices[i]!, { shape: [output[axis]!, input[axis]!] });
        y = jax.numpy.moveaxis(jax.numpy.tensordot(y, matrix, [[axis], [1]]), -1, axis);
      });
      return [y];
    },
  };
}
