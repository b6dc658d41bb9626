/** Sums of every row and column of a matrix that comes in pieces, and its moments on the way. */

import { addSegment, type Moments, type SegmentSums } from "./moments.ts";
import { COLUMN_WORK, LINES, type LineSums, type Values } from "./types.ts";

export interface Lines {
  readonly add: (values: Values, start: number, moments: Moments) => void;
  readonly rows: () => LineSums | null;
  readonly columns: () => LineSums | null;
}

function addColumns(
  sums: Float64Array,
  squares: Float64Array,
  column: number,
  values: Values,
  from: number,
  to: number,
): void {
  for (let i = from, j = column; i < to; i++, j++) {
    const x = values[i]!;
    sums[j]! += x;
    squares[j]! += x * x;
  }
}

/** Elements whose sums are taken together where there are no rows. */
const PIECE = 4096;

/** Moments alone: vectors, and matrices of too many lines. */
const noLines: Lines = {
  add: (values, _, moments) => {
    const sums: SegmentSums = { sum: 0, squares: 0 };
    for (let at = 0; at < values.length; at += PIECE) {
      addSegment(moments, values, at, Math.min(values.length, at + PIECE), sums);
    }
  },
  rows: () => null,
  columns: () => null,
};

/** Sums of lines where there are two sides, neither empty nor too long to hold a sum for each line. */
export function lineSums(matrix: boolean, rowCount: number, columnCount: number): Lines {
  if (!matrix || rowCount === 0 || columnCount === 0 || Math.max(rowCount, columnCount) > LINES) return noLines;
  const every = Math.max(1, Math.ceil((rowCount * columnCount) / COLUMN_WORK));
  const counted = Math.ceil(rowCount / every);
  const rowSums = new Float64Array(rowCount);
  const rowSquares = new Float64Array(rowCount);
  const columnSums = new Float64Array(columnCount);
  const columnSquares = new Float64Array(columnCount);
  const segment: SegmentSums = { sum: 0, squares: 0 };
  return {
    add: (values, start, moments) => {
      let row = Math.floor(start / columnCount);
      let column = start % columnCount;
      for (let from = 0; from < values.length; ) {
        const to = Math.min(values.length, from + columnCount - column);
        addSegment(moments, values, from, to, segment);
        rowSums[row]! += segment.sum;
        rowSquares[row]! += segment.squares;
        if (row % every === 0) addColumns(columnSums, columnSquares, column, values, from, to);
        from = to;
        row++;
        column = 0;
      }
    },
    rows: () => ({ sums: rowSums, squares: rowSquares, length: columnCount }),
    columns: () => ({ sums: columnSums, squares: columnSquares, length: counted }),
  };
}
