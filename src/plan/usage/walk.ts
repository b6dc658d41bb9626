/** Walking forward through a graph, past the nodes that a question does not turn on. */

import type { CombineNode, Node } from "../../model/types.ts";
import { flowingInputs, type Graph } from "./graph.ts";

/** Elementwise with a constant or a parameter as the other operand: a step that keeps the tensor itself. */
export function isFixedCombine(graph: Graph, node: Node): node is CombineNode {
  return node.kind === "combine" && flowingInputs(graph, node).length === 1;
}

/** Consumers of a tensor, following `pass`ed nodes to their own consumers; `visit` sees each other node once. */
export function walkForward(
  graph: Graph,
  from: readonly string[],
  pass: (node: Node) => boolean,
  visit: (node: Node, through: string) => void,
  end: (tensor: string) => void = () => {},
): void {
  const seen = new Set<Node>();
  const queue = [...from];
  for (let i = 0; i < queue.length; i++) {
    const tensor = queue[i]!;
    if (graph.outputs.has(tensor)) end(tensor);
    for (const node of graph.consumers.get(tensor) ?? []) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (pass(node)) queue.push(...node.outputs);
      else visit(node, tensor);
    }
  }
}
