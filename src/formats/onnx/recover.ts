/** The name of a renamed initializer, from the node that uses it and its neighbours. */

import { isGenerated, modulePath } from "./names.ts";
import type { ProtoNode, ProtoTensor } from "./proto.ts";
import { countOf } from "./shape.ts";
import type { Uses } from "./usage.ts";

export interface Recovered {
  readonly name: string;
  /** The parameter is stored transposed. */
  readonly permutation: readonly number[] | null;
  /** Axes of length 1 were added to a vector. */
  readonly squeeze: boolean;
  readonly folded: boolean;
}

/** A weight is named as its bias is: fc.weight beside fc.bias, and in_proj_weight beside in_proj_bias. */
const BIAS = /(^|\.)((?:\w+_)?)bias$/;

/** Name of the weight from the bias that is added to this node's output. */
function weightBesideBias(node: ProtoNode, uses: Uses): string | null {
  for (const { node: next } of uses.get(node.outputs[0] ?? "") ?? []) {
    if (next.op !== "Add") continue;
    for (const other of next.inputs) {
      if (other !== node.outputs[0] && other.includes(".") && BIAS.test(other) && !isGenerated(other)) {
        return other.replace(BIAS, "$1$2weight");
      }
    }
  }
  return null;
}

export function recoverName(name: string, tensor: ProtoTensor, uses: Uses): Recovered | null {
  const [use] = uses.get(name) ?? [];
  if (!use) return null;
  const { node, slot } = use;
  const path = modulePath(node.name);
  const plain = { permutation: null, squeeze: false, folded: false };
  switch (node.op) {
    case "MatMul": {
      const found = weightBesideBias(node, uses) ?? (path && `${path}.weight`);
      if (!found || slot !== 1 || tensor.dims.length !== 2) return null;
      const only = (uses.get(name) ?? []).every((other) => other.node.op === "MatMul" && other.slot === 1);
      return only ? { ...plain, name: found, permutation: [1, 0] } : null;
    }
    case "Conv":
    case "ConvTranspose":
      if (!path || slot < 1) return null;
      return { ...plain, name: `${path}.${slot === 1 ? "weight" : "bias"}`, folded: true };
    case "Gemm":
    case "PRelu":
    case "LayerNormalization":
    case "BatchNormalization": {
      if (!path || slot < 1) return null;
      const suffix = ["weight", "bias", "running_mean", "running_var"][slot - 1];
      const squeeze = node.op === "PRelu" && countOf(tensor.dims) === tensor.dims[0];
      return { ...plain, name: `${path}.${suffix}`, squeeze };
    }
    case "Mul":
    case "Add": {
      // Scale and shift of a normalization that was spelled out: a vector over channels, [C, 1, …].
      const vector = tensor.dims.length >= 2 && countOf(tensor.dims) === tensor.dims[0] && tensor.dims[0] > 1;
      return path && vector
        ? { ...plain, name: `${path}.${node.op === "Mul" ? "weight" : "bias"}`, squeeze: true }
        : null;
    }
    case "Gather":
      return path && slot === 0 && tensor.dims.length === 2 ? { ...plain, name: `${path}.weight` } : null;
    default:
      return null;
  }
}
