/** What comes before and after a weight: activations, normalization, attention, the output. */

import { resolveActivation } from "../../activation/index.ts";
import type { ActivationNode, CombineNode, Node } from "../../model/types.ts";
import { flowingInputs, flows, type Graph, isRearranging, isSummarizing } from "./graph.ts";
import { linearSlope, scalingFactor } from "./linear-map.ts";

/** Elementwise with a constant or a parameter as the other operand: a step that keeps the tensor itself. */
function isFixedCombine(graph: Graph, node: Node): node is CombineNode {
  return node.kind === "combine" && flowingInputs(graph, node).length === 1;
}

/** Consumers of a tensor, following `pass`ed nodes to their own consumers; `visit` sees each other node once. */
function walkForward(
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

/** The nonlinearity that a tensor goes into next, across rearranging, pooling, additions and normalization. */
export function followingActivation(graph: Graph, tensor: string): ActivationNode | null {
  let found: ActivationNode | null = null;
  let earliest = Number.POSITIVE_INFINITY;
  const pass = (node: Node) =>
    isRearranging(node) ||
    isSummarizing(node) ||
    node.kind === "normalize" ||
    scalingFactor(node) !== null ||
    (node.kind === "combine" && (node.operation === "add" || node.operation === "subtract")) ||
    isFixedCombine(graph, node);
  walkForward(graph, [tensor], pass, (node) => {
    if (node.kind !== "activation") return;
    const position = graph.position.get(node)!;
    if (position < earliest) {
      earliest = position;
      found = node;
    }
  });
  return found;
}

/** Whether every way out of a tensor leads straight into a normalization, so that its scale has no effect. */
export function isNormalized(graph: Graph, tensor: string): boolean {
  if (graph.outputs.has(tensor)) return false;
  let normalized = false;
  let other = false;
  const pass = (node: Node) => isRearranging(node) || scalingFactor(node) !== null;
  walkForward(
    graph,
    [tensor],
    pass,
    (node) => {
      if (node.kind === "normalize") normalized = true;
      else other = true;
    },
    () => {
      other = true;
    },
  );
  return normalized && !other;
}

/** The nonlinearity whose output a tensor is, across rearranging and pooling; null after anything else. */
export function precedingActivation(graph: Graph, tensor: string): ActivationNode | null {
  let current = tensor;
  for (;;) {
    const node = graph.producer.get(current);
    if (!node) return null;
    if (node.kind === "activation" && linearSlope(node.activation) === null) return node;
    const scaling = node.kind === "activation";
    if (!scaling && !isRearranging(node) && !isSummarizing(node)) return null;
    const inputs = flowingInputs(graph, node);
    if (inputs.length !== 1) return null;
    current = inputs[0]!;
  }
}

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

export type OutputLink = "softmax" | "sigmoid" | "none";

/**
 * How a weight's output becomes a model output without another weight or hidden nonlinearity in between;
 * null if something else uses it. `isResidual` says which additions are skips (their branches are not readouts).
 */
export function outputLink(graph: Graph, tensor: string, isResidual: (node: Node) => boolean): OutputLink | null {
  let link: OutputLink = "none";
  let reached = graph.outputs.has(tensor);
  let other = false;
  const pass = (node: Node) => {
    if (isRearranging(node) || isSummarizing(node) || scalingFactor(node) !== null) return true;
    if (node.kind === "softmax") {
      link = "softmax";
      return true;
    }
    if (node.kind === "activation" && isLogistic(node)) {
      link = "sigmoid";
      return true;
    }
    if (node.kind === "combine" && node.operation === "add") return !isResidual(node);
    return isFixedCombine(graph, node);
  };
  walkForward(
    graph,
    [tensor],
    pass,
    () => {
      other = true;
    },
    () => {
      reached = true;
    },
  );
  return reached && !other ? link : null;
}

/** σ by what it does: ½ at 0, point-symmetric about it, from 0 to 1; its slope does not matter. */
function isLogistic(node: ActivationNode): boolean {
  const { value, saturates } = resolveActivation(node.activation);
  const symmetric = [0.3, 1.1, 4].every((x) => Math.abs(value(x) + value(-x) - 1) < 1e-12);
  return value(0) === 0.5 && symmetric && saturates.left && saturates.right && value(-1e3) < 1e-9;
}

/** Whether a tensor, once through its activation, multiplies another tensor: a gate. */
export function isGate(graph: Graph, tensor: string): boolean {
  let gate = false;
  const pass = (node: Node) => isRearranging(node) || node.kind === "activation" || isSummarizing(node);
  walkForward(graph, [tensor], pass, (node) => {
    if (node.kind === "combine" && node.operation === "multiply" && flowingInputs(graph, node).length === 2)
      gate = true;
  });
  return gate;
}

/** Whether no other weight lies between the model's inputs and this tensor. */
export function isFirst(graph: Graph, tensor: string): boolean {
  let current = tensor;
  for (;;) {
    if (!flows(graph, current)) return false;
    const node = graph.producer.get(current);
    if (!node) return true;
    if (!isRearranging(node) && !isSummarizing(node) && scalingFactor(node) === null && node.kind !== "normalize") {
      if (!isFixedCombine(graph, node)) return false;
    }
    const [input] = flowingInputs(graph, node);
    if (input === undefined) return false;
    current = input;
  }
}

/**
 * Tensor whose second moment a weight is chosen by: the last one before something nonlinear, merging or summarizing,
 * across steps that keep proportions, with the factor that such steps put between.
 */
export function solvedTensor(graph: Graph, tensor: string): string {
  let current = tensor;
  for (;;) {
    const consumers = graph.consumers.get(current) ?? [];
    const node = consumers[0];
    if (!node || consumers.length !== 1 || graph.outputs.has(current)) return current;
    if (scalingFactor(node) === null) return current;
    current = node.outputs[0]!;
  }
}
