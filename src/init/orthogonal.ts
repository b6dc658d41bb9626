/**
 * Haar-distributed orthonormal matrices, in float64 from + − × ÷ √ alone.
 *
 * Stewart 1980, "The efficient generation of random orthogonal matrices": the Q of a Gaussian matrix, signs chosen so
 * that R has a positive diagonal (Mezzadri 2007), is a product of Householder reflections of independent Gaussian
 * vectors of falling length. So no matrix need be factored: Q is formed from the reflections, which halves the work.
 * They are applied in blocks of 32 as I − V T Vᵀ (Schreiber & Van Loan 1989).
 *
 * Every sum runs in a fixed order; columns are independent of each other, so that SIMD over columns gives these bits.
 */

import { fillNormal, type Key } from "../random/index.ts";

const BLOCK = 32;
/** Columns updated at once, so that the block's products stay in the fast cache. */
const COLUMN_TILE = 256;

interface Reflections {
  /** Row k holds the k-th vector, zero before index k. */
  readonly vectors: Float64Array;
  /** 2/‖v‖²; 0 for a reflection that does nothing. */
  readonly factors: Float64Array;
  readonly signs: Float64Array;
}

/** Reflection k maps a Gaussian vector on entries k … length − 1 to a multiple of the k-th axis; `signs` is that multiple's. */
function drawReflections(key: Key, count: number, length: number): Reflections {
  const vectors = new Float64Array(count * length);
  const factors = new Float64Array(count);
  const signs = new Float64Array(count);
  const row = new Float32Array(length);
  for (let k = 0; k < count; k++) {
    fillNormal(row, key, k * length, 0, 1);
    const base = k * length;
    let square = 0;
    for (let i = k; i < length; i++) {
      const x = row[i]!;
      vectors[base + i] = x;
      square += x * x;
    }
    const head = vectors[base + k]!;
    const norm = Math.sqrt(square);
    vectors[base + k] = head + (head < 0 ? -norm : norm);
    signs[k] = head < 0 ? 1 : -1;
    factors[k] = square > 0 ? 1 / (square + Math.abs(head) * norm) : 0;
  }
  return { vectors, factors, signs };
}

/** T of a block: H_k … H_{k+size−1} = I − V T Vᵀ, upper triangular, row-major with stride BLOCK. */
function triangle({ vectors, factors }: Reflections, first: number, size: number, length: number): Float64Array {
  const t = new Float64Array(BLOCK * BLOCK);
  const products = new Float64Array(BLOCK);
  for (let j = 0; j < size; j++) {
    const factor = factors[first + j]!;
    const right = (first + j) * length;
    for (let i = 0; i < j; i++) {
      const left = (first + i) * length;
      let dot = 0;
      for (let c = first + j; c < length; c++) dot += vectors[left + c]! * vectors[right + c]!;
      products[i] = dot;
    }
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let m = i; m < j; m++) sum += t[i * BLOCK + m]! * products[m]!;
      t[i * BLOCK + j] = -factor * sum;
    }
    t[j * BLOCK + j] = factor;
  }
  return t;
}

/** q ← (I − V T Vᵀ) q on rows `first …` and columns `from … to`; q is [length, count] row-major. */
function applyBlock(
  q: Float64Array,
  { vectors }: Reflections,
  t: Float64Array,
  shape: { readonly first: number; readonly size: number; readonly length: number; readonly count: number },
  from: number,
  to: number,
): void {
  const { first, size, length, count } = shape;
  const width = to - from;
  const w = new Float64Array(size * width);
  for (let j = 0; j < size; j++) {
    const v = (first + j) * length;
    const target = w.subarray(j * width, (j + 1) * width);
    let i = first + j;
    for (; i + 3 < length; i += 4) {
      const v0 = vectors[v + i]!;
      const v1 = vectors[v + i + 1]!;
      const v2 = vectors[v + i + 2]!;
      const v3 = vectors[v + i + 3]!;
      const q0 = i * count + from;
      const q1 = q0 + count;
      const q2 = q1 + count;
      const q3 = q2 + count;
      for (let c = 0; c < width; c++)
        target[c] = target[c]! + (v0 * q[q0 + c]! + v1 * q[q1 + c]! + (v2 * q[q2 + c]! + v3 * q[q3 + c]!));
    }
    for (; i < length; i++) {
      const v0 = vectors[v + i]!;
      const q0 = i * count + from;
      for (let c = 0; c < width; c++) target[c] = target[c]! + v0 * q[q0 + c]!;
    }
  }
  // Row j of T·W needs rows j … only: in place from the top.
  for (let j = 0; j < size; j++) {
    const target = w.subarray(j * width, (j + 1) * width);
    const diagonal = t[j * BLOCK + j]!;
    for (let c = 0; c < width; c++) target[c] = target[c]! * diagonal;
    for (let m = j + 1; m < size; m++) {
      const factor = t[j * BLOCK + m]!;
      for (let c = 0; c < width; c++) target[c] = target[c]! + factor * w[m * width + c]!;
    }
  }
  for (let i = first; i < length; i++) {
    const row = i * count + from;
    let j = 0;
    for (; j + 3 < size; j += 4) {
      const v0 = vectors[(first + j) * length + i]!;
      const v1 = vectors[(first + j + 1) * length + i]!;
      const v2 = vectors[(first + j + 2) * length + i]!;
      const v3 = vectors[(first + j + 3) * length + i]!;
      const w0 = j * width;
      const w1 = w0 + width;
      const w2 = w1 + width;
      const w3 = w2 + width;
      for (let c = 0; c < width; c++)
        q[row + c] = q[row + c]! - (v0 * w[w0 + c]! + v1 * w[w1 + c]! + (v2 * w[w2 + c]! + v3 * w[w3 + c]!));
    }
    for (; j < size; j++) {
      const v0 = vectors[(first + j) * length + i]!;
      for (let c = 0; c < width; c++) q[row + c] = q[row + c]! - v0 * w[j * width + c]!;
    }
  }
}

/** [length, count] with orthonormal columns, length ≥ count. */
function tallOrthonormal(key: Key, length: number, count: number): Float64Array {
  const reflections = drawReflections(key, count, length);
  const q = new Float64Array(length * count);
  for (let k = 0; k < count; k++) q[k * count + k] = reflections.signs[k]!;
  for (let first = Math.floor((count - 1) / BLOCK) * BLOCK; first >= 0; first -= BLOCK) {
    const size = Math.min(BLOCK, count - first);
    const t = triangle(reflections, first, size, length);
    // Columns before `first` are still unit vectors that these reflections leave alone.
    for (let from = first; from < count; from += COLUMN_TILE)
      applyBlock(q, reflections, t, { first, size, length, count }, from, Math.min(count, from + COLUMN_TILE));
  }
  return q;
}

/**
 * A rows × columns matrix, row-major float32, with orthonormal rows (rows ≤ columns) or columns, times gain.
 * The distribution is Haar's: multiplying by any fixed orthogonal matrix leaves it unchanged.
 */
export function drawOrthogonal(key: Key, rows: number, columns: number, gain: number): Float32Array {
  const out = new Float32Array(rows * columns);
  if (out.length === 0) return out;
  if (rows >= columns) {
    const q = tallOrthonormal(key, rows, columns);
    for (let i = 0; i < out.length; i++) out[i] = gain * q[i]!;
    return out;
  }
  const q = tallOrthonormal(key, columns, rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[row * columns + column] = gain * q[column * rows + row]!;
  return out;
}
