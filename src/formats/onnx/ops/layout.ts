/** Operators that move values without changing them: reshape, transpose, concat, split, expand, tile. */

import {
  define,
  input,
  intAttribute,
  intsAttribute,
  knownNumbers,
  type Lower,
  listOf,
  type Operation,
  operand,
  outputName,
  uniqueName,
  type Value,
} from "../context.ts";
import { axisOf, broadcastShapes, countOf, NotUnderstood } from "../shape.ts";

/** The file's own batch, baked into a shape, differs from the one asked for: reading starts again with it. */
export class BakedBatch extends Error {
  readonly batch: number;
  constructor(batch: number) {
    super(`shapes in the graph hold for batch ${batch} only`);
    this.batch = batch;
  }
}

export function resolveShape(
  x: readonly number[],
  target: readonly number[],
  allowZero: boolean,
  batch: number,
): number[] {
  const shape = target.map((dim, i) => {
    if (dim !== 0 || allowZero) return dim;
    if (i >= x.length) throw new NotUnderstood(`target [${target}] copies axis ${i} of [${x}]`);
    return x[i];
  });
  const free = shape.indexOf(-1);
  const count = countOf(x);
  const known = countOf(shape.filter((dim) => dim !== -1));
  if (free >= 0) {
    if (known > 0 && count % known === 0 && shape.lastIndexOf(-1) === free) shape[free] = count / known;
    else throw new NotUnderstood(`[${x}] cannot become [${target}]`);
  }
  if (countOf(shape) !== count) {
    const baked = (countOf(shape) / count) * batch;
    if (Number.isInteger(baked) && baked > 0 && baked !== batch) throw new BakedBatch(baked);
    throw new NotUnderstood(`[${x}] cannot become [${target}]`);
  }
  return shape;
}

export function emitReshape(operation: Operation, x: Value, shape: readonly number[]): void {
  const { context } = operation;
  context.nodes.push({
    kind: "reshape",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    shape,
  });
  define(context, outputName(operation), shape, x.dtype);
}

const lowerReshape: Lower = (operation) => {
  const x = input(operation, 0);
  const target = listOf(operation, "shape", 1);
  if (!target) throw new NotUnderstood("its target shape is missing");
  const allowZero = intAttribute(operation, "allowzero", 0) !== 0;
  emitReshape(operation, x, resolveShape(x.shape, target, allowZero, operation.context.batch));
};

const lowerFlatten: Lower = (operation) => {
  const x = input(operation, 0);
  const given = intAttribute(operation, "axis", 1);
  const axis = given === x.shape.length ? given : axisOf(given, x.shape.length);
  emitReshape(operation, x, [countOf(x.shape.slice(0, axis)), countOf(x.shape.slice(axis))]);
};

export function squeezedShape(shape: readonly number[], axes: readonly number[] | null): number[] {
  const drop = axes?.map((axis) => axisOf(axis, shape.length)) ?? shape.flatMap((dim, i) => (dim === 1 ? [i] : []));
  if (drop.some((axis) => shape[axis] !== 1)) throw new NotUnderstood(`axes [${drop}] of [${shape}] are not all 1`);
  return shape.filter((_, i) => !drop.includes(i));
}

export function unsqueezedShape(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length;
  const at = new Set(axes.map((axis) => axisOf(axis, rank)));
  if (at.size !== axes.length) throw new NotUnderstood(`axes [${axes}] repeat`);
  let next = 0;
  return Array.from({ length: rank }, (_, i) => (at.has(i) ? 1 : shape[next++]));
}

const lowerSqueeze: Lower = (operation) => {
  const x = input(operation, 0);
  emitReshape(operation, x, squeezedShape(x.shape, listOf(operation, "axes", 1)));
};

const lowerUnsqueeze: Lower = (operation) => {
  const x = input(operation, 0);
  emitReshape(operation, x, unsqueezedShape(x.shape, listOf(operation, "axes", 1) ?? []));
};

export function permutationOf(operation: Operation, rank: number): number[] {
  const given = intsAttribute(operation, "perm");
  const permutation = given ? [...given] : Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (
    permutation.length !== rank ||
    new Set(permutation).size !== rank ||
    permutation.some((p) => !(p >= 0 && p < rank))
  ) {
    throw new NotUnderstood(`perm [${permutation}] for ${rank} axes`);
  }
  return permutation;
}

const lowerTranspose: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const permutation = permutationOf(operation, x.shape.length);
  const out = outputName(operation);
  context.nodes.push({
    kind: "transpose",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [out],
    permutation,
  });
  const shape = permutation.map((axis) => x.shape[axis]);
  const value = define(context, out, shape, x.dtype);
  const view = x.parameter;
  if (view) {
    const seen = permutation.map((axis) => view.permutation[axis]);
    context.values.set(out, { ...value, parameter: { name: view.name, permutation: seen } });
  }
};

const lowerConcat: Lower = (operation) => {
  const { context } = operation;
  // Empty vectors take part in joins of some exporters; they add nothing.
  const values = operation.inputs.filter(
    (value): value is Value => value !== null && !(value.shape.length === 1 && value.shape[0] === 0),
  );
  if (values.length === 0) throw new NotUnderstood("it has no inputs");
  const first = values[0].shape;
  const axis = axisOf(intAttribute(operation, "axis", 1), first.length);
  for (const { shape } of values) {
    if (shape.length !== first.length || shape.some((dim, i) => i !== axis && dim !== first[i])) {
      throw new NotUnderstood(`shapes ${values.map((v) => `[${v.shape}]`).join(", ")} do not join along axis ${axis}`);
    }
  }
  context.nodes.push({
    kind: "concat",
    name: operation.name,
    op: operation.op,
    inputs: values.map((value) => operand(context, value)),
    outputs: [outputName(operation)],
    axis,
  });
  const size = values.reduce((sum, value) => sum + value.shape[axis], 0);
  define(
    context,
    outputName(operation),
    first.map((dim, i) => (i === axis ? size : dim)),
    values[0].dtype,
  );
};

const lowerSplit: Lower = (operation) => {
  const { context, node } = operation;
  const x = input(operation, 0);
  const axis = axisOf(intAttribute(operation, "axis", 0), x.shape.length);
  const parts = node.outputs.length;
  const share = Math.ceil(x.shape[axis] / parts);
  const given = listOf(operation, "split", 1);
  const sizes = given ?? node.outputs.map((_, i) => Math.min(share, x.shape[axis] - i * share));
  if (sizes.length !== parts || sizes.some((s) => s < 0) || sizes.reduce((a, b) => a + b, 0) !== x.shape[axis]) {
    throw new NotUnderstood(`[${x.shape}] does not split into [${sizes}] along axis ${axis}`);
  }
  const outputs = node.outputs.map((name, i) => name || uniqueName(context, `${operation.name}.unused.${i}`));
  context.nodes.push({
    kind: "split",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs,
    axis,
    sizes,
  });
  for (let i = 0; i < parts; i++) {
    define(
      context,
      outputs[i],
      x.shape.map((dim, j) => (j === axis ? sizes[i] : dim)),
      x.dtype,
    );
  }
};

const lowerExpand: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const shape = broadcastShapes(x.shape, knownNumbers(operation, 1) ?? []);
  context.nodes.push({
    kind: "expand",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    shape,
  });
  define(context, outputName(operation), shape, x.dtype);
};

/** Tile as concatenations of the tensor with itself; an expansion where the axis has length 1. */
const lowerTile: Lower = (operation) => {
  const { context } = operation;
  let x = input(operation, 0);
  const repeats = knownNumbers(operation, 1) ?? [];
  const work = repeats.flatMap((count, axis) => (count === 1 ? [] : [{ count, axis }]));
  if (repeats.length !== x.shape.length || work.some(({ count }) => !(count >= 1 && count <= 4096))) {
    throw new NotUnderstood(`repeats [${repeats}] of [${x.shape}]`);
  }
  if (work.length === 0) emitReshape(operation, x, x.shape);
  work.forEach(({ count, axis }, i) => {
    const last = i === work.length - 1;
    const output = last ? outputName(operation) : uniqueName(context, `${outputName(operation)}.${i}`);
    const shape = x.shape.map((dim, j) => (j === axis ? dim * count : dim));
    const base = {
      name: last ? operation.name : uniqueName(context, `${operation.name}.${i}`),
      op: operation.op,
      outputs: [output],
    };
    const source = operand(context, x);
    if (x.shape[axis] === 1) context.nodes.push({ kind: "expand", ...base, inputs: [source], shape });
    else context.nodes.push({ kind: "concat", ...base, inputs: new Array<string>(count).fill(source), axis });
    x = define(context, output, shape, x.dtype);
  });
};

export const layout: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["Reshape", lowerReshape],
  ["Flatten", lowerFlatten],
  ["Squeeze", lowerSqueeze],
  ["Unsqueeze", lowerUnsqueeze],
  ["Transpose", lowerTranspose],
  ["Concat", lowerConcat],
  ["Split", lowerSplit],
  ["Expand", lowerExpand],
  ["Tile", lowerTile],
]);
