/** The values that are kept while a tensor passes: all of a small one, a strided sample and some whole lines of a large one. */

import type { Room } from "./room.ts";
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
const plannedLines = (lines: number, length: number): number =>
  Math.min(lines, MOST_LINES, Math.max(2, Math.floor(SLICE / length)));

/** All lines along the longer side of a matrix that is held. */
function allLines(vectors: Values, rows: number, columns: number): Slice {
  return rows <= columns
    ? { along: "rows", count: rows, length: columns, at: (i) => i, vectors, line: columns, step: 1, of: rows }
    : { along: "columns", count: columns, length: rows, at: (i) => i, vectors, line: 1, step: columns, of: columns };
}

interface PartSlice {
  readonly add: (values: Values, start: number) => void;
  readonly slice: Slice;
}

function partOfRows(rows: number, columns: number, room: Room): PartSlice {
  const count = plannedLines(rows, columns);
  const at = (i: number) => Math.floor((i * rows) / count);
  const vectors = room.take(count * columns, false);
  let next = 0;
  const add = (values: Values, start: number) => {
    const end = start + values.length;
    // A line may begin in an earlier piece.
    for (let i = next; i < count && at(i) * columns < end; i++) {
      const first = at(i) * columns;
      const from = Math.max(first, start);
      const to = Math.min(first + columns, end);
      if (from < to) vectors.set(values.subarray(from - start, to - start), i * columns + from - first);
      if (first + columns <= end) next = i + 1;
    }
  };
  return { add, slice: { along: "rows", count, length: columns, at, vectors, line: columns, step: 1, of: rows } };
}

function partOfColumns(rows: number, columns: number, room: Room): PartSlice {
  const count = plannedLines(columns, rows);
  const at = (i: number) => Math.floor((i * columns) / count);
  const places = Int32Array.from({ length: count }, (_, i) => at(i));
  const vectors = room.take(count * rows, false);
  const add = (values: Values, start: number) => {
    const end = start + values.length;
    for (let row = Math.floor(start / columns); row * columns < end; row++) {
      for (let i = 0; i < count; i++) {
        const index = row * columns + places[i]!;
        if (index >= start && index < end) vectors[i * rows + row] = values[index - start]!;
      }
    }
  };
  return { add, slice: { along: "columns", count, length: rows, at, vectors, line: rows, step: 1, of: columns } };
}

interface Wanted {
  readonly count: number;
  readonly columns: number;
  /** Whether lines mean anything. */
  readonly matrix: boolean;
  /** Numbers beyond float32. */
  readonly wide: boolean;
  /** Size of the sample. */
  readonly most: number;
}

/** For a tensor of `count` values in rows of `columns`. */
export function gather({ count, columns, matrix, wide, most }: Wanted, room: Room): Gathered {
  const rows = columns > 0 ? count / columns : 0;
  const whole = count <= WHOLE ? room.take(count, wide) : null;
  const stride = sampleStride(count, columns, most);
  // A tensor that is held whole and sampled whole is its own sample.
  const taken = whole && stride === 1 ? whole : room.take(Math.ceil(count / stride), wide);
  const part =
    matrix && whole === null
      ? rows <= columns
        ? partOfRows(rows, columns, room)
        : partOfColumns(rows, columns, room)
      : null;
  return {
    add: (values, start) => {
      if (whole) {
        whole.set(values, start);
        return;
      }
      for (let i = Math.ceil(start / stride); i * stride < start + values.length; i++) {
        taken[i] = values[i * stride - start]!;
      }
      part?.add(values, start);
    },
    sample: () => {
      if (whole && taken !== whole) for (let i = 0; i < taken.length; i++) taken[i] = whole[i * stride]!;
      return finite(taken, stride, (length) => room.take(length, wide));
    },
    whole: () => whole,
    slice: () => (matrix ? (whole ? allLines(whole, rows, columns) : (part?.slice ?? null)) : null),
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
