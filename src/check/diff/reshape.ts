/** Tensors whose shape changed: are the numbers still there? */

import type { Model, Parameter } from "../../model/types.ts";
import type { Values } from "../statistics/types.ts";
import { piecesOf } from "./pass.ts";

/** Both are held whole to be compared; larger ones are only said to be reshaped. */
const LARGEST = 33_554_432;

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function wholeOf(model: Model, { name, shape }: Parameter): Values | null {
  if (sizeOf(shape) > LARGEST) return null;
  const pieces = piecesOf(model, name);
  if (!pieces) return null;
  const out = new Float64Array(sizeOf(shape));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function equalAt(a: Values, b: Values, count: number, place: (i: number) => number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[place(i)]) return false;
  return true;
}

/** "transposed", "the same numbers in another shape", "the first 128 of 160 rows are unchanged", or "". */
export function reshapeDetail(a: Model, left: Parameter, b: Model, right: Parameter): string {
  const [x, y] = [wholeOf(a, left), wholeOf(b, right)];
  if (!x || !y) return "";
  if (x.length === y.length) {
    if (equalAt(x, y, x.length, (i) => i)) return "the same numbers in another shape";
    const [rows = 0, columns = 0] = left.shape;
    const turned = left.shape.length === 2 && right.shape[0] === columns && right.shape[1] === rows;
    if (turned && equalAt(x, y, x.length, (i) => (i % columns) * rows + Math.floor(i / columns))) return "transposed";
    return "";
  }
  const inner = left.shape.slice(1).join("x");
  if (left.shape.length === 0 || inner !== right.shape.slice(1).join("x")) return "";
  const rows = Math.min(left.shape[0] ?? 0, right.shape[0] ?? 0);
  const most = Math.max(left.shape[0] ?? 0, right.shape[0] ?? 0);
  const shared = equalAt(x, y, rows * sizeOf(left.shape.slice(1)), (i) => i);
  return shared && rows > 0 ? `the first ${rows} of ${most} rows are unchanged` : "";
}
