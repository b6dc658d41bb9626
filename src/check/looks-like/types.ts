/** What a tensor's values say about where they came from. */

import type { Initializer, InitializerKind } from "../../init/types.ts";
import type { ParameterUsage } from "../../plan/usage/index.ts";

/** What a parameter is for; every convention of its fans counts, as frameworks differ. `usageOf(model)` gives it. */
export type TensorUse = Pick<ParameterUsage, "part" | "op" | "fans" | "hidden" | "gates">;

/** One question that was put to the numbers, and how likely an answer as far out is where they are fresh. */
export interface Test {
  readonly name: string;
  readonly p: number;
}

export type Family = Exclude<InitializerKind, "file">;

export type Likeness =
  | {
      readonly family: Family;
      /** The initializer with its numbers, as fitted: exact where a known scheme explains it. */
      readonly initializer: Initializer;
      /**
       * Standard deviation of one element; gain of orthogonal, delta-orthogonal, identity and dirac; the value of a constant;
       * the rows' length of nguyen-widrow.
       */
      readonly scale: number;
      /** Known rules that give this family and scale for the parameter's fans, most usual first; empty for a scale of its own. */
      readonly schemes: readonly string[];
      /** Posterior probability of the family among those that were tried, equal before. */
      readonly confidence: number;
      readonly tests: readonly Test[];
    }
  | {
      readonly family: "trained";
      /** The family that it comes nearest to. */
      readonly nearest: Family | null;
      /** Which property no initialization has. */
      readonly why: string;
      /** One minus the probability of numbers as far out in a fresh tensor. */
      readonly confidence: number;
      readonly tests: readonly Test[];
    }
  | { readonly family: "unknown"; readonly why: string };
