/** Batch, layer, group, instance and root-mean-square normalization. */

import type { NormalizeNode } from "../../model/types.ts";
import {
  addGradient,
  addParameterGradient,
  type Context,
  type GradientPart,
  type Rule,
  stateOf,
  totalKernel,
} from "../context.ts";
import {
  addConstant,
  diagonal,
  kernelOf,
  mapCorrelations,
  meanOverPairs,
  multiplyKernels,
  positions,
  product,
  scaleKernel,
  sumOverPairs,
} from "../kernel/kernel.ts";
import { sumOfProduct } from "../kernel/pairs.ts";
import { relativeSway } from "../law/scatter.ts";
import { keptWith } from "../state/kept.ts";
import { channelsOf, type Part, type State } from "../state/state.ts";
import { coupledMean } from "./coupling.ts";
import { inverseLiftOf, isByHead, sharedByPositions } from "./heads.ts";
import { sharesBefore } from "./scale-free.ts";
import { inverseProfile, type Scaling, scalings, standardized, timesProfile } from "./standardize.ts";
import { swayOverPairs } from "./sway.ts";

const secondOf = (law: { readonly mean: number; readonly variance: number }) => ({
  mean: law.mean,
  second: law.variance + law.mean * law.mean,
});

const affineOf = (node: NormalizeNode, context: Context) => ({
  scale: node.scale === null ? { mean: 1, second: 1 } : secondOf(context.law(node.scale)),
  shift: node.shift === null ? { mean: 0, second: 0 } : secondOf(context.law(node.shift)),
});

const kept = keptWith<Part, Part>();

const affinePart = (part: Part, affine: ReturnType<typeof affineOf>): Part => {
  const { scale, shift } = affine;
  return kept(part, [scale.mean, scale.second, shift.mean, shift.second], () => throughAffine(part, affine));
};

const throughAffine = (part: Part, { scale, shift }: ReturnType<typeof affineOf>): Part => {
  const lift = shift.second + 2 * scale.mean * part.mean * shift.mean;
  return {
    ...part,
    mean: part.mean * scale.mean + shift.mean,
    kernel: addConstant(scaleKernel(part.kernel, scale.second), lift),
    between: part.between * scale.mean * scale.mean + shift.mean * shift.mean,
    cross: part.cross * scale.second + lift,
    spread: 0,
    freedom: Number.POSITIVE_INFINITY,
  };
};

/** Σ over pairs of what δ and x̂ have in common by the fluctuation of the overlaps (law/scatter.ts). */
const swayed = (gradient: GradientPart, white: Part): number =>
  gradient.sway ? swayOverPairs(gradient, white.kernel) * relativeSway(white) * diagonal(white.kernel) : 0;

const runningMeanOf = (node: NormalizeNode, context: Context): number =>
  node.mean === null ? 0 : context.law(node.mean).mean;

interface Whitened {
  readonly state: State;
  readonly by: readonly Scaling[];
  /** (x − m)/s of each part. */
  readonly white: readonly Part[];
}

/** A mean of so little of the deviation is what rounding left of statistics' own. */
const ROUNDING = 1e-9;

/** The backward pass needs what the forward pass made. */
const known = new WeakMap<NormalizeNode, { readonly context: Context; readonly whitened: Whitened }>();

function whiten(node: NormalizeNode, context: Context): Whitened {
  const state = stateOf(context, node.inputs[0]);
  const before = known.get(node);
  if (before?.context === context && before.whitened.state === state) return before.whitened;
  const by = scalings(node, context, state);
  const running = runningMeanOf(node, context);
  const white = state.parts.map((part, i) => standardized(part, by[i], node.epsilon, running));
  const whitened = { state, by, white };
  known.set(node, { context, whitened });
  return whitened;
}

export const normalizeRule: Rule<NormalizeNode> = {
  forward(node, context) {
    const { state, by, white } = whiten(node, context);
    const affine = affineOf(node, context);
    const parts = state.parts.map((part, i) => {
      const uneven = node.method === "batch" ? part.uneven : undefined;
      const out = { ...affinePart(white[i], affine), uneven };
      const kept = keptSway(node, by[i], state);
      const scatter = kept === 0 ? undefined : part.scatter;
      return by[i].fixed ? { ...out, spread: part.spread, freedom: part.freedom } : { ...out, scatter };
    });
    return [{ shape: state.shape, layout: state.layout, parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const { state, by, white } = whiten(node, context);
    const affine = affineOf(node, context);
    const left = sharesBefore(context, node);
    // Mean over pairs of positions of E[δ x̂ δ' x̂'].
    const along = state.parts.map((_, i) => {
      const outgoing = totalKernel(gradient[i]);
      const variance = diagonal(white[i].kernel) - white[i].mean ** 2;
      const deviation = Math.sqrt(Math.max(0, variance));
      const offset = deviation === 0 ? 0 : white[i].mean / deviation;
      const coupled = coupledMean(
        context,
        node.outputs[0],
        i,
        deviation * Math.sqrt(affine.scale.second),
        Math.abs(offset) < ROUNDING ? 0 : offset,
      );
      const whole =
        coupled !== null
          ? coupled * variance
          : sumOfProduct(outgoing, white[i].kernel) / positions(outgoing) ** 2 + gradient[i].shared * white[i].cross;
      return left.scale * whole;
    });
    const radialShare = (i: number) => along[i] / Math.max(1e-300, diagonal(totalKernel(gradient[i])));
    addGradient(
      context,
      node.inputs[0],
      state.parts.map((part, i) => {
        const outgoing = totalKernel(gradient[i]);
        const alike = affine.scale.second * by[i].inverse;
        const scaled = by[i].positionwise
          ? timesProfile(scaleKernel(outgoing, affine.scale.second), inverseProfile(part, by[i], node.epsilon))
          : by[i].fixed
            ? scaleKernel(outgoing, alike)
            : outgoing;
        const factor = scaled === outgoing ? alike : 1;
        const level = diagonal(outgoing);
        const ratio = level === 0 ? 0 : (factor * diagonal(scaled)) / level;
        const byHead = isByHead(node, by[i], state);
        const lift = byHead ? inverseLiftOf(node, by[i].count) : 1;
        const plain: GradientPart = {
          kernel: byHead ? multiplyKernels(scaled, sharedByPositions(node, by[i].count, white[i])) : scaled,
          selected: null,
          byRank: gradient[i].byRank,
          leadByRank: gradient[i].leadByRank ?? null,
          between: gradient[i].between * ratio,
          shared: gradient[i].shared * ratio,
          ...(gradient[i].sway && { sway: gradient[i].sway * ratio * keptSway(node, by[i], state) }),
          ...(gradient[i].bend && { bend: gradient[i].bend * ratio * keptSway(node, by[i], state) }),
        };
        return by[i].fixed
          ? plain
          : projected(node, plain, factor * lift, radialShare(i) / by[i].count, by[i].count, gradient[i].tangent ?? 0);
      }),
    );
    const channels = channelsOf(state);
    const perChannel = (f: (i: number) => number) =>
      state.parts.reduce((sum, part, i) => sum + (part.channels / channels) * f(i), 0);
    // One scale for every head: its gradient is the sum over them.
    const uses = (parameter: string | null) =>
      channels / (parameter === null ? channels : parameterSize(context, parameter, channels));
    const pairs = (i: number) => positions(totalKernel(gradient[i])) ** 2 * gradient[i].shared;
    if (hasParametersByPosition(node, context, state)) {
      const level = perChannel((i) => diagonal(totalKernel(gradient[i])));
      addParameterGradient(
        context,
        node.scale,
        perChannel((i) => diagonal(totalKernel(gradient[i])) * diagonal(white[i].kernel)),
      );
      addParameterGradient(context, node.shift, level);
      return;
    }
    addParameterGradient(
      context,
      node.scale,
      left.leak +
        uses(node.scale) *
          perChannel((i) => positions(totalKernel(gradient[i])) ** 2 * along[i] + swayed(gradient[i], white[i])),
    );
    addParameterGradient(
      context,
      node.shift,
      left.shift * uses(node.shift) * perChannel((i) => sumOverPairs(totalKernel(gradient[i])) + pairs(i)),
    );
  },
};

/** A scale and shift of each position's own (layer normalization over a whole map): nothing is summed over positions. */
const hasParametersByPosition = (node: NormalizeNode, context: Context, state: State): boolean => {
  const name = node.scale ?? node.shift;
  const own = name === null ? undefined : context.model.parameters.get(name)?.shape;
  const count = state.parts[0].kernel.sizes.reduce((a, b) => a * b, 1);
  return own !== undefined && count > 1 && product(own) === channelsOf(state) * count;
};

/** Entries of a scale or shift; a single number stands for all channels alike. */
function parameterSize(context: Context, parameter: string, channels: number): number {
  const size = product(context.model.parameters.get(parameter)?.shape ?? []);
  return size > 1 && channels % size === 0 ? size : channels;
}

/** Statistics of one channel take out all that runs along its own values; those of a group one part in its width. */
const keptSway = (node: NormalizeNode, by: Scaling, state: State): number => {
  if (by.fixed || node.method === "layer" || node.method === "rms") return 1;
  return node.method === "group" ? 1 - node.groups / channelsOf(state) : 0;
};

/** E[δ δ'] of two of n channels once their mean is out, in units in which E[δ²] is then `level`: their sum is 0. */
const withoutMean = (between: number, level: number, n: number): number => {
  const own = (level - between) * (1 - 1 / n);
  return n < 2 || own === 0 ? 0 : ((between - level) / n) * (level / own);
};

/**
 * δ − mean(δ) − x̂·mean(δ x̂), times `factor`, over the normalized group (Ioffe & Szegedy 2015): two directions of the group are taken
 * out, with the share of E[δ²] that lies along them (`radial`: along x̂). Over a batch the subtracted mean leaves the samples anticorrelated, so
 * that Σ δ over the batch is 0 exactly. `tangent`: what a normalization behind has taken out of layer statistics' directions.
 */
function projected(
  node: NormalizeNode,
  gradient: GradientPart,
  factor: number,
  radial: number,
  count: number,
  tangent: number,
): GradientPart {
  const { kernel } = gradient;
  const level = factor * diagonal(kernel);
  if (level === 0) return { ...gradient, kernel: scaleKernel(kernel, factor) };
  if (node.method === "layer" || node.method === "rms") {
    const removed = ((node.method === "rms" ? 1 : 2) / count) * (1 - tangent);
    const left = Math.max(0, 1 - removed);
    const between = node.method === "layer" ? withoutMean(gradient.between, level, count) * left : gradient.between;
    return { ...gradient, kernel: scaleKernel(kernel, factor * left), between, tangent: 1 };
  }
  const whole = factor * meanOverPairs(kernel);
  const batch = node.method === "batch";
  const along = (batch ? whole + gradient.shared : whole) / count;
  const { lags, far } = mapCorrelations(kernel, (c) => (level === along ? c : (level * c - along) / (level - along)));
  const left = factor * Math.max(0, 1 - along / level) * Math.max(0, 1 - radial);
  const out = scaleKernel(kernelOf(kernel.sizes, kernel.radius, lags, far, kernel.profile), left);
  return { ...gradient, kernel: out, shared: batch ? -meanOverPairs(out) : gradient.shared };
}
