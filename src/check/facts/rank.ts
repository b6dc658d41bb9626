/** The rank of a few whole lines of a matrix, by pivoted Cholesky of their Gram matrix (Higham 2002, section 10.3). */

/** Lines compared: their Gram matrix costs lines²·length. */
const MOST_LINES = 192;
/** Products spent on one Gram matrix. */
const MOST_PRODUCTS = 2e7;

export interface Lines {
  readonly count: number;
  readonly length: number;
  readonly vectors: Float32Array | Float64Array;
}

/**
 * Rank of the first lines of `lines` (as many as the budget allows). A pivot counts as zero below
 * length·ε·(largest pivot) with ε of float32, the rounding of the stored numbers: Higham's bound for the Gram matrix.
 */
export function rankOf({ count, length, vectors }: Lines): { readonly found: number; readonly of: number } {
  const affordable = Math.floor(Math.sqrt(MOST_PRODUCTS / Math.max(1, length)));
  const of = Math.min(count, length, MOST_LINES, Math.max(2, affordable));
  const gram = Array.from({ length: of }, () => new Float64Array(of));
  for (let i = 0; i < of; i++)
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      const [a, b] = [i * length, j * length];
      for (let k = 0; k < length; k++) dot += vectors[a + k]! * vectors[b + k]!;
      gram[i]![j] = dot;
      gram[j]![i] = dot;
    }
  return { found: pivots(gram, length * 2 ** -23), of };
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
