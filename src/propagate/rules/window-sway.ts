/** The overlaps' fluctuation (law/scatter.ts) at convolutions: what windows average of it, and what it brings to their weights. */

import type { ConvNode } from "../../model/types.ts";
import type { GradientPart } from "../context.ts";
import { correlationAt, diagonal, forEachLag, type Kernel, positions, product } from "../kernel/kernel.ts";
import { averageKernel, pairShare, type Window } from "../kernel/windows.ts";
import { scatterOf } from "../law/scatter.ts";
import { mixParts, type State, stateSecondMoment } from "../state/state.ts";
import { imageKernel, windowOf } from "./conv.ts";
import { swayOverPairs } from "./sway.ts";

/** The input positions that one output of a transposed convolution sums over: every stride-th tap. */
export const phaseWindow = (node: ConvNode): Window => {
  const kernel = node.kernel.map((k, axis) => Math.max(1, Math.round(k / node.strides[axis])));
  const ones = kernel.map(() => 1);
  const before = kernel.map((k) => (k - 1) >> 1);
  return { kernel, strides: ones, dilations: ones, pads: [...before, ...kernel.map((k, i) => k - 1 - before[i])] };
};

/** Scatter of the overlap of two windows of the input. */
export function windowScatter(node: ConvNode, state: State, sizes: readonly number[]): Kernel {
  const part = mixParts(state);
  const scatter = scatterOf(part);
  const over = imageKernel(state, { ...part, kernel: scatter });
  return node.transposed
    ? averageKernel(over, phaseWindow(node), over.sizes, false)
    : averageKernel(over, windowOf(node), sizes, false);
}

/** Mean of the scatter over the pairs of taps of one window that lies on real input: triangular weights over their lags. */
function withinWindow(node: ConvNode, state: State, channels?: number): number {
  const part = mixParts(state);
  const scatter = imageKernel(state, { ...part, kernel: scatterOf({ ...part, channels: channels ?? part.channels }) });
  const { kernel: taps, dilations } = node.transposed ? phaseWindow(node) : windowOf(node);
  let sum = 0;
  forEachLag(
    taps.map((k) => k - 1),
    (_, lag) => {
      const pairs = lag.reduce((n, l, axis) => n * (taps[axis] - Math.abs(l)), 1);
      sum +=
        pairs *
        correlationAt(
          scatter,
          lag.map((l, axis) => l * dilations[axis]),
        );
    },
  );
  return (diagonal(scatter) * sum) / product(taps) ** 2;
}

/** Share of the weight's gradient that comes of δ's hanging on the overlap of what the weight saw. */
export function swayedWindows(
  node: ConvNode,
  outgoing: Kernel,
  gradient: GradientPart,
  state: State,
  biasShare: number,
): number {
  const pairs = swayOverPairs(gradient, outgoing);
  const bend = (gradient.bend ?? 0) * positions(outgoing) ** 2;
  if (pairs === 0 && bend === 0) return 0;
  const level = stateSecondMoment(state);
  // A tap of a transposed convolution meets one output an input position: pairs of one phase, of strides² as many.
  const met = node.transposed
    ? 1 / product(node.strides) ** 2
    : pairShare(state.shape.slice(2), windowOf(node), outgoing.sizes, false);
  const all = withinWindow(node, state);
  const common = pairs * Math.sqrt(all);
  if (node.groups === 1 || bend === 0) return met * level * common;
  // What the few channels of one group scatter more than all of them is that group's own, and ends at its activation.
  const own = withinWindow(node, state, mixParts(state).channels / node.groups);
  return met * level * (common + bend * (1 - biasShare) * (own - all));
}
