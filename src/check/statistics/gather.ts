/** The values that are kept while a tensor passes: all of a small one, a strided sample and some whole lines of a large one. */

import { SLICE, type Slice, type Values, WHOLE } from "./types.ts";

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** A stride that takes at most `most` of `count` and visits every column: prime to the row's length. */
export function sampleStride(count: number, columns: number, most: number): number {
  let stride = Math.max(1, Math.ceil(count / most));
  while (stride > 1 && greatestCommonDivisor(stride, columns) !== 1) stride++;
  return stride;
}

/** Finite values, and where they lie (row-major). */
export interface Sample {
  readonly values: Values;
  readonly at: () => Float64Array;
}

export interface Gathered {
  readonly add: (values: Values, start: number) => void;
  readonly sample: () => Sample;
  readonly whole: () => Values | null;
  readonly slice: () => Slice | null;
}

const MOST_LINES = 4096;

/** Lines of a matrix that is not kept whole: as many as `SLICE` holds, at least two, evenly spread. */
function plannedLines(lines: number, length: number): number[] {
  const count = Math.min(lines, MOST_LINES, Math.max(2, Math.floor(SLICE / length)));
  return Array.from({ length: count }, (_, i) => Math.floor((i * lines) / count));
}

const COLUMNS_AT_ONCE = 16;

function rowsOf(whole: Values, rows: number, columns: number): Slice {
  if (rows <= columns) {
    return { along: "rows", length: columns, at: Array.from({ length: rows }, (_, i) => i), vectors: whole, of: rows };
  }
  const vectors = whole instanceof Float32Array ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
  // Some columns at a time: their ends stay in the cache while all rows pass.
  for (let from = 0; from < columns; from += COLUMNS_AT_ONCE) {
    const to = Math.min(columns, from + COLUMNS_AT_ONCE);
    for (let row = 0; row < rows; row++) {
      for (let column = from; column < to; column++) vectors[column * rows + row] = whole[row * columns + column]!;
    }
  }
  return { along: "columns", length: rows, at: Array.from({ length: columns }, (_, i) => i), vectors, of: columns };
}

interface PartSlice {
  readonly add: (values: Values, start: number) => void;
  readonly slice: Slice;
}

function partOfRows(rows: number, columns: number): PartSlice {
  const at = plannedLines(rows, columns);
  const vectors = new Float32Array(at.length * columns);
  let next = 0;
  const add = (values: Values, start: number) => {
    const end = start + values.length;
    // A line may begin in an earlier piece.
    for (let i = next; i < at.length && at[i]! * columns < end; i++) {
      const first = at[i]! * columns;
      const from = Math.max(first, start);
      const to = Math.min(first + columns, end);
      if (from < to) vectors.set(values.subarray(from - start, to - start), i * columns + from - first);
      if (first + columns <= end) next = i + 1;
    }
  };
  return { add, slice: { along: "rows", length: columns, at, vectors, of: rows } };
}

function partOfColumns(rows: number, columns: number): PartSlice {
  const at = plannedLines(columns, rows);
  const vectors = new Float32Array(at.length * rows);
  const add = (values: Values, start: number) => {
    const end = start + values.length;
    for (let row = Math.floor(start / columns); row * columns < end; row++) {
      for (let i = 0; i < at.length; i++) {
        const index = row * columns + at[i]!;
        if (index >= start && index < end) vectors[i * rows + row] = values[index - start]!;
      }
    }
  };
  return { add, slice: { along: "columns", length: rows, at, vectors, of: columns } };
}

/** For a tensor of `count` values in rows of `columns`; `matrix` says whether lines mean anything. */
export function gather(count: number, columns: number, matrix: boolean, wide: boolean, most: number): Gathered {
  const rows = columns > 0 ? count / columns : 0;
  const make = (length: number): Values => (wide ? new Float64Array(length) : new Float32Array(length));
  const whole = count <= WHOLE ? make(count) : null;
  const stride = sampleStride(count, columns, most);
  // A tensor that is held whole and sampled whole is its own sample.
  const taken = whole && stride === 1 ? whole : make(Math.ceil(count / stride));
  const part =
    matrix && whole === null ? (rows <= columns ? partOfRows(rows, columns) : partOfColumns(rows, columns)) : null;
  return {
    add: (values, start) => {
      if (whole) whole.set(values, start);
      else {
        for (let i = Math.ceil(start / stride); i * stride < start + values.length; i++) {
          taken[i] = values[i * stride - start]!;
        }
        part?.add(values, start);
      }
    },
    sample: () => {
      if (whole && taken !== whole) for (let i = 0; i < taken.length; i++) taken[i] = whole[i * stride]!;
      return finite(taken, stride, make);
    },
    whole: () => whole,
    slice: () => (matrix ? (whole ? rowsOf(whole, rows, columns) : (part?.slice ?? null)) : null),
  };
}

/** The finite ones; the values themselves where all are finite. */
function finite(values: Values, stride: number, make: (length: number) => Values): Sample {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) count++;
  const places = () => {
    const at = new Float64Array(count);
    for (let i = 0, next = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) at[next++] = i * stride;
    return at;
  };
  if (count === values.length) return { values, at: places };
  const kept = make(count);
  for (let i = 0, next = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) kept[next++] = values[i]!;
  return { values: kept, at: places };
}
