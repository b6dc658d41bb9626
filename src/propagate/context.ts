/** What a rule sees of the whole: the model, the laws, the states that are known so far, and where gradients collect. */

import type { Model, Node, Warning } from "../model/types.ts";
import type { AttentionGradient } from "./attention/weights.ts";
import { diagonal, type Kernel, meanOverPairs, sumKernels } from "./kernel/kernel.ts";
import type { MaximumLaw } from "./law/maximum.ts";
import type { CustomRules } from "./rules/custom.ts";
import type { State } from "./state/state.ts";
import type { ParameterLaw } from "./types.ts";

/** Gradient that a max pooling sends to the winners: there the pre-activation has another law than elsewhere. */
export interface Selected {
  readonly kernel: Kernel;
  /** Law of the pre-activation at the winner. */
  readonly law: MaximumLaw;
  /** Of `GradientPart.shared`, what came through the winners. */
  readonly shared: number;
}

/** E[δ_p δ_p'] of one part of a tensor; the parts are those of the tensor's state. */
export interface GradientPart {
  readonly kernel: Kernel;
  readonly selected: Selected | null;
  /** E[δ δ'] of two different channels at one position: 0 unless weights have a mean. */
  readonly between: number;
  /**
   * (samples − 1) · E[δ_p δ'_p'] of two different samples of the batch, averaged over pairs of positions: what batch
   * normalization's subtraction of means puts between samples, counted towards one sample's gradient.
   */
  readonly shared: number;
  /**
   * Mean over pairs of positions (0 for a position with itself) of Cov(Ĝ(p, p'), κ): Ĝ = E[δ_p δ_p'] given the inputs, κ the
   * fluctuation of their overlaps at unit variance (law/scatter.ts); absent: 0.
   */
  readonly sway?: number;
  /** Mean over pairs of positions of dĜ/d ln of the tensor's own overlap, where an activation follows at once; absent: not followed. */
  readonly bend?: number;
  /** Share of what a normalization takes out of a gradient, x̂ and the mean, that is out already; absent: 0 (post-norm: all). */
  readonly tangent?: number;
  /**
   * E[δ² | the element's rank] / E[δ²] over the atoms of the element's marginal law; null: the same at every rank. On a
   * skip path no weights come between two rectifiers, so that where the later one is open the earlier one mostly was too.
   */
  readonly byRank: Float64Array | null;
  /** The same of what positions and samples have in common: E[δ | the element's rank] / E[δ]; absent: the same at every rank. */
  readonly leadByRank?: Float64Array | null;
}

export type Gradient = readonly GradientPart[];

export interface Context {
  readonly model: Model;
  readonly law: (parameter: string) => ParameterLaw;
  readonly mode: "train" | "eval";
  readonly batch: number;
  readonly rules: CustomRules;
  /** Some node normalizes by statistics of the batch: what channels differ by has to be followed. */
  readonly batchStatistics: boolean;
  readonly inputMean: number;
  readonly inputVariance: number;
  readonly states: Map<string, State>;
  readonly gradients: Map<string, Gradient>;
  readonly parameterGradients: Map<string, number>;
  /** By the node that made the scores. */
  readonly attentionGradients: Map<string, AttentionGradient>;
  readonly producers: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  readonly warn: (warning: Warning) => void;
  /** Pairs a node with its kind's rule. */
  readonly dispatch: (
    node: Node,
    visit: <K extends Node["kind"]>(node: Extract<Node, { kind: K }>, rule: Rule<Extract<Node, { kind: K }>>) => void,
  ) => void;
}

export const stateOf = (context: Context, tensor: string): State => {
  const state = context.states.get(tensor);
  if (!state)
    throw new Error(
      `propagate: tensor ${tensor} is used before it is made, got no state; the nodes must be in topological order`,
    );
  return state;
};

export const plainGradient = (kernels: readonly Kernel[]): Gradient =>
  kernels.map((kernel) => ({ kernel, selected: null, between: 0, shared: 0, byRank: null }));

/** The gradient part that `from` becomes when its kernel becomes `kernel`; `share`: extra factor of what samples share. */
export function carry(from: GradientPart, kernel: Kernel, share = 1): GradientPart {
  const before = diagonal(totalKernel(from));
  const ratio = before === 0 ? 0 : diagonal(kernel) / before;
  return {
    kernel,
    selected: null,
    between: from.between * ratio,
    shared: from.shared * ratio * share,
    byRank: null,
    ...(from.sway && { sway: from.sway * ratio * share }),
  };
}

const both = (a: Kernel, b: Kernel): Kernel =>
  sumKernels([
    { kernel: a, weight: 1 },
    { kernel: b, weight: 1 },
  ]);

/** Weights by rank of the sum of two uncorrelated gradients: each by its share. */
function mixRanks(
  a: Float64Array | null | undefined,
  b: Float64Array | null | undefined,
  p: number,
  q: number,
): Float64Array | null {
  if (!a && !b) return null;
  if (p + q === 0) return null;
  if (a === b && a) return a;
  const out = new Float64Array((a ?? b)?.length ?? 0);
  for (let i = 0; i < out.length; i++) out[i] = (p * (a ? a[i] : 1) + q * (b ? b[i] : 1)) / (p + q);
  return out;
}

/** Of uncorrelated gradients, each by its share of E[δ²]. */
function mixed(a: GradientPart, b: GradientPart): number {
  if (!a.tangent && !b.tangent) return 0;
  const [p, q] = [a, b].map((part) => diagonal(totalKernel(part)));
  return p + q === 0 ? 0 : (p * (a.tangent ?? 0) + q * (b.tangent ?? 0)) / (p + q);
}

/** E[δ_p δ'_p'] over all pairs of positions, other samples' share included: what the sum over a batch is made of. */
export const togetherness = (part: GradientPart): number => Math.max(0, meanOverPairs(totalKernel(part)) + part.shared);

/** Adds a contribution; different consumers' contributions are uncorrelated (each went through weights of its own). */
export function addGradient(context: Context, tensor: string, gradient: Gradient): void {
  if (!context.states.has(tensor)) {
    if (context.model.parameters.has(tensor))
      addParameterGradient(
        context,
        tensor,
        gradient.reduce((sum, part) => sum + diagonal(totalKernel(part)), 0) / gradient.length,
      );
    return;
  }
  const before = context.gradients.get(tensor);
  context.gradients.set(
    tensor,
    !before
      ? gradient
      : before.map((part, i) => {
          const other = gradient[i];
          const tangent = mixed(part, other);
          const selected =
            part.selected && other.selected
              ? {
                  ...part.selected,
                  kernel: both(part.selected.kernel, other.selected.kernel),
                  shared: part.selected.shared + other.selected.shared,
                }
              : (part.selected ?? other.selected);
          return {
            kernel: both(part.kernel, other.kernel),
            selected,
            between: part.between + other.between,
            shared: part.shared + other.shared,
            ...(tangent !== 0 && { tangent }),
            ...((part.sway || other.sway) && { sway: (part.sway ?? 0) + (other.sway ?? 0) }),
            byRank: mixRanks(part.byRank, other.byRank, diagonal(totalKernel(part)), diagonal(totalKernel(other))),
            leadByRank:
              part.leadByRank || other.leadByRank
                ? mixRanks(part.leadByRank, other.leadByRank, togetherness(part), togetherness(other))
                : null,
          };
        }),
  );
}

/** The whole second-moment kernel of a gradient part, winners included. */
export const totalKernel = (part: GradientPart): Kernel =>
  part.selected ? both(part.kernel, part.selected.kernel) : part.kernel;

/** Adds a node's share. Differences of nearly equal sums over a batch may come out below 0 by rounding: they are 0. */
export const addParameterGradient = (context: Context, parameter: string | null, value: number): void => {
  if (parameter !== null)
    context.parameterGradients.set(parameter, (context.parameterGradients.get(parameter) ?? 0) + Math.max(0, value));
};

/** A node kind's mathematics, forward and backward. */
export interface Rule<N extends Node> {
  /** States of the outputs. */
  readonly forward: (node: N, context: Context) => readonly State[];
  /** `gradients[i]` belongs to output i; null where nothing depends on it. */
  readonly backward: (node: N, context: Context, gradients: readonly (Gradient | null)[]) => void;
}
