/** Constant folding: operators all of whose inputs are known vanish when the file is read. */

import { MAX_FOLDED_ELEMENTS } from "../caps.ts";
import { intAttribute, type Operation, optional, outputName, type Value } from "../context.ts";
import { countOf, NotUnderstood } from "../shape.ts";
import { arithmetic } from "./arithmetic.ts";
import type { Fold, FoldCall, Known } from "./known.ts";
import { layoutFolds } from "./layout.ts";

const range: Fold = ({ inputs: [start, limit, delta], take }) => {
  const [from, to, step] = [start.values[0], limit.values[0], delta.values[0]];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isSafeInteger(count) || !take(count)) return null;
  return {
    shape: [count],
    dtype: start.dtype,
    values: Float64Array.from({ length: count }, (_, i) => from + i * step),
  };
};

const folds: ReadonlyMap<string, Fold> = new Map<string, Fold>([...arithmetic, ...layoutFolds, ["Range", range]]);

/** Operators that are only understood on values known when the file is read. */
export function foldedOperators(): string[] {
  return [...folds.keys(), "Shape", "Size", "Constant", "ConstantOfShape"];
}

function defineKnown(operation: Operation, known: Known, index = 0): void {
  const { context } = operation;
  const name = outputName(operation, index);
  for (const dim of known.shape) if (!(dim >= 0)) throw new NotUnderstood(`a shape of [${known.shape}]`);
  context.values.set(name, { ...known, name, constant: () => known.values, parameter: null });
}

function take(operation: Operation, count: number): boolean {
  const { context } = operation;
  if (!(count >= 0 && count <= MAX_FOLDED_ELEMENTS) || count > context.foldBudget) return false;
  context.foldBudget -= count;
  return true;
}

/** Shape and Size are known whatever flows: shapes are concrete. */
function foldShape(operation: Operation): boolean {
  const x = optional(operation, 0);
  if (!x || (operation.op !== "Shape" && operation.op !== "Size")) return false;
  const rank = x.shape.length;
  const bound = (v: number): number => Math.min(Math.max(v < 0 ? v + rank : v, 0), rank);
  const dims = x.shape.slice(bound(intAttribute(operation, "start", 0)), bound(intAttribute(operation, "end", rank)));
  const values = operation.op === "Size" ? [countOf(x.shape)] : dims;
  const shape = operation.op === "Size" ? [] : [dims.length];
  defineKnown(operation, { shape, dtype: "i64", values: Float64Array.from(values) });
  return true;
}

function foldSplit(operation: Operation, x: Known): boolean {
  const parts = operation.node.outputs.length;
  if (x.shape.length !== 1 || operation.node.attributes.has("split") || operation.inputs.length > 1) return false;
  const share = Math.ceil(x.shape[0] / parts);
  for (let i = 0; i < parts; i++) {
    const values = x.values.subarray(i * share, Math.min((i + 1) * share, x.values.length));
    defineKnown(operation, { shape: [values.length], dtype: x.dtype, values }, i);
  }
  return true;
}

/** True where the operation's outputs are known now; false: it has to be lowered. */
export function foldOperation(operation: Operation): boolean {
  if (foldShape(operation)) return true;
  const present = operation.inputs.filter((value): value is Value => value !== null);
  if (present.length === 0 || present.some((value) => !value.constant)) return false;
  const fold = folds.get(operation.op);
  if (!fold && operation.op !== "Split") return false;
  // Large tables stay where they are: only what is small is worth computing.
  if (present.some((value) => countOf(value.shape) > MAX_FOLDED_ELEMENTS)) return false;
  const inputs = present.map(({ shape, dtype, constant }) => ({
    shape,
    dtype,
    values: constant?.() ?? new Float64Array(),
  }));
  if (!fold) return foldSplit(operation, inputs[0]);
  const call: FoldCall = {
    inputs,
    operation,
    take: (count) => take(operation, count),
    int: (attribute, fallback) => intAttribute(operation, attribute, fallback),
  };
  const known = fold(call);
  if (!known) return false;
  defineKnown(operation, known);
  return true;
}
