/** Lines of a matrix that are equal to an earlier one. */

import type { LineSums, TensorStatistics, Values } from "../statistics/types.ts";

/** Lines that share their sums with an earlier one. Equal lines do; so do a few others (the rows of an identity). */
function alikeBySums({ sums, squares }: LineSums): number {
  // Where no two sums are equal, no lines are.
  if (new Set(sums).size === sums.length) return 0;
  const seen = new Set<string>();
  for (let i = 0; i < sums.length; i++) seen.add(`${sums[i]} ${squares[i]}`);
  return sums.length - seen.size;
}

/** Lines that hash to the same as an earlier one: element j of line i is `values[start(i) + j·step]`. */
function alikeByValue(
  values: Values,
  { count, length, step, start }: { count: number; length: number; step: number; start: (line: number) => number },
): number {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const seen = new Set<number>();
  for (let line = 0; line < count; line++) {
    // Two 26-bit polynomial hashes in one double: products stay exact through Math.imul.
    let a = 0x811c9dc5;
    let b = 0x1b873593;
    for (let j = 0, at = start(line); j < length; j++, at += step) {
      a = Math.imul(a ^ bits[at]!, 0x01000193);
      b = Math.imul(b, 31) + bits[at]!;
    }
    seen.add((a >>> 6) * 2 ** 26 + ((b >>> 6) & 0x3ffffff));
  }
  return count - seen.size;
}

export interface Repeated {
  readonly rows: number;
  readonly columns: number;
}

/** Rows and columns that equal an earlier one. Large tensors are asked through the lines that were kept of them. */
export function repeatedLines({ rows, columns, whole, slice, min, max }: TensorStatistics): Repeated {
  if (rows === null || columns === null) return { rows: 0, columns: 0 };
  const [rowCount, columnCount] = [rows.sums.length, columns.sums.length];
  if (min === max) return { rows: rowCount - 1, columns: columnCount - 1 };
  const suspected = { rows: alikeBySums(rows), columns: alikeBySums(columns) };
  if (whole)
    return {
      rows:
        suspected.rows &&
        alikeByValue(whole, { count: rowCount, length: columnCount, step: 1, start: (row) => row * columnCount }),
      columns:
        suspected.columns &&
        alikeByValue(whole, { count: columnCount, length: rowCount, step: columnCount, start: (column) => column }),
    };
  if (slice === null || suspected[slice.along] === 0) return { rows: 0, columns: 0 };
  const { length, vectors, at, of } = slice;
  const alike = alikeByValue(vectors, { count: at.length, length, step: 1, start: (line) => line * length });
  return { rows: 0, columns: 0, [slice.along]: Math.round((alike / at.length) * of) };
}
