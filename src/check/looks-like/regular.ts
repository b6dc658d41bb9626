/** What no independent draw has: lines at right angles, rows of one length, rows that sum to nothing. */

import type { TensorStatistics } from "../statistics/types.ts";
import { dot } from "./independence.ts";

export interface Lines {
  readonly count: number;
  readonly length: number;
  readonly vectors: { readonly [index: number]: number; readonly length: number };
}

/** Error of a product of unit vectors of this length: that of a decomposition in float32, and the storage's rounding. */
const tolerance = (length: number, rounding: number) => 5e-6 + (8 * rounding) / Math.sqrt(length);

const MOST_PAIRED = 64;

/**
 * The common length of lines that are all at right angles, null where they are not. 64 of them, evenly spread, are paired:
 * independent lines of length L have cosines about 1/√L.
 */
export function orthogonalLength({ count, length, vectors }: Lines, rounding: number): number | null {
  if (count < 2 || count > length || length < 2) return null;
  const most = Math.min(count, MOST_PAIRED);
  const allowed = tolerance(length, rounding);
  const lines: Float64Array[] = [];
  let first = 0;
  for (let i = 0; i < most; i++) {
    const from = Math.floor((i * count) / most) * length;
    const line = new Float64Array(length);
    for (let j = 0; j < length; j++) line[j] = vectors[from + j]!;
    const norm = Math.sqrt(dot(line, line));
    if (i === 0) first = norm;
    if (!(norm > 0) || Math.abs(norm / first - 1) > allowed) return null;
    for (let j = 0; j < length; j++) line[j]! /= norm;
    for (const other of lines) if (Math.abs(dot(line, other)) > allowed) return null;
    lines.push(line);
  }
  return first;
}

/** The rows' common length where all rows have the same, null otherwise. */
export function commonRowLength({ rows }: TensorStatistics, rounding: number): number | null {
  if (!rows || rows.squares.length < 2 || rows.length < 2) return null;
  const allowed = 2 * tolerance(rows.length, rounding);
  const first = rows.squares[0]!;
  if (!(first > 0) || rows.squares.some((square) => Math.abs(square / first - 1) > allowed)) return null;
  return Math.sqrt(first);
}

/** True where every row's sum is zero but for rounding: each of n numbers is off by half a unit, their sum by √n of them. */
export function isRowCentred({ rows }: TensorStatistics, rounding: number): boolean {
  if (!rows || rows.length < FEWEST_COLUMNS || rows.sums.length < 2) return false;
  let any = false;
  for (let i = 0; i < rows.sums.length; i++) {
    const norm = Math.sqrt(rows.squares[i]!);
    if (norm > 0) any = true;
    if (Math.abs(rows.sums[i]!) > 8 * rounding * norm) return false;
  }
  return any;
}

/** Two or three numbers may cancel by chance, in bfloat16 above all. */
const FEWEST_COLUMNS = 8;
