/** The rank of a few whole lines of a matrix, by pivoted Cholesky of their Gram matrix (Higham 2002, section 10.3). */

/** Lines compared: their Gram matrix costs lines²·columns. */
const MOST_LINES = 128;
/** Columns looked at for each line: a random n × 2n matrix is far from singular, (1 − √½)² = 0.09 (Marchenko & Pastur 1967). */
const COLUMNS_A_LINE = 2;

export interface Lines {
  readonly count: number;
  readonly length: number;
  readonly vectors: Float32Array | Float64Array;
}

/**
 * Rank of the first lines of `lines`, in evenly spread columns: never more than the whole matrix's, and as many as the
 * lines where draws are independent. A pivot counts as zero below columns·ε·(largest pivot) with ε of float32, the rounding of
 * the stored numbers: Higham's bound for the Gram matrix.
 */
export function rankOf({ count, length, vectors }: Lines): { readonly found: number; readonly of: number } {
  const of = Math.min(count, length, MOST_LINES);
  const columns = Math.min(length, COLUMNS_A_LINE * of);
  const taken = new Float64Array(of * columns);
  for (let i = 0; i < of; i++)
    for (let k = 0; k < columns; k++)
      taken[i * columns + k] = vectors[i * length + Math.floor((k * length) / columns)]!;
  const gram = Array.from({ length: of }, () => new Float64Array(of));
  for (let i = 0; i < of; i++)
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0, a = i * columns, b = j * columns; k < columns; k++) dot += taken[a + k]! * taken[b + k]!;
      gram[i]![j] = dot;
      gram[j]![i] = dot;
    }
  return { found: pivots(gram, columns * 2 ** -23), of };
}

function pivots(gram: Float64Array[], tolerance: number): number {
  const n = gram.length;
  const left = gram.map((row, i) => row[i]!);
  const used = new Array<boolean>(n).fill(false);
  const factors: Float64Array[] = [];
  const largest = Math.max(...left, 0);
  for (let rank = 0; rank < n; rank++) {
    let pivot = -1;
    for (let i = 0; i < n; i++) if (!used[i] && (pivot < 0 || left[i]! > left[pivot]!)) pivot = i;
    if (!(left[pivot]! > tolerance * largest)) return rank;
    used[pivot] = true;
    const root = Math.sqrt(left[pivot]!);
    const factor = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      if (used[i] && i !== pivot) continue;
      let value = gram[i]![pivot]!;
      for (const before of factors) value -= before[i]! * before[pivot]!;
      factor[i] = value / root;
      if (i !== pivot) left[i] = left[i]! - factor[i]! ** 2;
    }
    factors.push(factor);
  }
  return n;
}
