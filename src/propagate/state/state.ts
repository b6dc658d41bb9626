/**
 * What propagation knows of one tensor. Elements of a tensor are indexed by sample, channel and position; the law is the
 * same for every channel of a part and every sample, and depends on the position through a kernel. That is the wide-layer
 * picture (Lee et al. 2018; Novak et al. 2019): after a layer with independent weights the channels are exchangeable.
 */

import { diagonal, type Kernel, meanOverPairs, sumKernels } from "../kernel/kernel.ts";
import type { Kinship } from "../law/kinship.ts";
import type { Shape } from "../law/shape.ts";
import type { Uneven } from "../law/uneven.ts";

/** One run of indices inside a tensor axis. `dim`: axis of the kernel, for positions. */
export type Factor =
  | { readonly role: "batch"; readonly size: number }
  | { readonly role: "channel"; readonly size: number }
  | { readonly role: "position"; readonly size: number; readonly dim: number };

/** Factors of each tensor axis, slowest first; an axis of size 1 has none. */
export type Layout = readonly (readonly Factor[])[];

/** Law of a group of exchangeable channels. All moments are raw (not centred). */
export interface Part {
  readonly channels: number;
  /** Mean over draws, samples and positions. */
  readonly mean: number;
  /** E[a_p a_p'] within a channel and a sample. */
  readonly kernel: Kernel;
  /** E[a a'] of two different channels, same sample and position, averaged over positions. */
  readonly between: number;
  /** E[a_p a'_p'] of the same channel in two different samples, averaged over pairs of positions. */
  readonly cross: number;
  /** E[a_p m] by position, m the channel's mean over positions and samples; absent: in proportion to the diagonal. */
  readonly common?: Float64Array;
  /** How a channel's variance over all samples differs from another's; absent: not at all. */
  readonly kinship?: Kinship;
  /** Variance between draws of ln(mean square). */
  readonly spread: number;
  /**
   * Independent weights that one element's size hangs on; the square of an element has relative variance 2/freedom between
   * channels. Infinite where no layer came before.
   */
  readonly freedom: number;
  /** Form of the marginal law; null: Gaussian. */
  readonly shape: Shape;
  /** How much the overlap of two positions differs from input to input (law/scatter.ts); absent: not followed. */
  readonly scatter?: () => Kernel;
  /** How much the size given input and earlier weights differs from its mean (law/uneven.ts); absent: not followed. */
  readonly uneven?: () => Uneven;
}

/** Scores s[p, j] = Σ_d query[p, d]·key[j, d]·scale, kept so that softmax knows how they vary together. */
export interface Scores {
  readonly query: Kernel;
  readonly key: Kernel;
  /** Multiplies the product of the kernels: features per head × scale². */
  readonly factor: number;
  /** Products summed in one score: features per head. */
  readonly features: number;
  /** Allowed (1) or masked (0), row-major [queries, keys]; null: all allowed. */
  readonly mask: Float64Array | null;
  /** What a known bias makes of the weights before any score, e^b, row-major [heads, queries, keys]; absent: all alike. */
  readonly prior?: Float64Array;
  /** Variance of a bias that is drawn, from key to key (relative positions); absent: 0. */
  readonly drawn?: number;
  /** The node that made the scores, and the tensors of its queries and keys. */
  readonly origin: string;
  readonly queries: string;
  readonly keys: string;
  /** Standard deviation of the keys' overlap at two positions, from input to input (law/scatter.ts). */
  readonly keySway: number;
}

export interface State {
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly parts: readonly Part[];
  readonly scores?: Scores;
  /** After softmax over scores: the same record, now of the weights. */
  readonly attention?: Scores;
}

export const secondMoment = (part: Part): number => diagonal(part.kernel);

export const channelsOf = (state: State): number => state.parts.reduce((n, part) => n + part.channels, 0);

/** Average of a number over the channels. */
export const averageOver = (state: State, of: (part: Part) => number): number =>
  state.parts.reduce((sum, part) => sum + part.channels * of(part), 0) / channelsOf(state);

export const stateMean = (state: State): number => averageOver(state, (part) => part.mean);
export const stateSecondMoment = (state: State): number => averageOver(state, secondMoment);

/** One part that stands for all of them: the law of a channel picked at random. */
export function mixParts(state: State): Part {
  if (state.parts.length === 1) return state.parts[0];
  const channels = channelsOf(state);
  const share = (part: Part) => part.channels / channels;
  const sum = (of: (part: Part) => number) => state.parts.reduce((total, part) => total + share(part) * of(part), 0);
  const mean = sum((p) => p.mean);
  const pairs = channels * (channels - 1);
  const inside = sum((p) => (p.channels - 1) * p.between) * channels;
  const acrossParts = (mean * channels) ** 2 - state.parts.reduce((t, p) => t + (p.mean * p.channels) ** 2, 0);
  return {
    channels,
    mean,
    kernel: sumKernels(state.parts.map((part) => ({ kernel: part.kernel, weight: share(part) }))),
    between: pairs === 0 ? mean * mean : (inside + acrossParts) / pairs,
    cross: sum((p) => p.cross),
    spread: sum((p) => p.spread),
    freedom: Math.min(...state.parts.map((p) => p.freedom)),
    shape: null,
  };
}

export const mapParts = (state: State, f: (part: Part) => Part): State => ({ ...state, parts: state.parts.map(f) });

/** Second moment of a sum over n exchangeable channels (at one position). */
export const sumOverChannels = (channels: number, secondMoment: number, between: number): number =>
  channels * secondMoment + channels * (channels - 1) * between;

export const factorsOf = (layout: Layout, axis: number): readonly Factor[] => layout[axis] ?? [];

export const positionDims = (factors: readonly Factor[]): number[] =>
  factors.flatMap((factor) => (factor.role === "position" ? [factor.dim] : []));

export const channelCount = (factors: readonly Factor[]): number =>
  factors.reduce((n, factor) => (factor.role === "channel" ? n * factor.size : n), 1);

/** Second moment of the mean over positions of one channel. */
export const positionMeanMoment = (part: Part): number => meanOverPairs(part.kernel);

export const normalizeAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
