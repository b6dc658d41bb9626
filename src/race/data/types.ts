/** Samples before they are fitted to a model, and after. */

import type { Seed } from "../../random/index.ts";
import type { Loss, SampleInputs, Samples } from "../../run/index.ts";

export interface Task<Inputs extends SampleInputs = SampleInputs> {
  readonly name: string;
  readonly train: Samples<Inputs>;
  /** Held out: a fifth of the rows. */
  readonly test: Samples<Inputs>;
  readonly loss: Loss;
  readonly classes: number;
  /** Of the real-valued training inputs' entries, as the model gets them; null where all are token ids. */
  readonly input: { readonly mean: number; readonly variance: number } | null;
  readonly standardised: boolean;
}

export interface TaskOptions {
  /** Decides synthetic data and which rows are held out. */
  readonly seed: Seed;
  /** Each feature to mean 0 and variance 1 over the training rows (constant ones to 0). Default false. */
  readonly standardise?: boolean;
  /** Default: cross-entropy where there are classes. */
  readonly loss?: Loss;
}

export interface Dataset {
  /** What people call it: a built-in name or a file's. */
  readonly name: string;
  readonly count: number;
  /** Row-major, `count` × the product of `shape`. */
  readonly inputs: Float32Array;
  /** Of one sample: [features] or [channels, height, width]. */
  readonly shape: readonly number[];
  /** Class ids; null where there are none. */
  readonly labels: Int32Array | null;
  readonly classes: readonly string[];
}

/** For a model of several inputs: an array for each of them. */
export interface NamedDataset extends Pick<Dataset, "name" | "count" | "labels" | "classes"> {
  /** Row-major, samples first, by the input's name. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
}
