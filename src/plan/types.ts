/** What a scheme makes of a model (DESIGN 6.2, `epoch0.plan/1`). Field names are a contract. */

import type { Initializer } from "../init/types.ts";
import type { Dtype, Role, Unsupported, Warning } from "../model/types.ts";
import type { Objective } from "./auto/goals.ts";

export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly role: Role;
  /** What uses it: "linear", "conv", "depthwise-conv", "conv-transpose", "embedding", "lstm", "batch-norm", … or "unknown". */
  readonly op: string;
  readonly fanIn: number;
  readonly fanOut: number;
  readonly initializer: Initializer;
  /** Standard deviation of one element as drawn. */
  readonly std: number;
  readonly why: string;
}

export interface Moments {
  readonly mean: number;
  readonly secondMoment: number;
}

/** One row a layer with weights: linear, conv, embedding, recurrent. */
export interface PlannedLayer {
  readonly weight: string;
  readonly node: string;
  /** The layer's pre-activation; spread: standard deviation of ln(second moment) between draws at this width. */
  readonly output: Moments & { readonly spread: number };
  readonly gradient: { readonly secondMoment: number };
  /** The activation that follows, by name; null if none. */
  readonly activation: string | null;
  /** Predicted share of units whose activation's slope is under 1/20 of its largest; null where no activation follows. */
  readonly saturated: number | null;
  /** Predicted share of units that are flat (slope exactly 0) at one input; null where no activation follows. */
  readonly dead: number | null;
}

export interface Signal {
  readonly tensor: string;
  readonly mean: number;
  readonly secondMoment: number;
  /** Standard deviation of ln(second moment) between draws at this width. */
  readonly spread: number;
  readonly gradient: { readonly secondMoment: number };
}

export interface Plan {
  readonly schema: "epoch0.plan/1";
  readonly scheme: string;
  readonly seed: number;
  /** What `auto` kept level; absent for other schemes. */
  readonly objective?: Objective;
  readonly model: {
    readonly format: string;
    readonly name: string;
    readonly parameters: number;
    readonly scalars: number;
  };
  readonly tensors: readonly PlannedTensor[];
  readonly layers: readonly PlannedLayer[];
  readonly signals: readonly Signal[];
  readonly gradients: readonly { readonly tensor: string; readonly secondMoment: number }[];
  readonly unsupported: readonly Unsupported[];
  readonly warnings: readonly Warning[];
}
