/** The first columns of a product of reflections. */

import { createReference } from "./reference.ts";
import { createSimd } from "./simd.ts";
import { BLOCK, type Block, type Reflector, upTo } from "./types.ts";

/** Bytes of a tile in both precisions, so that it stays in the second nearest cache while all blocks pass over it. */
const TILE_BYTES = 768 * 1024;
const WIDEST = 32;

/** Reflections H_k = I − factor·v·vᵀ. */
export interface Reflections {
  /** Entries of a vector. */
  readonly length: number;
  /** How many, at most `length`; the k-th is zero before entry k. */
  readonly count: number;
  /**
   * Writes vectors `first …`, one after the other, as many as there are factors, and each one's factor 2/‖v‖², 0 for a
   * reflection that does nothing.
   */
  vectors(first: number, out: Float32Array, factors: Float64Array): void;
}

/** T from VᵀV and the factors, columns from the left. */
function triangleOf(gram: Float64Array, factors: Float64Array, size: number): Float64Array {
  const t = new Float64Array(BLOCK * BLOCK);
  for (let j = 0; j < size; j++) {
    const factor = factors[j]!;
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let m = i; m < j; m++) sum += t[i * BLOCK + m]! * gram[m * BLOCK + j]!;
      t[i * BLOCK + j] = -factor * sum;
    }
    t[j * BLOCK + j] = factor;
  }
  return t;
}

/** The vectors of a block as columns. Written row by row: columns would touch the whole array once each. */
function asColumns(lines: Float32Array, length: number, first: number, size: number): Float32Array {
  const rows = upTo(4, length) - first;
  const vectors = new Float32Array(rows * BLOCK);
  for (let i = first, at = 0; i < length; i++, at += BLOCK)
    for (let j = 0, from = i; j < size; j++, from += length) vectors[at + j] = lines[from]!;
  return vectors;
}

function blocksOf({ length, count, vectors: write }: Reflections, { gram }: Reflector): Block[] {
  const blocks: Block[] = [];
  const lines = new Float32Array(Math.min(BLOCK, count) * length);
  for (let first = 0; first < count; first += BLOCK) {
    const inUse = Math.min(BLOCK, count - first);
    const factors = new Float64Array(BLOCK);
    write(first, lines.subarray(0, inUse * length), factors.subarray(0, inUse));
    const size = upTo(4, inUse);
    const vectors = asColumns(lines, length, first, inUse);
    const rows = vectors.length / BLOCK;
    const triangle = triangleOf(gram({ first, size, rows, vectors }), factors, size);
    blocks.push({ first, size, rows, vectors, triangle });
  }
  return blocks;
}

/** Columns `from … to` of the product times the diagonal, in the reflector's tile from its first column on. */
function formTile(blocks: readonly Block[], reflector: Reflector, diagonal: Float64Array, from: number, to: number) {
  const { tile, rounded, width } = reflector;
  tile.fill(0);
  rounded.fill(0);
  for (let c = from; c < to; c++) {
    const at = c * width + c - from;
    tile[at] = diagonal[c]!;
    rounded[at] = diagonal[c]!;
  }
  // Later blocks leave these columns alone: they are still zero there.
  for (let b = Math.floor((to - 1) / BLOCK); b >= 0; b--) reflector.apply(blocks[b]!);
}

export interface FormOptions {
  /** How reflections are applied. Default: SIMD where there is any. The bits are the same. */
  readonly create?: (length: number, width: number) => Reflector | null;
}

/**
 * Columns 0 … count − 1 of H_0 H_1 … H_{count−1}·diag(`diagonal`), which are orthonormal where the diagonal is ±1.
 * `diagonal` is read after all vectors are made. Work: 4·count²·(length − count/3) operations.
 *
 * @param store gets tiles of columns `from … to` in float64, row i from i·width on; it must copy what it keeps.
 */
export function formColumns(
  reflections: Reflections,
  diagonal: Float64Array,
  store: (tile: Float64Array, width: number, from: number, to: number) => void,
  { create = createSimd }: FormOptions = {},
): void {
  const { length, count } = reflections;
  const rows = upTo(4, length);
  const fitting = Math.floor(TILE_BYTES / (rows * 12)) & ~7;
  const wanted = Math.min(Math.max(fitting, 8), WIDEST, upTo(8, count));
  const reflector = create(rows, wanted) ?? createReference(rows, wanted);
  const { width } = reflector;
  const blocks = blocksOf(reflections, reflector);
  for (let from = 0; from < count; from += width) {
    const to = Math.min(count, from + width);
    formTile(blocks, reflector, diagonal, from, to);
    store(reflector.tile, width, from, to);
  }
}
