/** The model's nodes as a graph that can be walked both ways, and the kinds of step that a walk may take. */

import type { Model, Node } from "../../model/types.ts";

export interface Graph {
  readonly model: Model;
  /** The node that makes a tensor; absent for inputs, parameters and constants. */
  readonly producer: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  /** Place in topological order. */
  readonly position: ReadonlyMap<Node, number>;
  readonly outputs: ReadonlySet<string>;
}

/**
 * Index a model's nodes by the tensors they make and take.
 *
 * @example const graph = indexGraph(model); graph.consumers.get("x")
 */
export function indexGraph(model: Model): Graph {
  const producer = new Map<string, Node>();
  const consumers = new Map<string, Node[]>();
  const position = new Map<Node, number>();
  model.nodes.forEach((node, index) => {
    position.set(node, index);
    for (const output of node.outputs) if (output !== "") producer.set(output, node);
    for (const input of new Set(node.inputs)) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  });
  return { model, producer, consumers, position, outputs: new Set(model.outputs) };
}

/** Whether a value depends on the input (is not a parameter or a constant). */
export function flows(graph: Graph, value: string): boolean {
  return value !== "" && !graph.model.parameters.has(value) && !graph.model.constants.has(value);
}

/** Inputs of a node that depend on the model's input, in order. */
export function flowingInputs(graph: Graph, node: Node): readonly string[] {
  return node.inputs.filter((input) => flows(graph, input));
}

/** Nodes that multiply by a trained matrix, kernel or table. */
export function isWeighted(node: Node): boolean {
  return node.kind === "linear" || node.kind === "conv" || node.kind === "embedding" || node.kind === "recurrent";
}

/** Nodes that move, drop, repeat or average entries, and change nothing else about them. */
export function isRearranging(node: Node): boolean {
  switch (node.kind) {
    case "reshape":
    case "transpose":
    case "expand":
    case "identity":
    case "dropout":
    case "split":
    case "slice":
    case "gather":
    case "concat":
    case "pad":
    case "mask":
      return true;
    default:
      return false;
  }
}

/** Nodes that summarize a neighbourhood: their output has the input's units but not its second moment. */
export function isSummarizing(node: Node): boolean {
  return node.kind === "pool" || node.kind === "reduce" || node.kind === "resize";
}
