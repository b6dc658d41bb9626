/** What no independent draw has: lines at right angles, rows of one length, rows that sum to nothing. */

import type { Slice, TensorStatistics } from "../statistics/types.ts";
import { dot } from "./independence.ts";

/** Element j of line i is `vectors[i·line + j·step]`. */
export type Lines = Pick<Slice, "count" | "length" | "vectors" | "line" | "step">;

/** Error of a product of unit vectors of this length: that of a decomposition in float32, and the storage's rounding. */
const tolerance = (length: number, rounding: number) => 5e-6 + (8 * rounding) / Math.sqrt(length);

const MOST_PAIRED = 64;

/** Of one line, before any is copied: two lines of different lengths are what most matrices have. */
function squaredNorm(vectors: Lines["vectors"], from: number, step: number, length: number): number {
  let sum = 0;
  for (let j = 0, at = from; j < length; j++, at += step) sum += vectors[at]! * vectors[at]!;
  return sum;
}

/**
 * The common length of lines that are all at right angles, null where they are not. 64 of them, evenly spread, are paired:
 * independent lines of length L have cosines about 1/√L.
 */
export function orthogonalLength(
  { count, length, vectors, line: apart, step }: Lines,
  rounding: number,
): number | null {
  if (count < 2 || count > length || length < 2) return null;
  const most = Math.min(count, MOST_PAIRED);
  const allowed = tolerance(length, rounding);
  if (Math.abs(squaredNorm(vectors, apart, step, length) / squaredNorm(vectors, 0, step, length) - 1) > 3 * allowed)
    return null;
  const lines: Float64Array[] = [];
  let first = 0;
  for (let i = 0; i < most; i++) {
    const from = Math.floor((i * count) / most) * apart;
    const line = new Float64Array(length);
    for (let j = 0; j < length; j++) line[j] = vectors[from + j * step]!;
    const norm = Math.sqrt(dot(line, line));
    if (i === 0) first = norm;
    if (!(norm > 0) || Math.abs(norm / first - 1) > allowed) return null;
    for (let j = 0; j < length; j++) line[j]! /= norm;
    for (const other of lines) if (Math.abs(dot(line, other)) > allowed) return null;
    lines.push(line);
  }
  return first;
}

/** The rows' common length where all rows have the same and are not one row repeated, null otherwise. */
export function commonRowLength({ rows }: TensorStatistics, rounding: number): number | null {
  if (!rows || rows.squares.length < 2 || rows.length < 2) return null;
  const allowed = 2 * tolerance(rows.length, rounding);
  const first = rows.squares[0]!;
  if (!(first > 0) || rows.squares.some((square) => Math.abs(square / first - 1) > allowed)) return null;
  return rows.sums.every((sum) => sum === rows.sums[0]) ? null : Math.sqrt(first);
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
