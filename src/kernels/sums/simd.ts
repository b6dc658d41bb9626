/** `reference.ts` by SIMD for float32, bit for bit. */

import { loadModule, reserve } from "../module.ts";
import sumsModule from "../wasm/sums.ts";
import { BLOCK_NUMBERS, type BlockSums } from "./types.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  free(): number;
  sumRows(at: number, rows: number, columns: number, sums: number, squares: number, bounds: number): void;
  sumColumns(at: number, rows: number, columns: number, sums: number, squares: number): void;
}

const BOUNDS_BYTES = 64;

/** Null where the reference has to do the work. */
export function createSimd(): BlockSums | null {
  const exports = loadModule<Exports>(sumsModule);
  if (exports === null) return null;
  const at = exports.free();
  const sums = at + BLOCK_NUMBERS * 4;
  const squares = sums + BLOCK_NUMBERS * 8;
  const bounds = squares + BLOCK_NUMBERS * 8;
  reserve(exports.memory, bounds + BOUNDS_BYTES);
  const { buffer } = exports.memory;
  const block = new Float32Array(buffer, at, BLOCK_NUMBERS);
  const ofSums = new Float64Array(buffer, sums, BLOCK_NUMBERS);
  const ofSquares = new Float64Array(buffer, squares, BLOCK_NUMBERS);
  const ends = new Float32Array(buffer, bounds, 2);
  const counts = new Int32Array(buffer, bounds + 8, 1);
  let rows = 0;
  let columns = 0;
  return {
    take: (values, from, rowCount, columnCount) => {
      rows = rowCount;
      columns = columnCount;
      block.set(values.subarray(from, from + rows * columns));
    },
    sumRows: () => {
      exports.sumRows(at, rows, columns, sums, squares, bounds);
      const [min = 0, max = 0] = ends;
      return { sums: ofSums, squares: ofSquares, min: min + 0, max: max + 0, zeros: counts[0] ?? 0 };
    },
    addColumns: (columnSums, columnSquares) => {
      // What the rows' sums took is free by now.
      ofSums.set(columnSums);
      ofSquares.set(columnSquares);
      exports.sumColumns(at, rows, columns, sums, squares);
      columnSums.set(ofSums.subarray(0, columns));
      columnSquares.set(ofSquares.subarray(0, columns));
    },
  };
}
