/** The rank of a few whole lines of a matrix, by pivoted Cholesky of their Gram matrix (Higham 2002, section 10.3). */

import { productsOf, type Slice, workspace } from "../statistics/index.ts";

/** Lines compared at most: products and pivots cost about ⁴⁄₃ of their number's cube. */
const MOST_LINES = 128;
const FEWEST_LINES = 16;
/** Columns looked at for each line: a random n × 2n matrix is far from singular, (1 − √½)² = 0.09 (Marchenko & Pastur 1967). */
const COLUMNS_A_LINE = 2;

const taking = workspace();
const factoring = workspace();

/**
 * Rank of evenly spread lines, in evenly spread columns: never more than the whole matrix's, and as many as the lines where
 * draws are independent. A pivot counts as zero below columns·ε·(largest pivot) with ε of float32, the rounding of the stored
 * numbers: Higham's bound for the Gram matrix.
 *
 * @param work multiplications that it may take
 */
export function rankOf(
  { count, length, vectors, line, step }: Slice,
  work: number,
): { readonly found: number; readonly of: number } {
  const most = Math.max(FEWEST_LINES, Math.floor(Math.cbrt(0.75 * work)));
  const of = Math.min(count, length, MOST_LINES, most);
  const columns = Math.min(length, COLUMNS_A_LINE * of);
  const places = Int32Array.from({ length: columns }, (_, k) => Math.floor((k * length) / columns) * step);
  const taken = taking(of * columns);
  for (let i = 0; i < of; i++) {
    const from = Math.floor((i * count) / of) * line;
    for (let k = 0; k < columns; k++) taken[i * columns + k] = vectors[from + places[k]!]!;
  }
  return { found: pivots(productsOf({ count: of, length: columns, at: taken }), of, columns * 2 ** -23), of };
}

/** Pivots beyond `tolerance` of the largest; row i of the factor grows by one number a pivot. */
function pivots(gram: Float64Array, n: number, tolerance: number): number {
  const left = Float64Array.from({ length: n }, (_, i) => gram[i * n + i]!);
  const used = new Uint8Array(n);
  const factor = factoring(n * n);
  const largest = Math.max(...left, 0);
  for (let rank = 0; rank < n; rank++) {
    let pivot = -1;
    for (let i = 0; i < n; i++) if (used[i] === 0 && (pivot < 0 || left[i]! > left[pivot]!)) pivot = i;
    if (!(left[pivot]! > tolerance * largest)) return rank;
    used[pivot] = 1;
    const root = Math.sqrt(left[pivot]!);
    for (let i = 0; i < n; i++) {
      if (used[i] === 1) continue;
      let value = i > pivot ? gram[i * n + pivot]! : gram[pivot * n + i]!;
      for (let k = 0, a = i * n, b = pivot * n; k < rank; k++) value -= factor[a + k]! * factor[b + k]!;
      value /= root;
      factor[i * n + rank] = value;
      left[i] = left[i]! - value * value;
    }
  }
  return n;
}
