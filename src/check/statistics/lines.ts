/** Sums of every row and column of a matrix that comes in pieces. */

import { COLUMN_WORK, LINES, type LineSums, type Values } from "./types.ts";

export interface Lines {
  readonly add: (values: Values, start: number) => void;
  readonly rows: () => LineSums | null;
  readonly columns: () => LineSums | null;
}

/** One row's part: Σx and Σx² into the row, each element into its column where `columns` is given. */
function addSegment(sums: Float64Array, squares: Float64Array, row: number, values: Values, from: number, to: number) {
  let sum = 0;
  let square = 0;
  for (let i = from; i < to; i++) {
    const x = values[i]!;
    sum += x;
    square += x * x;
  }
  sums[row]! += sum;
  squares[row]! += square;
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

/** Null where one of the two sides is empty or too long to hold a sum for each line. */
export function lineSums(rowCount: number, columnCount: number): Lines | null {
  if (rowCount === 0 || columnCount === 0 || Math.max(rowCount, columnCount) > LINES) return null;
  const every = Math.max(1, Math.ceil((rowCount * columnCount) / COLUMN_WORK));
  const counted = Math.ceil(rowCount / every);
  const rowSums = new Float64Array(rowCount);
  const rowSquares = new Float64Array(rowCount);
  const columnSums = new Float64Array(columnCount);
  const columnSquares = new Float64Array(columnCount);
  return {
    add: (values, start) => {
      let row = Math.floor(start / columnCount);
      let column = start % columnCount;
      for (let from = 0; from < values.length; ) {
        const to = Math.min(values.length, from + columnCount - column);
        addSegment(rowSums, rowSquares, row, values, from, to);
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
