/** Group normalization as PyTorch exports it: Reshape to [N, groups, −1], InstanceNormalization, Reshape back. */

import type { Node, NormalizeNode } from "../../../model/types.ts";
import { sameShape } from "../shape.ts";
import { consumersOf, type Draft, infoOf, producersOf, soleConsumer } from "./graph.ts";
import { joinAffine } from "./normalization.ts";

export function fuseGroupNorm(draft: Draft): void {
  const producers = producersOf(draft.nodes);
  const consumers = consumersOf(draft.nodes);
  const replaced = new Map<Node, NormalizeNode>();
  for (const node of draft.nodes) {
    if (node.kind !== "normalize" || node.method !== "instance" || node.scale !== null || node.shift !== null) continue;
    const before = producers.get(node.inputs[0]);
    const after = soleConsumer(draft, consumers, node.outputs[0]);
    if (before?.kind !== "reshape" || after?.kind !== "reshape") continue;
    const x = infoOf(draft.context, before.inputs[0])?.shape ?? [];
    const grouped = before.shape;
    if (!sameShape(x, after.shape) || grouped.length < 3 || grouped[0] !== x[0] || x[1] % grouped[1] !== 0) continue;
    replaced.set(after, {
      ...node,
      name: after.name,
      op: "Reshape+InstanceNormalization+Reshape",
      inputs: before.inputs,
      outputs: after.outputs,
      method: "group",
      axes: x.map((_, i) => i).slice(1),
      groups: grouped[1],
    });
  }
  if (replaced.size > 0) draft.nodes = draft.nodes.map((node) => replaced.get(node) ?? node);
  joinAffine(draft, (node) => node.method === "group" || node.method === "instance");
}
