/** What comes before and after a weight: activations, normalization, the output. */

import { resolveActivation } from "../../activation/index.ts";
import type { ActivationNode, Node } from "../../model/types.ts";
import { flowingInputs, flows, type Graph, isRearranging, isSummarizing } from "./graph.ts";
import { linearSlope, scalingFactor } from "./linear-map.ts";
import { isFixedCombine, walkForward } from "./walk.ts";

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
