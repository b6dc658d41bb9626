/** What the rules know of one parameter's values: sums over the file, small enough to be kept for every tensor. */

import type { Parameter } from "../../model/types.ts";
import type { ParameterUsage } from "../../plan/usage/types.ts";

/** Index along axis 0: the units that a weight leads into. */
export interface UnitSums {
  /** Σ w and Σ w² over what enters each unit. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly length: number;
}

export interface TensorFacts {
  readonly name: string;
  readonly parameter: Parameter;
  readonly usage: ParameterUsage;
  readonly count: number;
  /** Values that its distribution was told from. */
  readonly sampled: number;
  /** Of the finite values, population standard deviation; NaN where there is none. */
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly kurtosis: number;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  /** Sums over the weights that enter each unit (the layer's own layout); null where there are no units. */
  readonly units: UnitSums | null;
  /** Rows and columns of the matrix [axis 0, everything else] that are equal to an earlier one, and how many there are. */
  readonly equalRows: number;
  readonly rows: number;
  readonly equalColumns: number;
  readonly columns: number;
  /** Rank of the lines that were looked at, and their number: at most the smaller side. Null where it was not asked. */
  readonly rank: { readonly found: number; readonly of: number } | null;
  /** Of the values; equal tensors have equal fingerprints. */
  readonly fingerprint: string;
  /** The values themselves of a short vector (biases, norm scales). */
  readonly values: Float64Array | null;
}

export const isConstant = (facts: TensorFacts): boolean => facts.min === facts.max;
export const isZero = (facts: TensorFacts): boolean => facts.count > 0 && facts.zeros === facts.count;
export const allFinite = (facts: TensorFacts): boolean => facts.nan === 0 && facts.infinite === 0;
