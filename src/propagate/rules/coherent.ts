/** The part of a shared weight's gradient that the activations behind it bring (law/scatter.ts). */

import type { Node } from "../../model/types.ts";
import { type Context, stateOf, totalKernel } from "../context.ts";
import { diagonal, positions } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf, straightLine } from "../law/form.ts";
import { curvatureProduct, sumOverOthers } from "../law/scatter.ts";
import { channelsOf, stateSecondMoment } from "../state/state.ts";
import { winnersMean } from "./coupling.ts";

interface Following {
  readonly node: Extract<Node, { kind: "activation" }>;
  /** Which part of the activation's input holds the layer's output. */
  readonly index: number;
  /** E[(activation's input)²] that one unit of the layer's E[z²] becomes on the way, other branches aside. */
  readonly gain: number;
}

/** Nodes that a search looks at: residual streams lead past every block behind. */
const LOOKED_AT = 256;

/** The activations that a layer's output goes into through sums, gates, joins and statistics that do not hang on it alone. */
function followings(context: Context, tensor: string): Following[] {
  const found: Following[] = [];
  let left = LOOKED_AT;
  const follow = (name: string, index: number, gain: number): void => {
    for (const node of context.consumers.get(name) ?? []) {
      if (left-- <= 0) return;
      if (node.kind === "activation") {
        const line = straightLine(activationOf(context, node));
        if (line) follow(node.outputs[0], index, gain * line.slope ** 2);
        else found.push({ node, index, gain });
        continue;
      }
      const next = passes(context, node, name, index);
      if (next) follow(node.outputs[0], next.index, gain * next.gain);
    }
  };
  follow(tensor, 0, 1);
  return found;
}

function passes(context: Context, node: Node, name: string, index: number): { index: number; gain: number } | null {
  switch (node.kind) {
    case "identity":
    case "dropout":
    case "pad":
      return { index, gain: 1 };
    case "concat": {
      const before = node.inputs.slice(0, node.inputs.indexOf(name)).map((input) => context.states.get(input));
      return { index: index + before.reduce((n, state) => n + (state?.parts.length ?? 1), 0), gain: 1 };
    }
    case "combine": {
      if (node.operation === "add" || node.operation === "subtract") return { index, gain: 1 };
      const other = node.inputs.find((input) => input !== name);
      const gate = other === undefined ? undefined : context.states.get(other);
      if (node.operation !== "multiply" || !gate?.parts.every((part) => part.kernel.sizes.length === 0)) return null;
      return { index, gain: stateSecondMoment(gate) };
    }
    case "normalize": {
      // Statistics of one channel take out all that runs along its own values; those of a group one part in its width.
      if (node.method === "instance" || (node.method === "batch" && context.mode === "train")) return null;
      const before = stateOf(context, name);
      const level = stateSecondMoment(before);
      const kept = node.method === "group" ? 1 - node.groups / channelsOf(before) : 1;
      return level === 0
        ? null
        : { index, gain: (kept * stateSecondMoment(stateOf(context, node.outputs[0]))) / level };
    }
    default:
      return null;
  }
}

/**
 * Σ over pairs of positions of d E[δ_p δ_p']/d(overlap of the layer's inputs): E[φ''φ'']·(E[z²] − E[b²])·E[δδ'] for each
 * activation behind. To be multiplied by E[a²] and the relative scatter of the overlap.
 */
export function coherentPairs(context: Context, output: string, biasSecond: number): number {
  const own = stateOf(context, output).parts[0];
  if (positions(own.kernel) === 1) return 0;
  const share = Math.max(0, diagonal(own.kernel) - biasSecond);
  return followings(context, output).reduce((sum, found) => sum + found.gain * behind(context, found, share), 0);
}

function behind(context: Context, { node, index }: Following, share: number): number {
  const gradient = context.gradients.get(node.outputs[0])?.[index];
  const part = stateOf(context, node.inputs[0]).parts[index];
  if (!gradient || !part) return 0;
  const variance = diagonal(part.kernel) - part.mean ** 2;
  if (variance <= 0 || part.kernel.sizes.length !== gradient.kernel.sizes.length) return 0;
  const activation = activationOf(context, node);
  const map = activationMap(activation, part.mean, variance);
  const known = new Map<number, number>();
  const curvature = (raw: number): number => {
    const value =
      known.get(raw) ?? curvatureProduct(map, variance, (raw * diagonal(part.kernel) - part.mean ** 2) / variance);
    known.set(raw, value);
    return value;
  };
  const plain = sumOverOthers(gradient.selected ? gradient.kernel : totalKernel(gradient), part.kernel, curvature);
  if (!gradient.selected) return share * plain;
  const mean = winnersMean(activation, gradient.selected.law, part.mean, Math.sqrt(variance));
  return share * (plain + (mean * mean * sumOverOthers(gradient.selected.kernel, part.kernel, () => 1)) / variance);
}
