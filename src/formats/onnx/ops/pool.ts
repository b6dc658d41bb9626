/** Pooling over windows, and over all of space (which is a reduction). */

import type { ReduceNode } from "../../../model/types.ts";
import { define, input, intAttribute, intsAttribute, type Lower, operand, outputName } from "../context.ts";
import { NotUnderstood } from "../shape.ts";
import { windowOf } from "./window.ts";

function lowerPool(method: "average" | "max"): Lower {
  return (operation) => {
    const { context } = operation;
    const x = input(operation, 0);
    const kernel = intsAttribute(operation, "kernel_shape") ?? [];
    if (kernel.some((size) => !Number.isSafeInteger(size) || size < 1))
      throw new NotUnderstood(`kernel_shape [${kernel}]`);
    const window = windowOf(operation, x.shape.slice(2), kernel, true);
    context.nodes.push({
      kind: "pool",
      name: operation.name,
      op: operation.op,
      inputs: [operand(context, x)],
      outputs: [outputName(operation)],
      method,
      kernel,
      strides: window.strides,
      dilations: window.dilations,
      pads: window.pads,
      countPadding: intAttribute(operation, "count_include_pad", 0) !== 0,
    });
    define(context, outputName(operation), [x.shape[0], x.shape[1], ...window.output], x.dtype);
  };
}

function lowerGlobal(method: ReduceNode["method"]): Lower {
  return (operation) => {
    const { context } = operation;
    const x = input(operation, 0);
    if (x.shape.length < 3) throw new NotUnderstood("its input has no spatial axes");
    context.nodes.push({
      kind: "reduce",
      name: operation.name,
      op: operation.op,
      inputs: [operand(context, x)],
      outputs: [outputName(operation)],
      method,
      axes: x.shape.map((_, i) => i).slice(2),
      keepAxes: true,
    });
    define(context, outputName(operation), [x.shape[0], x.shape[1], ...x.shape.slice(2).map(() => 1)], x.dtype);
  };
}

export const pool: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["AveragePool", lowerPool("average")],
  ["MaxPool", lowerPool("max")],
  ["GlobalAveragePool", lowerGlobal("mean")],
  ["GlobalMaxPool", lowerGlobal("max")],
]);
