/** Two tensors side by side, one pass through both. */

import { bfloat16Bits, bfloat16Value, float16Bits, float16Value } from "../../formats/dtype.ts";
import type { Dtype, Model } from "../../model/types.ts";
import type { Values } from "../statistics/types.ts";

export interface Comparison {
  readonly count: number;
  readonly equal: boolean;
  /** The narrowest type whose rounding takes one side to the other; null if none does. */
  readonly rounded: Dtype | null;
  readonly change: number | null;
  readonly correlation: number | null;
}

/** A parameter's values in pieces; a piece is overwritten by the next. */
export function piecesOf(model: Model, name: string): Iterable<Values> | null {
  const tiles = model.tiles?.(name);
  if (tiles) return tiles;
  const values = model.read(name);
  return values ? [values] : null;
}

/** Calls `visit` with ranges of both that lie at the same place. */
function together(a: Iterable<Values>, b: Iterable<Values>, visit: (a: Values, b: Values) => void): void {
  const right = b[Symbol.iterator]();
  let rest: Values = new Float32Array(0);
  for (const left of a) {
    for (let at = 0; at < left.length; ) {
      if (rest.length === 0) {
        const next = right.next();
        if (next.done) return;
        rest = next.value;
      }
      const length = Math.min(left.length - at, rest.length);
      visit(left.subarray(at, at + length), rest.subarray(0, length));
      rest = rest.subarray(length);
      at += length;
    }
  }
}

const ROUNDINGS: readonly (readonly [Dtype, (x: number) => number])[] = [
  ["bf16", (x) => bfloat16Value(bfloat16Bits(x))],
  ["f16", (x) => float16Value(float16Bits(x))],
  ["f32", Math.fround],
];

interface Sums {
  count: number;
  equal: boolean;
  a: number;
  b: number;
  aa: number;
  bb: number;
  ab: number;
  apart: number;
}

/** NaN is equal to NaN here: a file's copy is a copy. */
const same = (x: number, y: number) => x === y || (Number.isNaN(x) && Number.isNaN(y));

function roundsTo(round: (x: number) => number, a: Values, b: Values): boolean {
  for (let i = 0; i < a.length; i++) if (!same(round(a[i]!), round(b[i]!))) return false;
  return true;
}

function addPiece(sums: Sums, a: Values, b: Values): void {
  let equal = true;
  let [sa, sb, aa, bb, ab, apart] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (!same(x, y)) equal = false;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    sa += x;
    sb += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
    apart += (x - y) * (x - y);
  }
  sums.count += a.length;
  sums.equal &&= equal;
  sums.a += sa;
  sums.b += sb;
  sums.aa += aa;
  sums.bb += bb;
  sums.ab += ab;
  sums.apart += apart;
}

/**
 * Compares tensors of equal shape element by element.
 *
 * A copy through a narrower type is recognised where one side has only numbers of that type, and the other, rounded to it,
 * is equal to it.
 */
export function compareValues(a: Iterable<Values>, b: Iterable<Values>): Comparison {
  const sums: Sums = { count: 0, equal: true, a: 0, b: 0, aa: 0, bb: 0, ab: 0, apart: 0 };
  const open = new Map(ROUNDINGS);
  const already = new Map<Dtype, { a: boolean; b: boolean }>(ROUNDINGS.map(([dtype]) => [dtype, { a: true, b: true }]));
  together(a, b, (left, right) => {
    addPiece(sums, left, right);
    for (const [dtype, round] of open) {
      const is = already.get(dtype)!;
      is.a &&= roundsToItself(round, left);
      is.b &&= roundsToItself(round, right);
      if ((!is.a && !is.b) || !roundsTo(round, left, right)) open.delete(dtype);
    }
  });
  const { count, equal, aa, bb, ab, apart } = sums;
  const [rounded = null] = open.keys();
  const va = aa - sums.a ** 2 / count;
  const vb = bb - sums.b ** 2 / count;
  // Below this a variance is rounding of the sums.
  const constant = va <= 1e-12 * aa || vb <= 1e-12 * bb;
  return {
    count,
    equal,
    rounded: equal ? null : rounded,
    change: aa > 0 ? Math.sqrt(apart / aa) : null,
    correlation: constant || count < 2 ? null : (ab - (sums.a * sums.b) / count) / Math.sqrt(va * vb),
  };
}

function roundsToItself(round: (x: number) => number, values: Values): boolean {
  for (let i = 0; i < values.length; i++) if (!same(round(values[i]!), values[i]!)) return false;
  return true;
}
