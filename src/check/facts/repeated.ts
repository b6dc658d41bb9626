/** Lines of a matrix that are equal to an earlier one. */

import type { LineSums, Slice, TensorStatistics } from "../statistics/types.ts";

let table = new Int32Array(256);

/** Whether two of the numbers are equal, by open addressing in twice their number of places: sorting costs ten times as much. */
function anyEqual(numbers: Float64Array): boolean {
  const count = numbers.length;
  const places = 2 ** Math.ceil(Math.log2(2 * count + 1));
  if (table.length < places) table = new Int32Array(places);
  table.fill(0, 0, places);
  const bits = new Int32Array(numbers.buffer, numbers.byteOffset, 2 * count);
  for (let i = 0; i < count; i++) {
    const hash = Math.imul(bits[2 * i]! ^ Math.imul(bits[2 * i + 1]!, 0x9e3779b1), 0x85ebca6b);
    for (let at = (hash >>> 7) & (places - 1); ; at = (at + 1) & (places - 1)) {
      const other = table[at]! - 1;
      if (other < 0) {
        table[at] = i + 1;
        break;
      }
      if (numbers[other] === numbers[i]) return true;
    }
  }
  return false;
}

/** Lines that share their sums with an earlier one. Equal lines do; so do a few others (the rows of an identity). */
function alikeBySums({ sums, squares }: LineSums): number {
  // Where no two sums are equal, no lines are.
  if (!anyEqual(sums)) return 0;
  const seen = new Set<string>();
  for (let i = 0; i < sums.length; i++) seen.add(`${sums[i]} ${squares[i]}`);
  return sums.length - seen.size;
}

type Along = Pick<Slice, "count" | "length" | "vectors" | "line" | "step">;

/** Lines that hash to the same as an earlier one. */
function alikeByValue({ count, length, vectors, line, step }: Along): number {
  const bits = new Uint32Array(new Float32Array(vectors).buffer);
  const seen = new Set<number>();
  for (let i = 0; i < count; i++) {
    // Two 26-bit polynomial hashes in one double: products stay exact through Math.imul.
    let a = 0x811c9dc5;
    let b = 0x1b873593;
    for (let j = 0, at = i * line; j < length; j++, at += step) {
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
  const [height, width] = [rows.sums.length, columns.sums.length];
  if (min === max) return { rows: height - 1, columns: width - 1 };
  // Single numbers are equal by chance: most of a thousand in bfloat16 are.
  const suspected = { rows: width > 1 ? alikeBySums(rows) : 0, columns: height > 1 ? alikeBySums(columns) : 0 };
  if (whole) {
    const vectors = whole;
    return {
      rows: suspected.rows && alikeByValue({ vectors, count: height, length: width, line: width, step: 1 }),
      columns: suspected.columns && alikeByValue({ vectors, count: width, length: height, line: 1, step: width }),
    };
  }
  if (slice === null || suspected[slice.along] === 0) return { rows: 0, columns: 0 };
  return { rows: 0, columns: 0, [slice.along]: Math.round((alikeByValue(slice) / slice.count) * slice.of) };
}
