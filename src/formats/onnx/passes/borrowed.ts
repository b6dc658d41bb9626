/**
 * Zeros that the exporter stored once for two modules. Folding a fresh batch normalization into the convolution before it
 * leaves a bias of zeros, and equal initializers are merged: the convolution then adds the shift of another module's
 * normalization. Adding zeros is no bias; taken for one, the shift would be drawn and learned as a convolution's bias is.
 */

import type { Model } from "../../../model/types.ts";
import { modulePath } from "../names.ts";
import type { Draft } from "./graph.ts";

export function detachBorrowedBias(draft: Draft, read: Model["read"]): void {
  const shifts = new Set(draft.nodes.flatMap((node) => (node.kind === "normalize" && node.shift ? [node.shift] : [])));
  draft.nodes = draft.nodes.map((node) => {
    if ((node.kind !== "conv" && node.kind !== "linear") || node.bias === null || !shifts.has(node.bias)) return node;
    const owner = node.bias.slice(0, node.bias.lastIndexOf("."));
    const values = owner === modulePath(node.name) ? null : read(node.bias);
    if (!values?.every((v) => v === 0)) return node;
    const message = `${node.name} has no bias of its own: it adds the zeros of ${node.bias}, stored once for both because they were equal when exported`;
    draft.context.notes.push({ code: "merged", message, tensors: [node.bias] });
    return { ...node, bias: null };
  });
}
