/** What a check says (DESIGN 6.2, `epoch0.check/1`). Field names of findings are a contract. */

import type { Model } from "../model/types.ts";

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
  /** Parameters that a fix draws again; absent where drawing does not help. */
  readonly redraw?: readonly string[];
}

/** How a check ended, in numbers and in one line. */
export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  /** Findings that the configuration ignores, with a reason. */
  readonly ignored: number;
  /** Findings that the baseline knows. */
  readonly known: number;
  /** Parameters that were looked at. */
  readonly tensors: number;
  /** What the rules could look at: weights always; prediction with a graph; run with data. */
  readonly looked: readonly Reads[];
  /** Most weights are trained: the rules that speak of initialization were silent. */
  readonly trained: boolean;
  readonly line: string;
}

export interface CheckResult {
  readonly schema: "epoch0.check/1";
  readonly model: Pick<Model, "format" | "name">;
  readonly findings: readonly Finding[];
  readonly summary: Summary;
}
