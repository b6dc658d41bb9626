/** Sums over the rows and columns of a block of numbers: what means, variances and tests of a tensor's lines are made of. */

export type Numbers = Float32Array | Float64Array;

/** Numbers in a block: 256 KiB of float32 stay in a core's own cache between the sums of rows and of columns. */
export const BLOCK_NUMBERS = 65_536;

/** Bounds and sums of each row; overwritten by the next block. NaN and infinities make their row's `squares` not finite. */
export interface RowSums {
  /** Σ(x − s) and Σ(x − s)² around the row's first number s: a mean far from zero costs no digits. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** Of the block's numbers that are not NaN; ±∞ where there are none. */
  readonly min: number;
  readonly max: number;
  /** Exact zeros, of either sign. */
  readonly zeros: number;
}

/** Takes one block after another, and sums the one that it holds. */
export interface BlockSums {
  /** `rows` × `columns` numbers of `values` from index `from` on, row-major: at most `BLOCK_NUMBERS`. */
  readonly take: (values: Numbers, from: number, rows: number, columns: number) => void;
  readonly sumRows: () => RowSums;
  /** Adds Σx and Σx² over the rows to those of each column. */
  readonly addColumns: (sums: Float64Array, squares: Float64Array) => void;
}
