/** What one pass over a tensor's values tells. Standard deviations are of the population; "row" means index along axis 0. */

import type { Dtype } from "../../model/types.ts";

export type Values = Float32Array | Float64Array;

/** Counts of equally wide bins from `from` to `to`. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

/** Sums of x and of x² over each row, or each column, of the tensor as a matrix [axis 0, everything else]. */
export interface LineSums {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** Elements in one sum. */
  readonly length: number;
}

/**
 * Whole lines along the longer side of the matrix, spread evenly: rows where there are at most as many rows as columns,
 * columns otherwise. Element j of line i is `vectors[i·line + j·step]`.
 */
export interface Slice {
  readonly along: "rows" | "columns";
  /** Lines that are here, elements of each. */
  readonly count: number;
  readonly length: number;
  /** Place of line i in the matrix. */
  readonly at: (i: number) => number;
  readonly vectors: Values;
  readonly line: number;
  readonly step: number;
  /** Lines of the whole matrix in that direction. */
  readonly of: number;
}

export interface TensorStatistics {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly count: number;
  readonly nan: number;
  readonly infinite: number;
  /** Exact zeros, of either sign. */
  readonly zeros: number;
  /** Moments and bounds of the finite values; NaN where there are none. */
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Third and fourth standardized moments, of the sample; NaN for a constant. A normal has 0 and 3, a uniform 0 and 1.8. */
  readonly skewness: number;
  readonly kurtosis: number;
  readonly histogram: Histogram;
  /** Finite values at every `stride`-th index, at most `SAMPLE`; all of them where the tensor is that small. */
  readonly sample: Values;
  /** Indices (row-major) of the sample. */
  readonly sampleAt: Float64Array;
  /** Null for tensors of fewer than two axes, for empty ones and where lines are too many to hold. */
  readonly rows: LineSums | null;
  readonly columns: LineSums | null;
  readonly slice: Slice | null;
  /** All values, row-major, where the tensor has at most `WHOLE` of them. */
  readonly whole: Values | null;
  /** Multiplications that each question about its lines (products of pairs, rank, norm) may take. */
  readonly work: number;
}

/** Values in the sample: a Kolmogorov–Smirnov distance of 2.2/√32,768 = 0.012 has probability 1e-4. */
export const SAMPLE = 32_768;
/** Tensors of up to this many elements are kept whole for as long as they are looked at (4 MB as float32). */
export const WHOLE = 1_048_576;
/** Elements in the slice of a larger one. */
export const SLICE = 262_144;
/** Lines whose sums are kept: 16 MB at most. */
export const LINES = 1_048_576;
/** Elements whose column sums are taken; of a larger tensor every n-th row counts. */
export const COLUMN_WORK = 1_048_576;
