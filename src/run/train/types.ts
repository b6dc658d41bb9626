/** What training takes and gives. */

import type { Seed } from "../../random/index.ts";
import type { CustomOperations } from "../custom.ts";
import type { Device } from "../jax.ts";
import type { Mode } from "../operation.ts";
import type { Weights } from "../values.ts";

/** Row-major, one sample after the other; token ids as Int32Array. */
export type InputRows = Float32Array | Int32Array;
/** Of the model's one input, or of several by name: `count` × the sample of each. */
export type SampleInputs = InputRows | ReadonlyMap<string, InputRows>;

/** Rows to learn from. Samples come first in every array, whatever axis the model has them on. */
export interface Samples<Inputs extends SampleInputs = SampleInputs> {
  readonly count: number;
  readonly inputs: Inputs;
  /**
   * Class ids (Int32Array: one a sample, or one a position where the output is a sequence or a map), or values
   * (Float32Array: `count` × the output's sample). Squared error on class ids takes them one-hot.
   */
  readonly targets: Int32Array | Float32Array;
}

/**
 * - `cross-entropy`: mean over samples (and positions) of −ln p(class). A softmax at the end is part of the loss: its
 *   input are the logits. An output of one number with two classes is a logistic unit.
 * - `squared-error`: mean over samples and outputs of (y − t)².
 */
export type Loss = "cross-entropy" | "squared-error";

export type OptimizerOptions =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum?: number }
  | {
      readonly kind: "adam";
      readonly learningRate: number;
      /** Defaults 0.9, 0.999, 1e-8 (Kingma & Ba 2015). */
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
    };

export interface TrainerOptions {
  /** Where training starts; a parameter that is missing is taken from the file. */
  readonly weights: Weights;
  readonly loss: Loss;
  readonly optimizer: OptimizerOptions;
  /**
   * "train" (the default): batch normalization takes the batch's own statistics and moves the running ones, dropout drops.
   * "eval": neither, as where a part of a network that is done learns on.
   */
  readonly mode?: Mode;
  /**
   * Statistics of batch normalization when it evaluates: "eval", the running ones (the default where the model has them), or
   * "train", the batch's own. Nothing is dropped.
   */
  readonly evaluation?: Mode;
  /** Decides what dropout drops. Default 0. */
  readonly seed?: Seed;
  /** Operations of nodes and activations that the library does not know, by name. */
  readonly operations?: CustomOperations;
  /** "wasm" (the default) runs everywhere, "webgpu" in browsers that have it. */
  readonly device?: Device;
}

export interface Score {
  readonly loss: number;
  /** Fraction of right classes; NaN where targets are values. */
  readonly accuracy: number;
}

/** By parameter name, row-major in the parameter's own shape. */
export type Values = Map<string, Float32Array>;

export interface Trainer {
  /** One update; the score is that of the batch before it. More rows than the model's batch are taken in turns. */
  readonly step: (batch: Samples) => Promise<Score>;
  readonly evaluate: (data: Samples) => Promise<Score>;
  /** Loss and its gradient with respect to every trained parameter; nothing updated, nothing dropped. */
  readonly gradient: (batch: Samples) => Promise<Score & { readonly gradients: Values }>;
  /** The current values of all parameters that the model reads, running statistics included. */
  readonly weights: () => Promise<Values>;
  readonly setLearningRate: (learningRate: number) => void;
  /** Starts again from these weights, optimizer state at zero; the compiled programs stay. */
  readonly reset: (weights: Weights, options?: { readonly learningRate?: number; readonly seed?: Seed }) => void;
  readonly dispose: () => void;
}
