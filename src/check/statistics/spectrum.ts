/**
 * Largest singular value and effective rank of a weight as a matrix [axis 0, everything else].
 *
 * Norm: Lanczos on A·Aᵀ (Golub & Van Loan, 10.1); its residual bounds the error. Effective rank: (Σλ)²/Σλ² over the squared
 * singular values λ (Bartlett et al. 2020, R₀), which is ‖A‖⁴_F/‖AAᵀ‖²_F: no decomposition is needed, only products of lines.
 * Independent entries of an m × n matrix have mn/(m + n), a matrix of one direction 1.
 *
 * Of a matrix with more elements than are kept, whole lines along its longer side are taken. The norm of all is then told from
 * that of a part by the law of a direction in noise (Benaych-Georges & Nadakuditi 2012, theorem 2.8), and the effective rank
 * from the pairs that were seen.
 */

import { createKey, fillNormal } from "../../random/index.ts";
import { packLines, productsOf } from "./products.ts";
import type { LineSums, Slice, TensorStatistics } from "./types.ts";

export interface Spectrum {
  /** Largest singular value. */
  readonly norm: number;
  /** Relative standard error of the norm where lines were left out, bound of the iteration's error otherwise. */
  readonly normError: number;
  readonly effectiveRank: number;
  /** Relative standard error; 0 where all pairs of lines were taken. */
  readonly rankError: number;
  /** Lines that the norm was taken from, of how many. */
  readonly lines: { readonly used: number; readonly of: number };
}

const STEPS = 24;
/** Relative residual of the squared norm at which the iteration stops: half of it in the norm. */
const CLOSE = 4e-3;
/** Products of lines may take this many times the work of one question: they are all that the effective rank is told from. */
const PAIR_SHARE = 2;

interface Matrix {
  readonly count: number;
  readonly length: number;
  readonly at: { readonly [index: number]: number; readonly length: number };
}

/** out = A·(Aᵀu), four lines at a time: each number of `wide` is fetched a quarter as often, and sums do not wait for each other. */
function product({ count, length, at }: Matrix, u: Float64Array, wide: Float64Array, out: Float64Array): void {
  wide.fill(0);
  const fours = count - (count % 4);
  for (let i = 0; i < fours; i += 4) {
    const [a, b, c, d] = [i * length, (i + 1) * length, (i + 2) * length, (i + 3) * length];
    const [p, q, r, s] = [u[i]!, u[i + 1]!, u[i + 2]!, u[i + 3]!];
    for (let j = 0; j < length; j++) wide[j]! += p * at[a + j]! + q * at[b + j]! + (r * at[c + j]! + s * at[d + j]!);
  }
  for (let i = fours; i < count; i++) for (let j = 0; j < length; j++) wide[j]! += u[i]! * at[i * length + j]!;
  for (let i = 0; i < fours; i += 4) {
    const [a, b, c, d] = [i * length, (i + 1) * length, (i + 2) * length, (i + 3) * length];
    let [p, q, r, s] = [0, 0, 0, 0];
    for (let j = 0; j < length; j++) {
      const x = wide[j]!;
      p += x * at[a + j]!;
      q += x * at[b + j]!;
      r += x * at[c + j]!;
      s += x * at[d + j]!;
    }
    out[i] = p;
    out[i + 1] = q;
    out[i + 2] = r;
    out[i + 3] = s;
  }
  for (let i = fours; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += wide[j]! * at[i * length + j]!;
    out[i] = sum;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function normalize(vector: Float64Array): number {
  const norm = Math.sqrt(dot(vector, vector));
  if (norm > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= norm;
  return norm;
}

/** Largest eigenvalue of a symmetric tridiagonal matrix by bisection on Sturm's count. */
function largestOf(diagonal: readonly number[], beside: readonly number[]): number {
  let high = Math.max(...diagonal.map((d, i) => d + Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0)));
  let low = Math.max(...diagonal);
  const above = (x: number): boolean => {
    // Any eigenvalue beyond x: a positive pivot of T − x.
    let pivot = 1;
    return diagonal.some((d, i) => {
      const b = i > 0 ? beside[i - 1]! : 0;
      pivot = d - x - (i > 0 ? (b * b) / (pivot || -1e-300) : 0);
      return pivot > 0;
    });
  };
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (above(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/** Last component of the eigenvector of length 1: with the next β it is the residual. */
function lastComponent(diagonal: readonly number[], beside: readonly number[], value: number): number {
  let before = 0;
  let current = 1;
  let squares = 1;
  for (let i = 0; i + 1 < diagonal.length; i++) {
    const next = ((value - diagonal[i]!) * current - (i > 0 ? beside[i - 1]! * before : 0)) / beside[i]!;
    before = current;
    current = next;
    squares += next * next;
  }
  return current / Math.sqrt(squares);
}

/** Square of the largest singular value, and the bound of its error. */
function lanczos(matrix: Matrix): { readonly value: number; readonly error: number } {
  const { count, length } = matrix;
  const start = new Float32Array(count);
  fillNormal(start, createKey(0, "spectrum"), 0, 0, 1);
  let v = Float64Array.from(start);
  normalize(v);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  const wide = new Float64Array(length);
  let value = 0;
  let error = 0;
  for (let step = 0; step < Math.min(STEPS, count); step++) {
    basis.push(v);
    const next = new Float64Array(count);
    product(matrix, v, wide, next);
    diagonal.push(dot(next, v));
    // Twice: once leaves what rounding brought in (Giraud et al. 2005).
    for (let pass = 0; pass < 2; pass++) {
      for (const known of basis) {
        const share = dot(next, known);
        for (let i = 0; i < count; i++) next[i]! -= share * known[i]!;
      }
    }
    const beta = normalize(next);
    value = largestOf(diagonal, beside);
    error = beta * Math.abs(lastComponent(diagonal, beside, value));
    if (!(error > CLOSE * value)) break;
    beside.push(beta);
    v = next;
  }
  return { value, error };
}

/** Norm of all `of` lines from the squared norm of `used` of them, in noise of standard deviation `std`. */
function extrapolate(value: number, { count: used, length, of }: Slice, total: number): number {
  let noise = total / (of * length);
  let estimate = Math.sqrt(value);
  for (let i = 0; i < 4; i++) {
    const edge = noise * (Math.sqrt(used) + Math.sqrt(length)) ** 2;
    if (value <= 1.02 * edge) return Math.sqrt(noise) * (Math.sqrt(of) + Math.sqrt(length));
    const middle = value - noise * (used + length);
    const part = (middle + Math.sqrt(Math.max(0, middle ** 2 - 4 * noise ** 2 * used * length))) / 2;
    const whole = (part * of) / used;
    estimate = Math.sqrt(((whole + noise * of) * (whole + noise * length)) / whole);
    noise = Math.max(0, total - whole) / (of * length);
  }
  return estimate;
}

interface Pairs {
  /** Mean of G² over the pairs of different lines that were taken. */
  readonly mean: number;
  readonly error: number;
  readonly all: boolean;
}

function pairsOf(slice: Slice, work: number): Pairs {
  const { count } = slice;
  const taken = Math.min(count, Math.max(4, Math.floor(Math.sqrt((2 * work) / slice.length))));
  if (taken < 2) return { mean: 0, error: 0, all: true };
  const products = productsOf(packLines(slice, taken));
  const ofLine = new Float64Array(taken);
  let total = 0;
  for (let i = 0; i < taken; i++) {
    for (let j = 0; j < i; j++) {
      const square = products[i * taken + j]! ** 2;
      total += square;
      ofLine[i]! += square;
      ofLine[j]! += square;
    }
  }
  const mean = (2 * total) / (taken * (taken - 1));
  const spread = ofLine.reduce((sum, x) => sum + (x / (taken - 1) - mean) ** 2, 0) / taken;
  // A mean over pairs has twice the error of one over lines (Hoeffding 1948).
  return { mean, error: 2 * Math.sqrt(spread / taken), all: taken === count };
}

/** Σ over all lines of (Σx²)², from the lines' own sums where they are whole. */
function squaredNorms(lines: LineSums, slice: Slice, matrix: Matrix): number {
  if (lines.length === slice.length) return lines.squares.reduce((sum, x) => sum + x * x, 0);
  let sum = 0;
  for (let i = 0; i < matrix.count; i++) {
    let square = 0;
    for (let j = 0; j < matrix.length; j++) square += matrix.at[i * matrix.length + j]! ** 2;
    sum += square * square;
  }
  return (sum * slice.of) / matrix.count;
}

/** Null for vectors, for empty tensors, and where numbers are not finite. */
export function spectrumOf({
  slice,
  rows,
  columns,
  mean,
  std,
  count,
  nan,
  infinite,
  work,
}: TensorStatistics): Spectrum | null {
  if (!slice || !rows || !columns || nan + infinite > 0 || count === 0) return null;
  const used = slice.count;
  const matrix: Matrix =
    slice.step === 1
      ? { count: used, length: slice.length, at: slice.vectors }
      : // A copy: pairs of lines are packed next.
        { count: used, length: slice.length, at: packLines(slice, used).at.slice() };
  const total = count * (std * std + mean * mean);
  const lines = { used, of: slice.of };
  if (!(total > 0)) return { norm: 0, normError: 0, effectiveRank: 0, rankError: 0, lines };
  const { value, error } = lanczos(matrix);
  const whole = used === slice.of;
  const pairs = pairsOf(slice, PAIR_SHARE * work);
  const norms = squaredNorms(slice.along === "rows" ? rows : columns, slice, matrix);
  const others = slice.of * (slice.of - 1) * pairs.mean;
  const rankError = pairs.all && whole ? 0 : (slice.of * (slice.of - 1) * pairs.error) / (norms + others);
  return {
    norm: whole ? Math.sqrt(value) : extrapolate(value, slice, total),
    normError: whole ? error / (2 * value) : 1 / Math.sqrt(2 * used),
    effectiveRank: total ** 2 / (norms + others),
    rankError,
    lines,
  };
}
