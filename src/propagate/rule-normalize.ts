/** Batch, layer, group, instance and root-mean-square normalization. */

import type { NormalizeNode } from "../model/types.ts";
import { addGradient, addParameterGradient, type Context, type GradientPart, plainGradient, type Rule, stateOf, totalKernel } from "./context.ts";
import { addConstant, diagonal, type Kernel, meanOverPairs, multiplyKernels, scaleKernel, sumOverPairs } from "./kernel.ts";
import { channelCount, channelsOf, mixParts, type Part, positionDims, secondMoment, type State } from "./state.ts";

/** What a part is normalized by: the second moment of the mean that is subtracted, and the variance divided by. */
interface Scaling {
  readonly removed: number;
  readonly variance: number;
  /** Numbers that one statistic is taken over. */
  readonly count: number;
}

/** Second moment of the mean over n exchangeable channels. */
const channelMean = (n: number, own: number, between: number): number => (own + (n - 1) * between) / n;

function batchScaling(context: Context, node: NormalizeNode, part: Part): Scaling {
  if (context.mode === "eval") {
    const running = node.variance === null ? { mean: 1, variance: 0 } : context.law(node.variance);
    return { removed: 0, variance: running.mean, count: Number.POSITIVE_INFINITY };
  }
  const own = meanOverPairs(part.kernel);
  const removed = own / context.batch + (1 - 1 / context.batch) * part.cross;
  return { removed, variance: secondMoment(part) - removed, count: context.batch };
}

function scalings(node: NormalizeNode, context: Context, state: State): Scaling[] {
  const mixed = mixParts(state);
  switch (node.method) {
    case "batch":
      return state.parts.map((part) => batchScaling(context, node, part));
    case "instance":
    case "group": {
      const width = node.method === "instance" ? 1 : channelsOf(state) / node.groups;
      const aligned = state.parts.every((part) => part.channels % width === 0);
      const of = (part: Part): Scaling => {
        const removed = channelMean(width, meanOverPairs(part.kernel), part.between);
        return { removed, variance: secondMoment(part) - removed, count: width };
      };
      return state.parts.map((part) => of(aligned ? part : mixed));
    }
    case "layer": {
      const { channels, dims } = normalizedOver(node, state);
      const own = dims.length > 0 ? meanOverPairs(mixed.kernel) : secondMoment(mixed);
      const removed = channelMean(channels, own, mixed.between);
      return state.parts.map(() => ({ removed, variance: secondMoment(mixed) - removed, count: channels }));
    }
    case "rms":
      return state.parts.map(() => ({ removed: 0, variance: secondMoment(mixed), count: normalizedOver(node, state).channels }));
  }
}

function normalizedOver(node: NormalizeNode, state: State): { channels: number; dims: number[] } {
  const rank = state.shape.length;
  const factors = node.axes.flatMap((axis) => state.layout[axis < 0 ? axis + rank : axis] ?? []);
  return { channels: channelCount(factors), dims: positionDims(factors) };
}

interface Affine {
  readonly scale: { readonly mean: number; readonly second: number };
  readonly shift: { readonly mean: number; readonly second: number };
}

const secondOf = (law: { readonly mean: number; readonly variance: number }) => ({ mean: law.mean, second: law.variance + law.mean * law.mean });

const affineOf = (node: NormalizeNode, context: Context): Affine => ({
  scale: node.scale === null ? { mean: 1, second: 1 } : secondOf(context.law(node.scale)),
  shift: node.shift === null ? { mean: 0, second: 0 } : secondOf(context.law(node.shift)),
});

/** (x − m)/s before scale and shift: the removed mean is common to every pair of positions within the group. */
function standardized(part: Part, by: Scaling, epsilon: number, positionwise: boolean): Part {
  const inverse = 1 / (Math.max(0, by.variance) + epsilon);
  // Layer normalization without position axes removes at each position a mean of its own, a share of every lag.
  const level = secondMoment(part);
  const share = level === 0 ? 0 : by.removed / level;
  const kernel: Kernel = positionwise && part.kernel.sizes.length > 0 && part.between !== 0 && share < 1
    ? levelled(scaleKernel(part.kernel, 1 - share), (level - by.removed) * inverse)
    : scaleKernel(addConstant(part.kernel, -by.removed), inverse);
  const mean = by.removed === 0 ? part.mean * Math.sqrt(inverse) : 0;
  return {
    channels: part.channels,
    mean,
    kernel: positionwise ? levelled(kernel, diagonal(kernel)) : kernel,
    between: (part.between - by.removed) * inverse,
    cross: (part.cross - Math.min(by.removed, Math.max(part.cross, part.mean * part.mean))) * inverse,
    spread: 0,
  };
}

/** Every position normalized on its own: a flat diagonal. */
const levelled = (kernel: Kernel, value: number): Kernel => ({ ...kernel, profile: Float64Array.of(value) });

const affinePart = (part: Part, { scale, shift }: Affine): Part => {
  const lift = shift.second + 2 * scale.mean * part.mean * shift.mean;
  return {
    ...part,
    mean: part.mean * scale.mean + shift.mean,
    kernel: addConstant(scaleKernel(part.kernel, scale.second), lift),
    between: part.between * scale.mean * scale.mean + shift.mean * shift.mean,
    cross: part.cross * scale.second + lift,
  };
};

const isPositionwise = (node: NormalizeNode, state: State): boolean =>
  (node.method === "layer" || node.method === "rms") && normalizedOver(node, state).dims.length === 0;

export const normalizeRule: Rule<NormalizeNode> = {
  forward(node, context) {
    const state = stateOf(context, node.inputs[0]);
    const by = scalings(node, context, state);
    const affine = affineOf(node, context);
    const each = isPositionwise(node, state);
    const fixed = node.method === "batch" && context.mode === "eval";
    if (fixed) {
      const mean = node.mean === null ? 0 : context.law(node.mean).mean;
      const parts = state.parts.map((part, i) => {
        const inverse = 1 / Math.sqrt(by[i].variance + node.epsilon);
        const shifted = affinePart(part, { scale: { mean: inverse, second: inverse * inverse }, shift: { mean: -mean * inverse, second: mean * mean * inverse * inverse } });
        return affinePart(shifted, affine);
      });
      return [{ shape: state.shape, layout: state.layout, parts }];
    }
    const parts = state.parts.map((part, i) => affinePart(standardized(part, by[i], node.epsilon, each), affine));
    return [{ shape: state.shape, layout: state.layout, parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = stateOf(context, node.inputs[0]);
    const by = scalings(node, context, state);
    const affine = affineOf(node, context);
    const each = isPositionwise(node, state);
    const fixed = node.method === "batch" && context.mode === "eval";
    const channels = channelsOf(state);
    const kernels = state.parts.map((part, i) => {
      const scaling = by[i];
      const outgoing = totalKernel(gradient[i]);
      const inverse = 1 / (Math.max(0, scaling.variance) + node.epsilon);
      const whitened = scaleKernel(outgoing, affine.scale.second * inverse);
      return fixed ? whitened : projected(node, whitened, standardized(part, scaling, node.epsilon, each), scaling.count);
    });
    addGradient(context, node.inputs[0], plainGradient(kernels));
    const share = (i: number) => state.parts[i].channels / channels;
    const perChannel = (f: (part: Part, g: GradientPart, i: number) => number) => state.parts.reduce((sum, part, i) => sum + share(i) * f(part, gradient[i], i), 0);
    addParameterGradient(context, node.scale, perChannel((part, g, i) => {
      const white = fixed ? scaleKernel(part.kernel, 1 / (by[i].variance + node.epsilon)) : standardized(part, by[i], node.epsilon, each).kernel;
      return sumOverPairs(multiplyKernels(totalKernel(g), white));
    }));
    addParameterGradient(context, node.shift, perChannel((_, g) => sumOverPairs(totalKernel(g))));
  },
};

/**
 * δ − mean(δ) − x̂·mean(δ x̂) over the normalized group (Ioffe & Szegedy 2015): two directions of the group are taken
 * out, with the share of E[δ²] that lies along them.
 */
function projected(node: NormalizeNode, gradient: Kernel, white: Part, count: number): Kernel {
  const level = diagonal(gradient);
  if (level === 0) return gradient;
  const acrossPositions = node.method === "batch" || node.method === "group" || node.method === "instance";
  const along = acrossPositions ? meanOverPairs(gradient) / count : level / count;
  const radial = acrossPositions ? meanOverPairs(multiplyKernels(gradient, white.kernel)) / count : level / count;
  const removed = node.method === "rms" ? radial : along + radial;
  return scaleKernel(gradient, Math.max(0, 1 - removed / level));
}

