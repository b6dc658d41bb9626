/** Layers whose matrix is some of the rows of a parameter: cross attention's share of a fused projection. */

import type { MatmulNode } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { normalizeAxis } from "../state/state.ts";
import type { Layer } from "./linear.ts";

/** The parameter behind a matrix that no signal flows into, and whether its rows are the matrix' columns. */
function matrixBehind(context: Context, name: string): { parameter: string; transposed: boolean } | null {
  let at = name;
  let transposed = false;
  for (;;) {
    const shape = context.model.parameters.get(at)?.shape;
    if (shape) return shape.length === 2 ? { parameter: at, transposed } : null;
    const node = context.producers.get(at);
    if (!node || (context.model.tensors.get(at)?.shape.length ?? 0) !== 2) return null;
    if (node.kind === "transpose") transposed = !transposed;
    else if (node.kind === "slice" && node.ranges.some((r) => normalizeAxis(r.axis, 2) !== 0)) return null;
    else if (node.kind === "split" && normalizeAxis(node.axis, 2) !== 0) return null;
    else if (node.kind !== "slice" && node.kind !== "split" && node.kind !== "identity") return null;
    at = node.inputs[0];
  }
}

/** The product as a layer where its second operand is rows of a parameter; null otherwise. */
export function asLayer(node: MatmulNode, context: Context): Layer | null {
  const found = matrixBehind(context, node.inputs[1]);
  const rows = found && context.model.parameters.get(found.parameter)?.shape[0];
  const count = context.model.tensors.get(node.outputs[0])?.shape.at(-1);
  if (!found?.transposed || !rows || count === undefined || rows === count) return null;
  return {
    ...node,
    kind: "linear",
    inputs: [node.inputs[0]],
    weight: found.parameter,
    bias: null,
    layout: "out-in",
    rows: { count, share: count / rows },
  };
}
