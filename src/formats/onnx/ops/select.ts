/** Operators that pick parts: Slice, Gather (embedding or constant indices), Where. */

import type { Expression } from "../../../activation/expression.ts";
import type { SliceNode } from "../../../model/types.ts";
import {
  addConstant,
  define,
  emitFunction,
  input,
  intAttribute,
  intsAttribute,
  knownNumbers,
  type Lower,
  type Operation,
  operand,
  outputName,
  repeatedNumber,
  uniqueName,
  type Value,
} from "../context.ts";
import { add, mul, num, sub, X } from "../expressions.ts";
import { axisOf, broadcastShapes, isInteger, NotUnderstood, sameShape } from "../shape.ts";

type Range = SliceNode["ranges"][number];

/** Bounds as NumPy reads them: counted from the end where negative, clamped to the tensor. */
export function sliceRanges(operation: Operation, shape: readonly number[]): Range[] {
  const list = (attribute: string, index: number): number[] | null => {
    const ints = intsAttribute(operation, attribute);
    return ints ? [...ints] : knownNumbers(operation, index);
  };
  const starts = list("starts", 1) ?? [];
  const ends = list("ends", 2) ?? [];
  const axes = list("axes", 3) ?? starts.map((_, i) => i);
  const steps = knownNumbers(operation, 4) ?? starts.map(() => 1);
  return starts.map((from, i) => {
    const axis = axisOf(axes[i], shape.length);
    const size = shape[axis];
    const step = steps[i];
    if (!step || !Number.isSafeInteger(step)) throw new NotUnderstood(`a step of ${step}`);
    const clamp = (bound: number, low: number, high: number): number =>
      Math.min(Math.max(bound < 0 ? bound + size : bound, low), high);
    const start = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
    const end = step > 0 ? clamp(ends[i], 0, size) : clamp(ends[i], -1, size - 1);
    return { axis, start, count: Math.max(0, Math.ceil((end - start) / step)), step };
  });
}

export function slicedShape(shape: readonly number[], ranges: readonly Range[]): number[] {
  const out = [...shape];
  for (const range of ranges) out[range.axis] = range.count;
  return out;
}

const lowerSlice: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const ranges = sliceRanges(operation, x.shape);
  context.nodes.push({
    kind: "slice",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    ranges,
  });
  define(context, outputName(operation), slicedShape(x.shape, ranges), x.dtype);
};

export function gatheredShape(data: readonly number[], indices: readonly number[], axis: number): number[] {
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}

const lowerGather: Lower = (operation) => {
  const { context } = operation;
  const data = input(operation, 0);
  const indices = input(operation, 1);
  const axis = axisOf(intAttribute(operation, "axis", 0), data.shape.length);
  const shape = gatheredShape(data.shape, indices.shape, axis);
  const base = { name: operation.name, op: operation.op, outputs: [outputName(operation)] };
  const { parameter } = data;
  if (
    parameter &&
    axis === 0 &&
    data.shape.length === 2 &&
    parameter.permutation[0] === 0 &&
    indices.shape.length > 0
  ) {
    context.nodes.push({ kind: "embedding", ...base, inputs: [operand(context, indices)], table: parameter.name });
    define(context, outputName(operation), shape, data.dtype);
    return;
  }
  if (!indices.constant) throw new NotUnderstood("its indices are computed, and what it picks from is not a table");
  const size = data.shape[axis];
  const picked = Array.from(indices.constant(), (i) => (i < 0 ? i + size : i));
  if (picked.some((i) => !(i >= 0 && i < size))) throw new NotUnderstood(`an index lies outside the ${size} entries`);
  const source = operand(context, data);
  if (indices.shape.length <= 1) {
    const scalar = indices.shape.length === 0;
    context.nodes.push({ kind: "gather", ...base, inputs: [source], axis, indices: picked, scalar });
  } else {
    const flat = uniqueName(context, `${outputName(operation)}.flat`);
    const node = { name: uniqueName(context, `${operation.name}.gather`), op: operation.op, outputs: [flat] };
    context.nodes.push({ kind: "gather", ...node, inputs: [source], axis, indices: picked, scalar: false });
    define(context, flat, gatheredShape(data.shape, [picked.length], axis), data.dtype);
    context.nodes.push({ kind: "reshape", ...base, inputs: [flat], shape });
  }
  define(context, outputName(operation), shape, data.dtype);
};

function emitMask(operation: Operation, x: Value, keep: Value, keepValues: Float64Array, fill: number): void {
  const { context } = operation;
  const constant = addConstant(context, `${outputName(operation)}.keep`, keep.shape, "bool", keepValues);
  context.nodes.push({
    kind: "mask",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    keep: constant.name,
    fill,
  });
  define(context, outputName(operation), x.shape, x.dtype);
}

/** condition ? a : b. */
const lowerWhere: Lower = (operation) => {
  const condition = input(operation, 0);
  const a = input(operation, 1);
  const b = input(operation, 2);
  const shape = broadcastShapes(condition.shape, a.shape, b.shape);
  const fillA = repeatedNumber(a, shape);
  const fillB = repeatedNumber(b, shape);
  if (condition.constant) {
    const values = condition.constant();
    if (fillB !== null && sameShape(shape, a.shape)) {
      emitMask(
        operation,
        a,
        condition,
        values.map((v) => (v ? 1 : 0)),
        fillB,
      );
      return;
    }
    if (fillA !== null && sameShape(shape, b.shape)) {
      emitMask(
        operation,
        b,
        condition,
        values.map((v) => (v ? 0 : 1)),
        fillA,
      );
      return;
    }
  }
  if (isInteger(a.dtype) && isInteger(b.dtype)) throw new NotUnderstood("it chooses between integers");
  if ([fillA, fillB].some((fill) => fill !== null && !Number.isFinite(fill))) {
    throw new NotUnderstood("it masks with infinity where the condition is computed");
  }
  if (fillA !== null && fillB !== null) {
    emitFunction(operation, condition, add(num(fillB), mul(num(fillA - fillB), X)));
    return;
  }
  const signal = fillA !== null ? b : a;
  if (!sameShape(signal.shape, shape)) throw new NotUnderstood("it spreads a signal over its condition");
  chooseByProduct(operation, shape);
};

/** b + condition·(a − b), where the condition is 0 or 1. */
function chooseByProduct(operation: Operation, shape: readonly number[]): void {
  const { context, op } = operation;
  const [condition, a, b] = [input(operation, 0), input(operation, 1), input(operation, 2)];
  const [fillA, fillB] = [repeatedNumber(a, shape), repeatedNumber(b, shape)];
  const dtype = a.constant ? b.dtype : a.dtype;
  const difference = uniqueName(context, `${outputName(operation)}.difference`);
  const chosen = uniqueName(context, `${outputName(operation)}.chosen`);
  const emit = (
    name: string,
    output: string,
    content: Expression | "subtract" | "multiply" | "add",
    ...inputs: string[]
  ): void => {
    const node = { name, op, inputs, outputs: [output] };
    if (typeof content === "string") context.nodes.push({ kind: "combine", ...node, operation: content });
    else {
      const activation = { kind: "expression", expression: content } as const;
      context.nodes.push({ kind: "activation", ...node, activation, slope: null });
    }
    define(context, output, shape, dtype);
  };
  if (fillB === 0) {
    emit(operation.name, outputName(operation), "multiply", operand(context, a), operand(context, condition));
    return;
  }
  if (fillA !== null) emit(difference, difference, sub(num(fillA), X), operand(context, b));
  else if (fillB !== null) emit(difference, difference, sub(X, num(fillB)), operand(context, a));
  else emit(difference, difference, "subtract", operand(context, a), operand(context, b));
  emit(chosen, chosen, "multiply", difference, operand(context, condition));
  if (fillB !== null) emit(operation.name, outputName(operation), add(X, num(fillB)), chosen);
  else emit(operation.name, outputName(operation), "add", operand(context, b), chosen);
}

export const select: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["Slice", lowerSlice],
  ["Gather", lowerGather],
  ["Where", lowerWhere],
]);
