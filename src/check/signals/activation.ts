/** The activation that a layer's output goes into, unit by unit. */

import type { Activation } from "../../activation/index.ts";
import type { ActivationNode, NormalizeNode } from "../../model/types.ts";
import { flowingInputs, type Graph, isRearranging } from "../../plan/usage/graph.ts";
import { scalingFactor } from "../../plan/usage/linear-map.ts";

export interface DirectPath {
  readonly activation: ActivationNode;
  /** A normalization by channel on the way; null where there is none. */
  readonly normalize: NormalizeNode | null;
}

/** Steps that keep units apart and in order. */
const KEEPS_UNITS = new Set(["identity", "dropout"]);

/**
 * From a layer's output straight into an activation: through nothing but identities and one batch normalization (whose
 * channels are the layer's units). Null where anything else takes part.
 */
export function directPath(graph: Graph, tensor: string): DirectPath | null {
  let current = tensor;
  let normalize: NormalizeNode | null = null;
  for (;;) {
    const consumers = graph.consumers.get(current) ?? [];
    const [node] = consumers;
    if (!node || consumers.length !== 1 || graph.outputs.has(current)) return null;
    if (node.kind === "activation" && scalingFactor(node) === null) return { activation: node, normalize };
    if (node.kind === "normalize" && node.method === "batch" && normalize === null) normalize = node;
    else if (!KEEPS_UNITS.has(node.kind)) return null;
    current = node.outputs[0] ?? "";
  }
}

/** The next activation behind rearranging steps and normalization; null where the output is used in another way first. */
export function directActivation(graph: Graph, tensor: string): ActivationNode | null {
  let current = tensor;
  for (;;) {
    const node = (graph.consumers.get(current) ?? [])[0];
    if (!node) return null;
    if (node.kind === "activation" && scalingFactor(node) === null) return node;
    const passes = isRearranging(node) || node.kind === "normalize" || scalingFactor(node) !== null;
    if (!passes || flowingInputs(graph, node).length !== 1) return null;
    current = node.outputs[0] ?? "";
  }
}

/** Far out, where a slope that stays bounded is at most that of the middle. */
const FAR = 200;

/**
 * Whether units of it can be driven to where it is flat: it levels off towards a side, and its slopes are bounded. What is flat
 * only around 0 (x³, x − tanh x) is small there, not saturated; where slopes grow without end (eˣ, ReLU²) none is the steepest.
 */
export function canSaturate({ derivative, saturates, steepest }: Activation): boolean {
  const bounded = [-FAR, FAR].every((x) => Math.abs(derivative(x)) <= 2 * steepest);
  return bounded && (saturates.left || saturates.right);
}
