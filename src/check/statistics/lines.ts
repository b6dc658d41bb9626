/** Sums of every row and column of a matrix that comes in pieces, and its moments on the way. */

import { BLOCK_NUMBERS, blockSums } from "../../kernels/index.ts";
import { addCarefully, join, type Moments } from "./moments.ts";
import { COLUMN_WORK, LINES, type LineSums, type Values } from "./types.ts";

export interface Lines {
  readonly add: (values: Values, start: number, moments: Moments) => void;
  readonly rows: () => LineSums | null;
  readonly columns: () => LineSums | null;
}

interface Block {
  readonly values: Values;
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
}

/** Moments of a block, with the sums of its rows where they are kept from index `row` on; the block stays taken. */
function addBlock(moments: Moments, { values, from, rows, columns }: Block, kept: LineSums | null, row: number) {
  const block = blockSums(values);
  block.take(values, from, rows, columns);
  const { sums, squares, min, max, zeros } = block.sumRows();
  let finite = true;
  for (let i = 0; i < rows; i++) if (!Number.isFinite(squares[i]!)) finite = false;
  if (!finite) addCarefully(moments, values, from, from + rows * columns);
  else {
    moments.min = Math.min(moments.min, min);
    moments.max = Math.max(moments.max, max);
    moments.zeros += zeros;
  }
  for (let i = 0; i < rows; i++) {
    const shift = values[from + i * columns]!;
    const [apart, total] = [sums[i]!, squares[i]!];
    if (finite) join(moments, columns, shift + apart / columns, Math.max(0, total - (apart * apart) / columns));
    if (kept === null) continue;
    kept.sums[row + i]! += columns * shift + apart;
    kept.squares[row + i]! += total + shift * (2 * apart + columns * shift);
  }
  return block;
}

/** Numbers in a row where there are no rows. */
const PIECE = 4096;

/** Moments alone: vectors, and matrices of too many lines. */
const noLines: Lines = {
  add: (values, _, moments) => {
    for (let from = 0; from < values.length; ) {
      const left = Math.min(values.length - from, BLOCK_NUMBERS);
      const columns = Math.min(PIECE, left);
      const rows = Math.floor(left / columns);
      addBlock(moments, { values, from, rows, columns }, null, 0);
      from += rows * columns;
    }
  },
  rows: () => null,
  columns: () => null,
};

const newSums = (lines: number, length: number): LineSums => ({
  sums: new Float64Array(lines),
  squares: new Float64Array(lines),
  length,
});

/** Sums of lines where there are two sides, neither empty nor too long to hold a sum for each line. */
export function lineSums(matrix: boolean, rowCount: number, columnCount: number): Lines {
  if (!matrix || rowCount === 0 || columnCount === 0 || Math.max(rowCount, columnCount) > LINES) return noLines;
  // Of a large tensor some groups of whole rows count for the columns: as many as pass through the sums together.
  const group = Math.max(1, Math.floor(BLOCK_NUMBERS / columnCount));
  const every = Math.max(1, Math.ceil((rowCount * columnCount) / COLUMN_WORK));
  const ofRows = newSums(rowCount, columnCount);
  const columns = newSums(columnCount, 0);
  let counted = 0;
  return {
    add: (values, start, moments) => {
      let row = Math.floor(start / columnCount);
      let column = start % columnCount;
      for (let from = 0; from < values.length; ) {
        const left = values.length - from;
        const inGroup = group - (row % group);
        // A row longer than a block passes in parts.
        const fits = column === 0 && columnCount <= BLOCK_NUMBERS;
        const whole = fits ? Math.min(inGroup, Math.floor(left / columnCount)) : 0;
        const width = whole > 0 ? columnCount : Math.min(left, columnCount - column, BLOCK_NUMBERS);
        const rows = Math.max(1, whole);
        const block = addBlock(moments, { values, from, rows, columns: width }, ofRows, row);
        if (Math.floor(row / group) % every === 0) {
          const to = column + width;
          block.addColumns(columns.sums.subarray(column, to), columns.squares.subarray(column, to));
          if (to === columnCount) counted += rows;
        }
        from += rows * width;
        column += width;
        if (column === columnCount) {
          column = 0;
          row += rows;
        }
      }
    },
    rows: () => ofRows,
    columns: () => ({ ...columns, length: counted }),
  };
}
