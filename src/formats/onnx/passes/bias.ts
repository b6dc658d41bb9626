/** A vector of parameters added to the output of a layer is its bias. */

import type { CombineNode, ConvNode, LinearNode, Node } from "../../../model/types.ts";
import { consumersOf, type Draft, infoOf, parameterBehind, producersOf, soleConsumer } from "./graph.ts";

function channelAxis(layer: LinearNode | ConvNode, rank: number): number {
  return layer.kind === "linear" ? rank - 1 : 1;
}

function takesBias(node: Node): node is LinearNode | ConvNode {
  return (node.kind === "linear" || node.kind === "conv") && node.bias === null;
}

export function joinBias(draft: Draft): void {
  const producers = producersOf(draft.nodes);
  const consumers = consumersOf(draft.nodes);
  const joined = new Map<Node, Node>();
  const gone = new Set<Node>();
  const biasOf = (layer: LinearNode | ConvNode, sum: CombineNode): string | null => {
    const [left, right] = sum.inputs;
    const term = left === layer.outputs[0] ? right : left;
    const shape = infoOf(draft.context, layer.outputs[0])?.shape ?? [];
    const added = infoOf(draft.context, term)?.shape;
    const parameter = parameterBehind(draft, producers, term);
    if (!added || !parameter || added.length > shape.length) return null;
    const axis = channelAxis(layer, shape.length);
    const lead = shape.length - added.length;
    const fits = added.every((dim, i) => dim === (i + lead === axis ? shape[axis] : 1)) && axis >= lead;
    const vector = draft.context.parameters.get(parameter)?.shape;
    return fits && vector?.length === 1 && vector[0] === shape[axis] ? parameter : null;
  };
  for (const layer of draft.nodes) {
    if (!takesBias(layer)) continue;
    const sum = soleConsumer(draft, consumers, layer.outputs[0]);
    if (sum?.kind !== "combine" || sum.operation !== "add") continue;
    const bias = biasOf(layer, sum);
    if (bias === null) continue;
    joined.set(sum, { ...layer, bias, op: `${layer.op}+${sum.op}`, outputs: sum.outputs });
    gone.add(layer);
  }
  if (gone.size > 0)
    draft.nodes = draft.nodes.filter((node) => !gone.has(node)).map((node) => joined.get(node) ?? node);
}
