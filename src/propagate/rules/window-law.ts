/** The law of the largest member of a pooling's window, and what that is a function of. */

import type { Activation } from "../../activation/index.ts";
import type { PoolNode } from "../../model/types.ts";
import { type Context, stateOf } from "../context.ts";
import { correlationAt, diagonal, forEachLag, type Kernel } from "../kernel/kernel.ts";
import { foldProfile } from "../kernel/slide.ts";
import type { Window } from "../kernel/windows.ts";
import { activationOf } from "../law/form.ts";
import { type MaximumLaw, maximumLaw } from "../law/maximum.ts";
import { keptWith } from "../state/kept.ts";
import type { Part } from "../state/state.ts";
import { type Gate, gateOf } from "./gates.ts";

export const windowOf = (node: PoolNode): Window => ({
  kernel: node.kernel,
  strides: node.strides,
  dilations: node.dilations,
  pads: node.pads,
});

/** What a pooled part is a function of. */
export interface Beneath {
  readonly activation: Activation | null;
  readonly part: Part;
  readonly gate: Gate | null;
}

/**
 * φ and the law of its argument, when the pooled tensor is a function of one: max φ(z) = φ(max z) where φ does not fall, and
 * the z of largest φ(z) else; max g·x = g·max x for a gate g ≥ 0 that the window shares. One a part; of a concatenation each
 * piece's own.
 */
export function beneath(context: Context, tensor: string): readonly Beneath[] {
  const state = stateOf(context, tensor);
  const own = state.parts.map((part): Beneath => ({ activation: null, part, gate: null }));
  let producer = context.producers.get(tensor);
  if (producer?.kind === "concat") {
    const pieces = producer.inputs.flatMap((input) => (context.states.has(input) ? beneath(context, input) : []));
    const alike = (piece: Beneath, i: number) =>
      piece.part.channels === own[i].part.channels && sameAxes(piece.part, own[i].part);
    return pieces.length === own.length && pieces.every(alike) ? pieces : own;
  }
  const gate = producer?.kind === "combine" ? gateOf(producer, context) : null;
  // A gate without its sign's certainty, of mean 0, is left alone.
  if (gate && gate.mean > 0) producer = context.producers.get(gate.value);
  if (producer?.kind !== "activation") return own;
  const activation = activationOf(context, producer);
  return stateOf(context, producer.inputs[0]).parts.map((part) => ({ activation, part, gate }));
}

const sameAxes = (a: Part, b: Part): boolean =>
  a.kernel.sizes.length === b.kernel.sizes.length &&
  a.kernel.sizes.every((size, axis) => size === b.kernel.sizes[axis]);

const monotone = keptWith<Activation, boolean>();

/** The order of z by φ where that is another than its own. */
function rankOf(activation: Activation | null): ((x: number) => number) | null {
  if (!activation) return null;
  const rising = monotone(activation, [], () => {
    const grid = Array.from({ length: 81 }, (_, i) => activation.value((i - 40) / 5));
    return grid.every((v, i) => i === 0 || v >= grid[i - 1] - 1e-12);
  });
  return rising ? null : activation.value;
}

/** Mean correlation, centred, between two different members of one window. */
function windowCorrelation(kernel: Kernel, mean: number, window: Window): number {
  const level = diagonal(kernel);
  const variance = level - mean * mean;
  if (variance <= 0) return 1;
  let sum = 0;
  let pairs = 0;
  forEachLag(
    window.kernel.map((k) => k - 1),
    (_, lag) => {
      if (lag.every((l) => l === 0)) return;
      const n = lag.reduce((m, l, axis) => m * (window.kernel[axis] - Math.abs(l)), 1);
      pairs += n;
      sum +=
        n *
        ((correlationAt(
          kernel,
          lag.map((l, axis) => l * window.dilations[axis]),
        ) *
          level -
          mean * mean) /
          variance);
    },
  );
  return pairs === 0 ? 1 : sum / pairs;
}

const keptLaw = keptWith<Part, MaximumLaw>();

/** The backward pass needs what the forward pass made. */
export const windowLaw = (node: PoolNode, beneath: Beneath, kernel: Kernel, sizes: readonly number[]): MaximumLaw =>
  keptLaw(beneath.part, [node, beneath.activation], () => makeWindowLaw(node, beneath, kernel, sizes));

/** Law of a window's largest member. Windows that meet padding have fewer of them: all windows' mean. */
function makeWindowLaw(
  node: PoolNode,
  { activation, part }: Beneath,
  kernel: Kernel,
  sizes: readonly number[],
): MaximumLaw {
  const window = windowOf(node);
  const variance = Math.max(0, diagonal(kernel) - part.mean * part.mean);
  const correlation = windowCorrelation(kernel, part.mean, window);
  const rank = rankOf(activation);
  const members = foldProfile({ ...kernel, profile: Float64Array.of(1) }, sizes, window);
  const shares = new Map<number, number>();
  for (const count of members) shares.set(count, (shares.get(count) ?? 0) + 1 / members.length);
  const laws = [...shares].map(([count, share]) => ({
    share,
    law: maximumLaw(Math.max(1, count), part.mean, variance, correlation, part.shape, rank),
  }));
  return { expect: (f) => laws.reduce((sum, { law, share }) => sum + share * law.expect(f), 0) };
}

/** The largest of largest members, one window at every position, is the largest of the wider window (YOLO's SPPF). */
export function merged(node: PoolNode, context: Context): PoolNode {
  const inner = context.producers.get(node.inputs[0]);
  if (node.method !== "max" || inner?.kind !== "pool" || inner.method !== "max") return node;
  const plain = [...inner.strides, ...inner.dilations, ...node.dilations].every((n) => n === 1);
  if (!plain) return node;
  const wider: PoolNode = {
    ...node,
    inputs: inner.inputs,
    kernel: node.kernel.map((k, axis) => k + inner.kernel[axis] - 1),
    pads: node.pads.map((pad, i) => pad + inner.pads[i]),
  };
  return merged(wider, context);
}
