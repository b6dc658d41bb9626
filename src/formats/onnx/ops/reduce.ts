/** Reductions, softmax, ArgMax excluded (nothing flows back through it). */

import type { Expression } from "../../../activation/expression.ts";
import type { ReduceNode } from "../../../model/types.ts";
import {
  define,
  emitFunction,
  input,
  intAttribute,
  type Lower,
  listOf,
  type Operation,
  operand,
  outputName,
  uniqueName,
  type Value,
} from "../context.ts";
import { fn, mul, X } from "../expressions.ts";
import { axisOf, countOf } from "../shape.ts";

export function reducedShape(shape: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return keep ? shape.map((dim, i) => (axes.includes(i) ? 1 : dim)) : shape.filter((_, i) => !axes.includes(i));
}

/** The axes of a reduction; null where it is told to do nothing (no axes, noop_with_empty_axes). */
export function reductionAxes(operation: Operation, x: Value): number[] | null {
  const given = listOf(operation, "axes", 1);
  if (given && given.length > 0) {
    return [...new Set(given.map((axis) => axisOf(axis, x.shape.length)))].sort((a, b) => a - b);
  }
  return intAttribute(operation, "noop_with_empty_axes", 0) ? null : x.shape.map((_, i) => i);
}

type Reduced = "log" | "sqrt" | null;

/** `along`: the axes, kept at length 1, where the operator does not name them itself. */
function lowerReduce(
  method: ReduceNode["method"],
  then: Reduced = null,
  along: readonly number[] | null = null,
): Lower {
  return (operation) => {
    const { context } = operation;
    const x = input(operation, 0);
    const axes = along ?? reductionAxes(operation, x);
    if (!axes) {
      emitFunction(operation, x, X);
      return;
    }
    const keepAxes = along !== null || intAttribute(operation, "keepdims", 1) !== 0;
    const out = outputName(operation);
    const direct = then ? uniqueName(context, `${out}.reduced`) : out;
    context.nodes.push({
      kind: "reduce",
      name: then ? uniqueName(context, `${operation.name}.reduce`) : operation.name,
      op: operation.op,
      inputs: [operand(context, x)],
      outputs: [direct],
      method,
      axes,
      keepAxes,
    });
    const reduced = define(context, direct, reducedShape(x.shape, axes, keepAxes), x.dtype);
    if (then) emitFunction(operation, reduced, fn(then, X));
  };
}

/** A reduction of f(x), as its steps: log Σ exp, √Σ x², Σ |x|. */
const lowerReduceOf =
  (before: Expression, then: Reduced, along: readonly number[] | null = null): Lower =>
  (operation) => {
    const { context } = operation;
    const inner = uniqueName(context, `${outputName(operation)}.terms`);
    const terms = {
      ...operation,
      name: uniqueName(context, `${operation.name}.terms`),
      node: { ...operation.node, outputs: [inner] },
    };
    emitFunction(terms, input(operation, 0), before);
    const [, ...rest] = operation.inputs;
    lowerReduce("sum", then, along)({ ...operation, inputs: [context.values.get(inner) ?? null, ...rest] });
  };

const SQUARE = mul(X, X);
const ABS = fn("abs", X);

/** x / ‖x‖ along one axis. */
const lowerLpNorm: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const axis = axisOf(intAttribute(operation, "axis", -1), x.shape.length);
  const norm = uniqueName(context, `${outputName(operation)}.norm`);
  const first = intAttribute(operation, "p", 2) === 1;
  lowerReduceOf(first ? ABS : SQUARE, first ? null : "sqrt", [axis])({
    ...operation,
    name: uniqueName(context, `${operation.name}.norm`),
    node: { ...operation.node, outputs: [norm] },
  });
  context.nodes.push({
    kind: "combine",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x), norm],
    outputs: [outputName(operation)],
    operation: "divide",
  });
  define(context, outputName(operation), x.shape, x.dtype);
};

function emitReshape(operation: Operation, x: Value, shape: readonly number[], output: string): Value {
  const { context } = operation;
  context.nodes.push({
    kind: "reshape",
    name: uniqueName(context, `${operation.name}.reshape`),
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [output],
    shape,
  });
  return define(context, output, shape, x.dtype);
}

/** From operator set 13 on along one axis; before that over all axes from `axis` on, flattened. */
function lowerSoftmax(log: boolean): Lower {
  return (operation) => {
    const { context } = operation;
    const x = input(operation, 0);
    const rank = x.shape.length;
    const old = context.opset < 13;
    const axis = axisOf(intAttribute(operation, "axis", old ? 1 : -1), rank);
    const out = outputName(operation);
    const flattened = old && countOf(x.shape.slice(axis + 1)) !== 1;
    const source = flattened
      ? emitReshape(
          operation,
          x,
          [...x.shape.slice(0, axis), countOf(x.shape.slice(axis))],
          uniqueName(context, `${out}.flat`),
        )
      : x;
    const result = flattened ? uniqueName(context, `${out}.softmax`) : out;
    context.nodes.push({
      kind: "softmax",
      name: operation.name,
      op: operation.op,
      inputs: [operand(context, source)],
      outputs: [result],
      axis,
      log,
    });
    const softmax = define(context, result, source.shape, x.dtype);
    if (flattened) emitReshape(operation, softmax, x.shape, out);
  };
}

export const reduce: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["ReduceMean", lowerReduce("mean")],
  ["ReduceSum", lowerReduce("sum")],
  ["ReduceMax", lowerReduce("max")],
  ["ReduceMin", lowerReduce("min")],
  ["ReduceL1", lowerReduceOf(ABS, null)],
  ["ReduceL2", lowerReduceOf(SQUARE, "sqrt")],
  ["ReduceSumSquare", lowerReduceOf(SQUARE, null)],
  ["ReduceProd", lowerReduce("product")],
  ["ReduceLogSum", lowerReduce("sum", "log")],
  ["ReduceLogSumExp", lowerReduceOf(fn("exp", X), "log")],
  ["LpNormalization", lowerLpNorm],
  ["Softmax", lowerSoftmax(false)],
  ["LogSoftmax", lowerSoftmax(true)],
]);
