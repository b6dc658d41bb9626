/** Contract of the propagation room: a model and the law of each parameter in, the size of every signal and gradient out. */

import type { Warning } from "../model/types.ts";
import type { CustomRules } from "./rules/custom.ts";

/** What propagation needs to know of a parameter's entries. */
export interface ParameterLaw {
  readonly mean: number;
  /** Variance of one entry around `mean` (0 for constants). */
  readonly variance: number;
  /** E[(w − mean)⁴] / variance²; default 3 (Gaussian). Uniform: 9/5. Matters where few products enter a sum. */
  readonly kurtosis?: number;
  /** Consecutive blocks along axis 0 (gates, fused query-key-value) where their laws differ; the two above are then over all. */
  readonly blocks?: readonly { readonly size: number; readonly mean: number; readonly variance: number }[];
}

export interface PropagateOptions {
  /** Real-valued inputs: mean and variance of one entry, entries independent. Default 0 and 1. */
  readonly inputMean?: number;
  readonly inputVariance?: number;
  /** Which statistics batch normalization and dropout use. Default "train". */
  readonly mode?: "train" | "eval";
  /** Samples that batch statistics are taken over. Default 64. */
  readonly batch?: number;
  /** Rules of operators that the library does not know, by name; without one a node passes its first input on. */
  readonly rules?: CustomRules;
}

export interface TensorSignal {
  readonly mean: number;
  readonly secondMoment: number;
  /** E[a a'] of one channel in two different samples, averaged over pairs of positions: what does not tell inputs apart. */
  readonly common: number;
  /** Standard deviation between draws of ln(second moment). */
  readonly spread: number;
  /** E[(∂L/∂element)²] for one sample, L = Σ y·g, g ~ N(0, 1). */
  readonly gradient: number;
}

export interface ActivationStatistics {
  /** Name of the activation that the layer's pre-activation goes through. */
  readonly activation: string;
  readonly saturated: number;
  readonly dead: number;
}

export interface Propagation {
  readonly signals: ReadonlyMap<string, TensorSignal>;
  /** Mean square of ∂L/∂W per element, one sample. */
  readonly gradients: ReadonlyMap<string, number>;
  /** By node name of an activation node. */
  readonly activations: ReadonlyMap<string, ActivationStatistics>;
  readonly warnings: readonly Warning[];
}
