/** What a check says and works on (DESIGN 6.2, `epoch0.check/1`). Field names of findings are a contract. */

import type { Model } from "../model/types.ts";
import type { Usages } from "../plan/usage/types.ts";

export type Severity = "info" | "warning" | "error";

/** From the least to the most serious. */
export const SEVERITIES: readonly Severity[] = ["info", "warning", "error"];

/** What a rule looks at: the values in the file, the predicted signals, or a run on data. */
export type Reads = "weights" | "prediction" | "run";

export type RuleName =
  | "non-finite"
  | "zero-weights"
  | "symmetric-units"
  | "cloned-layer"
  | "mis-scaled"
  | "rank-deficient"
  | "unnormalized-input"
  | "dead-units"
  | "saturated"
  | "vanishing-forward"
  | "exploding-forward"
  | "vanishing-gradient"
  | "exploding-gradient"
  | "large-logits"
  | "step-too-large"
  | "looks-like"
  | "trained";

export type Evidence = Readonly<
  Record<string, number | string | boolean | null | readonly number[] | readonly string[]>
>;

export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** Parameter that the finding names; absent where it speaks of a node or of the whole model. */
  readonly tensor?: string;
  readonly node?: string;
  /** One sentence with the numbers. */
  readonly message: string;
  readonly evidence: Evidence;
  /** What to do, one sentence; empty where there is nothing to do. */
  readonly fix: string;
}

/** The values of one parameter, summed up in one pass over them. */
export interface TensorFacts {
  readonly name: string;
  readonly count: number;
  /** Over the finite values; NaN where there is none. */
  readonly mean: number;
  /** Population standard deviation of the finite values. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
}

export interface CheckedModel {
  readonly model: Model;
  readonly usages: Usages;
  readonly facts: ReadonlyMap<string, TensorFacts>;
}
