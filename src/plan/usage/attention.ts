/** Softmax attention as it appears in a graph: what makes queries, keys and values, and what their average goes into. */

import type { Node } from "../../model/types.ts";
import { flowingInputs, type Graph, isRearranging } from "./graph.ts";
import { scalingFactor } from "./linear-map.ts";
import { isFixedCombine, walkForward } from "./walk.ts";

export interface AttentionPlace {
  readonly query: boolean;
  readonly key: boolean;
  readonly value: boolean;
  /** Size of one head and the factor on query·key, where scores are formed. */
  readonly headSize: number;
  readonly scale: number;
}

/** Part that a weight's output plays in softmax attention; null if none. */
export function attentionPlace(graph: Graph, tensor: string): AttentionPlace | null {
  const place = { query: false, key: false, value: false, headSize: 1, scale: 1 };
  const pass = (node: Node) =>
    isRearranging(node) || scalingFactor(node) !== null || node.kind === "normalize" || isFixedCombine(graph, node);
  walkForward(graph, [tensor], pass, (node, through) => {
    if (node.kind !== "matmul") return;
    const scores = scoreScale(graph, node.outputs);
    if (scores !== null) {
      // A fused projection reaches both operands of the product by one walk.
      const reached = reachable(graph, tensor, pass);
      if (reached.has(node.inputs[0]!)) place.query = true;
      if (reached.has(node.inputs[1]!)) place.key = true;
      place.headSize = graph.model.tensors.get(node.inputs[0]!)?.shape.at(-1) ?? 1;
      place.scale = node.scale * scores * pathScale(graph, node.inputs[0]!) * pathScale(graph, node.inputs[1]!);
      if (reached.has(node.inputs[0]!) || reached.has(node.inputs[1]!)) return;
    }
    if (through === node.inputs[1] && comesFromSoftmax(graph, node.inputs[0]!)) place.value = true;
  });
  return place.query || place.key || place.value ? place : null;
}

function reachable(graph: Graph, tensor: string, pass: (node: Node) => boolean): ReadonlySet<string> {
  const reached = new Set<string>([tensor]);
  const queue = [tensor];
  for (let i = 0; i < queue.length; i++)
    for (const node of graph.consumers.get(queue[i]!) ?? [])
      if (pass(node))
        for (const output of node.outputs)
          if (output !== "" && !reached.has(output)) {
            reached.add(output);
            queue.push(output);
          }
  return reached;
}

/** Product of the constant factors between a matrix product and the softmax it feeds; null if it feeds none. */
function scoreScale(graph: Graph, outputs: readonly string[]): number | null {
  let current = outputs[0]!;
  let scale = 1;
  for (;;) {
    const consumers = graph.consumers.get(current) ?? [];
    const node = consumers[0];
    if (!node || consumers.length !== 1) return null;
    if (node.kind === "softmax") return scale;
    const factor = scalingFactor(node);
    if (factor !== null) scale *= factor;
    else if (!isRearranging(node) && !(node.kind === "combine" && node.operation === "add")) return null;
    current = node.outputs[0]!;
  }
}

/** Product of the constant factors right before a tensor. */
function pathScale(graph: Graph, tensor: string): number {
  let current = tensor;
  let scale = 1;
  for (;;) {
    const node = graph.producer.get(current);
    if (!node) return scale;
    const factor = scalingFactor(node);
    if (factor !== null) scale *= factor;
    else if (!isRearranging(node)) return scale;
    const [input] = flowingInputs(graph, node);
    if (input === undefined) return scale;
    current = input;
  }
}

/** The values that attention averages into a tensor, where it is such an average; otherwise null. */
export function attendedValues(graph: Graph, tensor: string): string | null {
  let current = tensor;
  for (;;) {
    const node = graph.producer.get(current);
    if (!node) return null;
    if (node.kind === "matmul") return comesFromSoftmax(graph, node.inputs[0] ?? "") ? (node.inputs[1] ?? null) : null;
    if (!isRearranging(node)) return null;
    const [input] = flowingInputs(graph, node);
    if (input === undefined) return null;
    current = input;
  }
}

function comesFromSoftmax(graph: Graph, tensor: string): boolean {
  let current = tensor;
  for (;;) {
    const node = graph.producer.get(current);
    if (!node) return false;
    if (node.kind === "softmax") return true;
    if (!isRearranging(node)) return false;
    const [input] = flowingInputs(graph, node);
    if (input === undefined) return false;
    current = input;
  }
}
