/** What a normalization subtracts and divides by, and what it leaves. */

import type { NormalizeNode } from "../../model/types.ts";
import type { Context } from "../context.ts";
import {
  addConstant,
  diagonal,
  type Kernel,
  kernelOf,
  mean,
  meanOverPairs,
  positions,
  scaleKernel,
  windowPairs,
} from "../kernel/kernel.ts";
import { pairWeights } from "../kernel/pairs.ts";
import { combineAboveZero } from "../kernel/values.ts";
import { settled, varianceOfVariance } from "../law/kinship.ts";
import { commonProfile } from "../state/common.ts";
import { keptWith } from "../state/kept.ts";
import {
  channelCount,
  channelsOf,
  mixParts,
  type Part,
  positionDims,
  type State,
  secondMoment,
} from "../state/state.ts";

/** What a part is normalized by. */
export interface Scaling {
  /** Second moment of the mean that is subtracted; at each position its own when `positionwise`. */
  readonly removed: number;
  /** Mean of the variance divided by, and the mean of its inverse (Jensen: larger than 1/variance where few numbers enter). */
  readonly variance: number;
  readonly inverse: number;
  /** Samples (batch) or channels that one statistic is taken over. */
  readonly count: number;
  /** Statistics of each position alone (layer and RMS normalization over channels). */
  readonly positionwise: boolean;
  /** Running statistics: constants, nothing flows through them. */
  readonly fixed: boolean;
}

/** Second moment of the mean over n exchangeable channels. */
const channelMean = (n: number, own: number, between: number): number => (own + (n - 1) * between) / n;

/** E[1/S] · E[S] for S a mean of squares with `freedom` degrees: ν/(ν − 2) for a χ² law, capped where it has no mean. */
const inverseLift = (freedom: number): number =>
  Number.isFinite(freedom) ? Math.max(freedom, 3) / (Math.max(freedom, 3) - 2) : 1;

const scalingOf = (
  removed: number,
  variance: number,
  epsilon: number,
  count: number,
  freedom: number,
  positionwise = false,
): Scaling => {
  const safe = Math.max(0, variance);
  return {
    removed,
    variance: safe,
    inverse: inverseLift(freedom) / (safe + epsilon),
    count,
    positionwise,
    fixed: false,
  };
};

function batchScaling(context: Context, node: NormalizeNode, part: Part): Scaling {
  if (context.mode === "eval") {
    const running = node.variance === null ? 1 : context.law(node.variance).mean;
    return {
      removed: 0,
      variance: running,
      inverse: 1 / (running + node.epsilon),
      count: Number.POSITIVE_INFINITY,
      positionwise: false,
      fixed: true,
    };
  }
  return keptScaling(part, [context.batch, node.epsilon], () => ownScaling(part, context.batch, node.epsilon));
}

/** In a dense net every later block normalizes the same features. */
const keptScaling = keptWith<Part, Scaling>();

function ownScaling(part: Part, batch: number, epsilon: number): Scaling {
  const removed = meanOverPairs(part.kernel) / batch + (1 - 1 / batch) * part.cross;
  const relative = varianceOfVariance({ ...part, cross: removed }, batch);
  return scalingOf(removed, secondMoment(part) - removed, epsilon, batch, 2 / relative);
}

/** Degrees of freedom of a group's variance: the part constant over a map counts once a channel, the rest many times. */
function groupFreedom(part: Part, width: number, removed: number): number {
  const level = secondMoment(part);
  const variance = level - removed;
  if (variance <= 0 || width === 1) return part.freedom;
  const constant = Math.max(0, meanOverPairs(part.kernel) - part.between) / level;
  const rest = Math.max(0, 1 - constant);
  return 1 / (constant ** 2 / (width - 1) + rest ** 2 / (width * positions(part.kernel)));
}

export function scalings(node: NormalizeNode, context: Context, state: State): Scaling[] {
  let mixture: Part | null = null;
  const mixed = () => (mixture ??= mixParts(state));
  switch (node.method) {
    case "batch":
      return state.parts.map((part) => batchScaling(context, node, part));
    case "instance":
    case "group": {
      const width = node.method === "instance" ? 1 : channelsOf(state) / node.groups;
      const aligned = state.parts.every((part) => part.channels % width === 0);
      return state.parts.map((own) => {
        const part = aligned ? own : mixed();
        const removed = channelMean(width, meanOverPairs(part.kernel), part.between);
        return scalingOf(
          removed,
          secondMoment(part) - removed,
          node.epsilon,
          width,
          groupFreedom(part, width, removed),
        );
      });
    }
    case "layer": {
      const { channels, dims } = normalizedOver(node, state);
      const each = dims.length === 0;
      const removed = channelMean(
        channels,
        each ? secondMoment(mixed()) : meanOverPairs(mixed().kernel),
        mixed().between,
      );
      return state.parts.map(() =>
        scalingOf(removed, secondMoment(mixed()) - removed, node.epsilon, channels, Number.POSITIVE_INFINITY, each),
      );
    }
    case "rms": {
      const { channels, dims } = normalizedOver(node, state);
      return state.parts.map(() =>
        scalingOf(0, secondMoment(mixed()), node.epsilon, channels, Number.POSITIVE_INFINITY, dims.length === 0),
      );
    }
  }
}

function normalizedOver(node: NormalizeNode, state: State): { channels: number; dims: number[] } {
  const rank = state.shape.length;
  const factors = node.axes.flatMap((axis) => state.layout[axis < 0 ? axis + rank : axis] ?? []);
  return { channels: channelCount(factors), dims: positionDims(factors) };
}

/** 1/(variance at p + ε) relative to the mean level, for statistics of each position alone. */
export function inverseProfile(part: Part, by: Scaling, epsilon: number): Float64Array {
  const level = secondMoment(part);
  const share = level === 0 ? 0 : by.removed / level;
  return part.kernel.profile.map((v) => 1 / (Math.max(0, v * (1 - share)) + epsilon));
}

export const timesProfile = (kernel: Kernel, factors: Float64Array): Kernel => {
  const length = Math.max(kernel.profile.length, factors.length);
  return {
    ...kernel,
    profile: Float64Array.from(
      { length },
      (_, i) => kernel.profile[kernel.profile.length === 1 ? 0 : i] * factors[factors.length === 1 ? 0 : i],
    ),
  };
};

const kept = keptWith<Part, Part>();

/** (x − m)/s before scale and shift. */
export const standardized = (part: Part, by: Scaling, epsilon: number, runningMean: number): Part =>
  kept(part, [epsilon, runningMean, ...Object.values(by)], () => standardize(part, by, epsilon, runningMean));

function standardize(part: Part, by: Scaling, epsilon: number, runningMean: number): Part {
  if (by.fixed) {
    const root = Math.sqrt(by.inverse);
    const lift = by.inverse * (runningMean * runningMean - 2 * runningMean * part.mean);
    return {
      ...part,
      mean: (part.mean - runningMean) * root,
      kernel: addConstant(scaleKernel(part.kernel, by.inverse), lift),
      between: part.between * by.inverse + lift,
      cross: part.cross * by.inverse + lift,
      common: part.common?.map((v) => v * by.inverse + lift),
    };
  }
  const inverse = 1 / (by.variance + epsilon);
  // A law that is mixed because few weights enter is normalized by its own scale; the form of a residual sum stays.
  const shape = Number.isFinite(part.freedom) ? null : part.shape;
  if (by.positionwise) {
    // The mean over n channels removed at p and p' has E[m m'] = K(p, p')/n + (1 − 1/n)·B(p, p'), B of two channels: their
    // common mean, and beyond it the share of K that two channels have in common at one position.
    const own = secondMoment(part) - part.mean ** 2;
    const alike = own <= 0 ? 0 : (part.between - part.mean ** 2) / own;
    const kept = by.removed === 0 ? 1 : Math.max(0, (1 - 1 / by.count) * (1 - alike));
    const centre = (moment: number) => (by.removed === 0 ? moment : kept * (moment - part.mean ** 2));
    const centred = by.removed === 0 ? part.kernel : scaleKernel(addConstant(part.kernel, -(part.mean ** 2)), kept);
    const kernel = timesProfile(centred, inverseProfile(part, by, epsilon));
    const ratio = secondMoment(part) === 0 ? 0 : diagonal(kernel) / secondMoment(part);
    return {
      ...part,
      mean: by.removed === 0 ? part.mean * Math.sqrt(inverse) : 0,
      kernel,
      between: by.removed === 0 ? part.between * ratio : (part.between - by.removed) * ratio,
      cross: centre(part.cross) * (diagonal(centred) === 0 ? 0 : diagonal(kernel) / diagonal(centred)),
      common: undefined,
      shape,
    };
  }
  return {
    ...part,
    mean: 0,
    kernel: withoutMean(part.kernel, by.removed, commonProfile(part), inverse),
    common: undefined,
    kinship: settled(part.kinship),
    between: (part.between - by.removed) * inverse,
    cross: (part.cross - by.removed) * inverse,
    shape,
  };
}

/**
 * E[(z_p − m)(z_p' − m)] = K(p, p') − E[z_p m] − E[z_p' m] + E[m²]. Near a border fewer taps enter, and with them less of
 * the common mean; pairs at a short lag lie on average further from the border. All times `factor`.
 */
function withoutMean(kernel: Kernel, removed: number, common: Float64Array | null, factor: number): Kernel {
  const before = diagonal(kernel);
  const after = before - removed;
  if (after <= 0) return scaleKernel(kernel, 0);
  const kept = common?.length === kernel.profile.length ? mean(common) : 0;
  const [along, typical] = common !== null && kept > 0 ? [common, kept] : [kernel.profile, before];
  const share = removed / typical;
  const profile = combineAboveZero(kernel.profile, along, -2 * share, removed, factor);
  const bordered = along.length > 1 && along.length <= BORDER_COUNTS && kernel.lags.length > 1;
  const weights = bordered ? pairWeights(kernel.sizes, kernel.radius, along, typical) : null;
  const lags = centredCorrelations(kernel.lags, weights, before, removed);
  const beyond = weights ? weightBeyond(kernel, weights) : 1;
  const far = kernel.sizes.length === 0 ? 1 : centredCorrelation(kernel.far, beyond, before, removed);
  return kernelOf(kernel.sizes, kernel.radius, lags, far, profile);
}

/** Of a pair with `weight` times the common mean's usual share. */
const centredCorrelation = (raw: number, weight: number, before: number, removed: number): number =>
  Math.max(-1, Math.min(1, (raw * before - removed * (2 * weight - 1)) / (before - removed)));

function centredCorrelations(
  lags: Float64Array,
  weights: Float64Array | null,
  before: number,
  removed: number,
): Float64Array {
  const out = new Float64Array(lags.length);
  for (let i = 0; i < out.length; i++) out[i] = centredCorrelation(lags[i], weights ? weights[i] : 1, before, removed);
  out[(out.length - 1) / 2] = 1;
  return out;
}

/** Mean weight of the pairs beyond the window: over all pairs it is 1. */
function weightBeyond(kernel: Kernel, weights: Float64Array): number {
  const { inside, pairs } = windowPairs(kernel.sizes, kernel.radius, weights);
  const all = positions(kernel) ** 2;
  return all === pairs ? 1 : (all - inside) / (all - pairs);
}

/** On larger maps the border is a small share of the pairs: their weight differs from 1 by under 1 %. */
const BORDER_COUNTS = 300;
