/** Who uses each value of the file's graph, and in which slot. */

import type { ProtoGraph, ProtoNode } from "./proto.ts";

export interface Use {
  readonly node: ProtoNode;
  readonly slot: number;
}

export type Uses = ReadonlyMap<string, readonly Use[]>;

/** Direct uses by name, and uses behind Identity nodes. */
export function usesOf(graph: ProtoGraph): Uses {
  const uses = new Map<string, Use[]>();
  for (const node of graph.nodes) {
    node.inputs.forEach((name, slot) => {
      if (name === "") return;
      const list = uses.get(name);
      if (list) list.push({ node, slot });
      else uses.set(name, [{ node, slot }]);
    });
  }
  return uses;
}

/** Slots that take shapes, bounds or scale factors: what stands there is never learned. */
const STRUCTURAL: Readonly<Record<string, readonly number[]>> = {
  Resize: [1, 2, 3],
  Upsample: [1],
  Clip: [1, 2],
  Pad: [1, 2, 3],
  Dropout: [1, 2],
  OneHot: [1, 2],
  Range: [0, 1, 2],
  TopK: [1],
  NonMaxSuppression: [2, 3, 4],
};

/** Slots that take weights. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [1],
  BatchNormalization: [1, 2, 3, 4],
  LayerNormalization: [1, 2],
  GroupNormalization: [1, 2],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
  Gather: [0],
  PRelu: [1],
};

const ARITHMETIC = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Pow",
  "Max",
  "Min",
  "Where",
  "Sum",
  "Greater",
  "Less",
  "Equal",
]);

export function isStructural(use: Use): boolean {
  return STRUCTURAL[use.node.op]?.includes(use.slot) ?? false;
}

export function isWeightSlot(use: Use): boolean {
  return WEIGHTS[use.node.op]?.includes(use.slot) ?? false;
}

/** Operators that only lay a value out before it meets the other operand. */
const LAYING_OUT = new Set(["Unsqueeze", "Squeeze", "Reshape", "Expand", "Slice", "Cast", "Transpose", "Identity"]);

/** Elementwise use, at once or behind operators that only lay the value out. */
export function isArithmetic(use: Use, uses: Uses): boolean {
  if (ARITHMETIC.has(use.node.op)) return true;
  if (use.slot !== 0 || !LAYING_OUT.has(use.node.op)) return false;
  const after = use.node.outputs.flatMap((output) => uses.get(output) ?? []);
  return after.length > 0 && after.every((next) => isArithmetic(next, uses));
}
