/** Reductions over axes; global average pooling is a mean over all positions. */

import type { ReduceNode } from "../../model/types.ts";
import { addGradient, carry, type Rule, totalKernel } from "../context.ts";
import { averageAxes, broadcastAxes, collapse } from "../kernel/axes.ts";
import { diagonal, type Kernel, product, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { gammaShape, isPositive, type Shape } from "../law/shape.ts";
import { valueState } from "../state/fixed.ts";
import {
  channelCount,
  type Factor,
  mixParts,
  normalizeAxis,
  type Part,
  positionDims,
  type State,
} from "../state/state.ts";
import { extremes, toExtremes } from "./extremes.ts";

export interface Reduction {
  readonly dims: readonly number[];
  readonly positions: number;
  readonly channels: number;
}

function reductionOf(node: ReduceNode, state: State): Reduction {
  const rank = state.shape.length;
  const axes =
    node.axes.length === 0 ? state.shape.map((_, axis) => axis) : node.axes.map((axis) => normalizeAxis(axis, rank));
  const factors = axes.flatMap((axis) => state.layout[axis]);
  const dims = positionDims(factors);
  return {
    dims,
    positions: product(dims.map((dim) => state.parts[0].kernel.sizes[dim])),
    channels: channelCount(factors),
  };
}

/** Second moments of the mean over some axes of positions. */
function meanAxes(kernel: Kernel, dims: readonly number[]): Kernel {
  if (dims.length === 0) return kernel;
  const count = product(dims.map((dim) => kernel.sizes[dim]));
  const reduced = averageAxes(kernel, dims);
  const pair = dims.length === kernel.sizes.length ? collapse(kernel).far : kernel.far;
  const share = 1 / count + (1 - 1 / count) * pair;
  if (dims.length === kernel.sizes.length) return uniformKernel([], diagonal(kernel) * share, 1);
  return { ...scaleKernel(reduced, share), far: share === 0 ? 0 : kernel.far / share };
}

const reducedLayout = (node: ReduceNode, state: State): readonly (readonly Factor[])[] => {
  const rank = state.shape.length;
  const axes =
    node.axes.length === 0 ? state.shape.map((_, axis) => axis) : node.axes.map((axis) => normalizeAxis(axis, rank));
  const gone = positionDims(axes.flatMap((axis) => state.layout[axis]));
  const kept = state.parts[0].kernel.sizes.map((_, dim) => dim).filter((dim) => !gone.includes(dim));
  const renumber = (f: Factor): Factor => (f.role === "position" ? { ...f, dim: kept.indexOf(f.dim) } : f);
  const layout = state.layout.map((factors, axis) => (axes.includes(axis) ? [] : factors.map(renumber)));
  return node.keepAxes ? layout : layout.filter((_, axis) => !axes.includes(axis));
};

/** A sum of terms of which none is negative is taken as a Gamma law: functions of norms and variances need that it is positive. */
function positiveSum(part: Part, second: number, terms: number): Shape {
  const sd = Math.sqrt(Math.max(0, diagonal(part.kernel) - part.mean ** 2));
  const variance = second - part.mean ** 2;
  return terms > 1 && variance > 0 && isPositive(part.shape, part.mean, sd)
    ? gammaShape(part.mean ** 2 / variance)
    : null;
}

export const reduceRule: Rule<ReduceNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const { dims, channels, positions } = reductionOf(node, state);
    const shape = context.model.tensors.get(node.outputs[0])?.shape ?? [];
    if (node.method === "max" || node.method === "min")
      return [{ shape, layout: reducedLayout(node, state), parts: extremes(node, state, reductionOf(node, state)) }];
    if (node.method !== "mean" && node.method !== "sum")
      context.warn({
        code: "first-approximation",
        where: node.name,
        message: `${node.name} (${node.op}): the moments of the mean are passed on`,
      });
    const factor = node.method === "sum" ? positions * channels : 1;
    const source = channels > 1 ? [mixParts(state)] : state.parts;
    const parts = source.map((part): Part => {
      const own = meanAxes(part.kernel, dims);
      const level = diagonal(part.kernel);
      const ratio = level === 0 ? 1 : diagonal(own) / level;
      const between = part.mean ** 2 + (part.between - part.mean ** 2) * Math.min(1, ratio);
      const share =
        level === 0
          ? 1
          : channels === 1
            ? 1
            : (diagonal(own) + (channels - 1) * between) / channels / Math.max(1e-300, diagonal(own));
      return {
        channels: part.channels / channels,
        mean: part.mean * factor,
        kernel: scaleKernel(own, share * factor * factor),
        between: between * factor * factor,
        cross:
          (channels > 1 ? (part.cross + (channels - 1) * part.mean ** 2) / channels : part.cross) * factor * factor,
        spread: part.spread,
        freedom: part.freedom,
        shape: positiveSum(part, diagonal(own) * share, positions * channels),
      };
    });
    return [{ shape, layout: reducedLayout(node, state), parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const { dims, channels, positions } = reductionOf(node, state);
    if (node.method === "max" || node.method === "min") {
      addGradient(context, node.inputs[0], toExtremes(node, context, state, reductionOf(node, state), gradient));
      return;
    }
    const divisor = node.method === "sum" ? 1 : (positions * channels) ** 2;
    const parts = state.parts.map((part, i) => {
      const from = gradient[Math.min(i, gradient.length - 1)];
      const outgoing = scaleKernel(totalKernel(from), 1 / divisor);
      const kept = part.kernel.sizes.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
      return carry(
        from,
        broadcastAxes(
          outgoing,
          part.kernel.sizes,
          part.kernel.sizes.map((_, dim) => (dims.includes(dim) ? null : kept.indexOf(dim))),
        ),
      );
    });
    addGradient(context, node.inputs[0], parts);
  },
};
