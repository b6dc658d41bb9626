/** What the two ways of applying reflections share. */

/** Vectors of a block, and columns of its arrays. */
export const BLOCK = 32;

/**
 * Reflections `first … first + size − 1` as one: I − V T Vᵀ (Schreiber & Van Loan 1989) on rows `first …`.
 * Vectors and rows beyond those in use are zero, so that sizes are multiples of 4.
 */
export interface Block {
  readonly first: number;
  readonly size: number;
  readonly rows: number;
  /** V, [rows, 32]. */
  readonly vectors: Float32Array;
  /** T, [32, 32], upper triangular. */
  readonly triangle: Float64Array;
}

/** A tile of `width` columns, a multiple of 8, and what is done to it. */
export interface Reflector {
  readonly width: number;
  /** [rows, width]. */
  readonly tile: Float64Array;
  /** The tile rounded, which `apply` keeps so. */
  readonly rounded: Float32Array;
  /** VᵀV, [32, 32]. */
  gram(block: Omit<Block, "triangle">): Float64Array;
  /** tile ← (I − V T Vᵀ)·tile on rows `first …`. */
  apply(block: Block): void;
}

export const upTo = (multiple: number, count: number): number => Math.ceil(count / multiple) * multiple;
