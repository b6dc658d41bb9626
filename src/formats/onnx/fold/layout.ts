/** Shape-changing operators on known values. */

import { listOf, type Operation } from "../context.ts";
import { permutationOf, resolveShape, squeezedShape, unsqueezedShape } from "../ops/layout.ts";
import { reducedShape, reductionAxes } from "../ops/reduce.ts";
import { gatheredShape, slicedShape, sliceRanges } from "../ops/select.ts";
import { axisOf, broadcastShapes, broadcastStrides, countOf, NotUnderstood, stridesOf } from "../shape.ts";
import type { Fold, Known } from "./known.ts";

/** out[i] = values[offset + Σ position·stride] for a result of `shape`. */
export function gatherStrided(
  values: Float64Array,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Float64Array {
  const count = countOf(shape);
  const out = new Float64Array(count);
  const position = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    out[i] = values[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++position[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return out;
}

function view(known: Known, shape: readonly number[]): Known {
  return { ...known, shape };
}

const reshape: Fold = ({ inputs: [x], int, operation }) => {
  const target = listOf(operation, "shape", 1);
  if (!target) return null;
  return view(x, resolveShape(x.shape, target, int("allowzero", 0) !== 0, operation.context.batch));
};

const flatten: Fold = ({ inputs: [x], int }) => {
  const axis = int("axis", 1);
  return view(x, [countOf(x.shape.slice(0, axis)), countOf(x.shape.slice(axis))]);
};

const transpose: Fold = ({ inputs: [x], take, operation }) => {
  if (!take(x.values.length)) return null;
  const permutation = permutationOf(operation, x.shape.length);
  const strides = stridesOf(x.shape);
  const shape = permutation.map((axis) => x.shape[axis]);
  const values = gatherStrided(
    x.values,
    shape,
    permutation.map((axis) => strides[axis]),
    0,
  );
  return { shape, dtype: x.dtype, values };
};

const slice: Fold = ({ inputs: [x], take, operation }) => {
  const ranges = sliceRanges(operation, x.shape);
  const shape = slicedShape(x.shape, ranges);
  if (!take(countOf(shape))) return null;
  const strides = stridesOf(x.shape);
  const steps = [...strides];
  let offset = 0;
  for (const range of ranges) {
    offset += range.start * strides[range.axis];
    steps[range.axis] = range.step * strides[range.axis];
  }
  return { shape, dtype: x.dtype, values: gatherStrided(x.values, shape, steps, offset) };
};

const gather: Fold = ({ inputs: [data, indices], take, int }) => {
  const axis = axisOf(int("axis", 0), data.shape.length);
  const shape = gatheredShape(data.shape, indices.shape, axis);
  if (!take(countOf(shape))) return null;
  const outer = countOf(data.shape.slice(0, axis));
  const inner = countOf(data.shape.slice(axis + 1));
  const size = data.shape[axis];
  const values = new Float64Array(countOf(shape));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices.values) {
      const i = index < 0 ? index + size : index;
      if (!(i >= 0 && i < size)) throw new NotUnderstood(`index ${index} lies outside ${size} entries`);
      const from = (o * size + i) * inner;
      values.set(data.values.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return { shape, dtype: data.dtype, values };
};

const concat: Fold = ({ inputs, take, int }) => {
  const [first] = inputs;
  const axis = axisOf(int("axis", 1), first.shape.length);
  for (const { shape } of inputs) {
    if (shape.length !== first.shape.length || shape.some((dim, i) => i !== axis && dim !== first.shape[i]))
      return null;
  }
  const size = inputs.reduce((sum, known) => sum + known.shape[axis], 0);
  const shape = first.shape.map((dim, i) => (i === axis ? size : dim));
  if (!take(countOf(shape))) return null;
  const outer = countOf(shape.slice(0, axis));
  const values = new Float64Array(countOf(shape));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const known of inputs) {
      const block = countOf(known.shape.slice(axis));
      values.set(known.values.subarray(o * block, (o + 1) * block), at);
      at += block;
    }
  }
  return { shape, dtype: first.dtype, values };
};

function spread(x: Known, shape: readonly number[], take: (count: number) => boolean): Known | null {
  if (!take(countOf(shape))) return null;
  return { shape, dtype: x.dtype, values: gatherStrided(x.values, shape, broadcastStrides(x.shape, shape), 0) };
}

const expand: Fold = ({ inputs: [x, target], take }) =>
  spread(x, broadcastShapes(x.shape, Array.from(target.values)), take);

const tile: Fold = ({ inputs: [x, repeats], take }) => {
  const shape = x.shape.map((dim, i) => dim * repeats.values[i]);
  if (repeats.values.length !== x.shape.length || shape.some((dim) => !(dim >= 0)) || !take(countOf(shape)))
    return null;
  // Every axis as (repeat, dim): the repeats read with stride 0.
  const strides = stridesOf(x.shape);
  const pairs = x.shape.flatMap((dim, i) => [repeats.values[i], dim]);
  const values = gatherStrided(
    x.values,
    pairs,
    strides.flatMap((stride) => [0, stride]),
    0,
  );
  return { shape, dtype: x.dtype, values };
};

const REDUCTIONS: Record<string, { readonly start: number; readonly step: (a: number, b: number) => number }> = {
  ReduceSum: { start: 0, step: (a, b) => a + b },
  ReduceProd: { start: 1, step: (a, b) => a * b },
  ReduceMax: { start: Number.NEGATIVE_INFINITY, step: Math.max },
  ReduceMin: { start: Number.POSITIVE_INFINITY, step: Math.min },
};

const reduction: Fold = ({ inputs: [x], take, int, operation }) => {
  const axes = reductionAxes(operation, { ...x, name: "", constant: null, parameter: null });
  if (!axes) return x;
  const { start, step } = REDUCTIONS[operation.op];
  const kept = reducedShape(x.shape, axes, true);
  const shape = reducedShape(x.shape, axes, int("keepdims", 1) !== 0);
  if (!take(countOf(shape))) return null;
  const values = new Float64Array(countOf(shape)).fill(start);
  const indices = Float64Array.from({ length: values.length }, (_, i) => i);
  const targets = gatherStrided(indices, x.shape, broadcastStrides(kept, x.shape), 0);
  x.values.forEach((v, i) => {
    values[targets[i]] = step(values[targets[i]], v);
  });
  return { shape, dtype: x.dtype, values };
};

function squeezing(shapeOf: (x: Known, operation: Operation) => number[]): Fold {
  return ({ inputs: [x], operation }) => view(x, shapeOf(x, operation));
}

/** Upper or lower triangle. */
const triangle: Fold = ({ inputs: [x, offset], take, int }) => {
  const rank = x.shape.length;
  if (rank < 2 || !take(x.values.length)) return null;
  const [rows, columns] = x.shape.slice(-2);
  const k = offset?.values[0] ?? 0;
  const upper = int("upper", 1) !== 0;
  const keep = (i: number): boolean => {
    const row = Math.floor(i / columns) % rows;
    const column = i % columns;
    return upper ? column - row >= k : column - row <= k;
  };
  return { ...x, values: x.values.map((v, i) => (keep(i) ? v : 0)) };
};

export const layoutFolds: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ["Reshape", reshape],
  ["Flatten", flatten],
  ["Transpose", transpose],
  ["Slice", slice],
  ["Gather", gather],
  ["Concat", concat],
  ["Expand", expand],
  ["Tile", tile],
  ["Trilu", triangle],
  ["Squeeze", squeezing((x, operation) => squeezedShape(x.shape, listOf(operation, "axes", 1)))],
  ["Unsqueeze", squeezing((x, operation) => unsqueezedShape(x.shape, listOf(operation, "axes", 1) ?? []))],
  ...Object.keys(REDUCTIONS).map((name): [string, Fold] => [name, reduction]),
]);
