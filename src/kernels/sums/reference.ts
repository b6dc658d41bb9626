/**
 * Sums of rows and columns, number by number: what the kernel has to give to the bit, and what does the work for float64 and
 * without SIMD.
 *
 * A row's numbers go to four sums in turn, which are added as (s₀ + s₂) + (s₁ + s₃); what is left of four is added to that one
 * by one. One sum alone would wait for its own last addition. A column's numbers are added one after another.
 */

import { BLOCK_NUMBERS, type BlockSums, type Numbers } from "./types.ts";

interface Held {
  values: Numbers;
  from: number;
  rows: number;
  columns: number;
}

/** Overwritten by the next row: a fresh object for each would be garbage. */
interface Row {
  sum: number;
  square: number;
}

function sumRow(values: Numbers, from: number, to: number, out: Row): void {
  const shift = values[from]!;
  let [a, b, c, d] = [0, 0, 0, 0];
  let [aa, bb, cc, dd] = [0, 0, 0, 0];
  const fours = to - ((to - from) % 4);
  for (let i = from; i < fours; i += 4) {
    const t = values[i]! - shift;
    const u = values[i + 1]! - shift;
    const v = values[i + 2]! - shift;
    const w = values[i + 3]! - shift;
    a += t;
    b += u;
    c += v;
    d += w;
    aa += t * t;
    bb += u * u;
    cc += v * v;
    dd += w * w;
  }
  let sum = a + c + (b + d);
  let square = aa + cc + (bb + dd);
  for (let i = fours; i < to; i++) {
    const t = values[i]! - shift;
    sum += t;
    square += t * t;
  }
  out.sum = sum;
  out.square = square;
}

export function createReference(): BlockSums {
  const held: Held = { values: new Float64Array(0), from: 0, rows: 0, columns: 0 };
  const sums = new Float64Array(BLOCK_NUMBERS);
  const squares = new Float64Array(BLOCK_NUMBERS);
  const row: Row = { sum: 0, square: 0 };
  return {
    take: (values, from, rows, columns) => {
      Object.assign(held, { values, from, rows, columns });
    },
    sumRows: () => {
      const { values, from, rows, columns } = held;
      for (let i = 0; i < rows; i++) {
        sumRow(values, from + i * columns, from + (i + 1) * columns, row);
        sums[i] = row.sum;
        squares[i] = row.square;
      }
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      let zeros = 0;
      for (let i = from; i < from + rows * columns; i++) {
        const x = values[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
        if (x === 0) zeros++;
      }
      // + 0: which of two zeros comes first depends on the order, their sign tells nothing.
      return { sums, squares, min: min + 0, max: max + 0, zeros };
    },
    addColumns: (columnSums, columnSquares) => {
      const { values, from, rows, columns } = held;
      for (let i = 0, at = from; i < rows; i++) {
        for (let j = 0; j < columns; j++, at++) {
          const x = values[at]!;
          columnSums[j]! += x;
          columnSquares[j]! += x * x;
        }
      }
    },
  };
}
