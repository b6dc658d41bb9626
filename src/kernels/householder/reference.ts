/**
 * A block of reflections on a tile of columns: I − V T Vᵀ, in an order of sums that SIMD follows.
 *
 *   W = Vᵀ·P   float32 over 32 rows, in order; the sums of 32 rows added in float64, in order
 *   U = T·W    float64, from the diagonal to the right; rounded to float32
 *   Q ← Q − V·U   float32 over the block's vectors, in order; subtracted in float64
 *   P ← Q      rounded to float32
 *
 * A product's error is then that of 32 terms, whatever the length: ‖QᵀQ − I‖₂ stays near 1e-6 at 2048 columns, half of
 * what LAPACK's single precision gives. Columns do not meet, so tiles and threads leave the bits alone.
 */

import { BLOCK, type Block, type Reflector } from "./types.ts";

const { fround } = Math;

/** Four terms of every sum, one after the other: v at `from`, `step` apart, times rows of p. */
function addFour(sums: Float32Array, v: Float32Array, from: number, step: number, p: Float32Array, row: number): void {
  const width = sums.length;
  const a = v[from]!;
  const b = v[from + step]!;
  const c = v[from + 2 * step]!;
  const d = v[from + 3 * step]!;
  for (let i = 0, at = row; i < width; i++, at++) {
    const second = fround(fround(sums[i]! + fround(a * p[at]!)) + fround(b * p[at + width]!));
    sums[i] = fround(fround(second + fround(c * p[at + 2 * width]!)) + fround(d * p[at + 3 * width]!));
  }
}

/** W [size, width] = Vᵀ·P, P's rows `from …`. */
function products(
  { vectors, rows, size }: Omit<Block, "triangle">,
  p: Float32Array,
  from: number,
  width: number,
): Float64Array {
  const w = new Float64Array(BLOCK * width);
  const sums = new Float32Array(width);
  for (let start = 0; start < rows; start += BLOCK) {
    const end = Math.min(rows, start + BLOCK);
    for (let j = 0; j < size; j++) {
      sums.fill(0);
      for (let i = start; i < end; i += 4) addFour(sums, vectors, i * BLOCK + j, BLOCK, p, (from + i) * width);
      for (let c = 0; c < width; c++) w[j * width + c]! += sums[c]!;
    }
  }
  return w;
}

function timesTriangle(triangle: Float64Array, w: Float64Array, size: number, width: number): Float32Array {
  const u = new Float32Array(size * width);
  const sums = new Float64Array(width);
  for (let j = 0; j < size; j++) {
    const diagonal = triangle[j * BLOCK + j]!;
    for (let c = 0; c < width; c++) sums[c] = diagonal * w[j * width + c]!;
    for (let m = j + 1; m < size; m++) {
      const factor = triangle[j * BLOCK + m]!;
      for (let c = 0; c < width; c++) sums[c]! += factor * w[m * width + c]!;
    }
    u.set(sums, j * width);
  }
  return u;
}

/** For `length` rows. */
export function createReference(length: number, width: number): Reflector {
  const tile = new Float64Array(length * width);
  const rounded = new Float32Array(length * width);
  return {
    width,
    tile,
    rounded,
    gram: (block) => products(block, block.vectors, 0, BLOCK),
    apply(block) {
      const { first, size, rows, vectors, triangle } = block;
      const u = timesTriangle(triangle, products(block, rounded, first, width), size, width);
      const sums = new Float32Array(width);
      for (let i = 0; i < rows; i++) {
        sums.fill(0);
        for (let j = 0; j < size; j += 4) addFour(sums, vectors, i * BLOCK + j, 1, u, j * width);
        const row = (first + i) * width;
        for (let c = 0; c < width; c++) {
          const value = tile[row + c]! - sums[c]!;
          tile[row + c] = value;
          rounded[row + c] = value;
        }
      }
    },
  };
}
