/** A rule as data, and the function that finds. */

import type { Model } from "../../model/types.ts";
import type { Usages } from "../../plan/usage/types.ts";
import type { DataFacts } from "../data.ts";
import type { TensorFacts } from "../facts/types.ts";
import type { Likeness } from "../looks-like/types.ts";
import type { Signals } from "../signals/types.ts";
import type { Finding, Reads, RuleName, Severity } from "../types.ts";

export interface Threshold {
  readonly default: number;
  /** What it is, in which unit, and where the default comes from. */
  readonly meaning: string;
}

/** What rules see. */
export interface RuleContext {
  readonly model: Model;
  readonly usages: Usages;
  readonly facts: ReadonlyMap<string, TensorFacts>;
  readonly likeness: ReadonlyMap<string, Likeness>;
  /** Of the weights as they are, earlier named tensors drawn anew; null without a graph. */
  readonly signals: Signals | null;
  /** Of the rows of --data; null without. */
  readonly data: DataFacts | null;
  /** What a run on labelled data showed; null without. */
  readonly step: { readonly learningRate: number; readonly largestCurvature: number; readonly samples: number } | null;
  /** Parameters that earlier findings name, by the rule that did. */
  readonly named: ReadonlyMap<string, RuleName>;
  /** Rules that have found something already. */
  readonly found: ReadonlySet<RuleName>;
  /** Most weights are trained. */
  readonly trained: boolean;
  /** A threshold of this rule. */
  readonly limit: (name: string) => number;
}

export interface Rule {
  readonly name: RuleName;
  /** The most serious it can be, by itself. */
  readonly severity: Severity;
  readonly reads: readonly Reads[];
  /** What it finds, in one line. */
  readonly summary: string;
  /** It speaks of initialization: silent where the weights are trained. */
  readonly initialization: boolean;
  readonly thresholds: Readonly<Record<string, Threshold>>;
  /** Rules of one stage see the same signals; those of a later stage see them with what was named drawn anew. */
  readonly stage: Stage;
  readonly find: (context: RuleContext) => readonly Finding[];
}

/** In causal order: what a stage names is not reported again as its consequence. */
export const STAGES = ["values", "input", "units", "saturation", "depth", "output", "notes"] as const;
export type Stage = (typeof STAGES)[number];
