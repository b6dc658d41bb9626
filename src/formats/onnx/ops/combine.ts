/** Elementwise operators of two tensors; with a scalar constant they are functions of one. */

import type { Expression } from "../../../activation/expression.ts";
import type { CombineNode } from "../../../model/types.ts";
import {
  addConstant,
  define,
  emitFunction,
  input,
  type Lower,
  type Operation,
  operand,
  outputName,
  repeatedNumber,
  uniqueName,
  type Value,
} from "../context.ts";
import { add, div, fn, max, min, mul, num, op, sub, X } from "../expressions.ts";
import { broadcastShapes, NotUnderstood, sameShape } from "../shape.ts";

type Binary = (a: Expression, b: Expression) => Expression;

const BINARY: Record<string, { readonly operation: CombineNode["operation"]; readonly build: Binary }> = {
  Add: { operation: "add", build: add },
  Sum: { operation: "add", build: add },
  Sub: { operation: "subtract", build: sub },
  Mul: { operation: "multiply", build: mul },
  Div: { operation: "divide", build: div },
  Max: { operation: "maximum", build: max },
  Min: { operation: "minimum", build: min },
  // Of conditions, which are 0 or 1.
  Or: { operation: "maximum", build: max },
  And: { operation: "minimum", build: min },
  Pow: { operation: "power", build: (a, b) => op("pow", a, b) },
};

/** Operator sets before 7 broadcast only when told to, aligned at `axis`. */
function alignOld(operation: Operation, a: Value, b: Value): Value {
  const axis = operation.node.attributes.get("axis")?.int ?? null;
  if (operation.context.opset >= 7 || axis === null || b.shape.length + axis >= a.shape.length) return b;
  const shape = [...b.shape, ...new Array<number>(a.shape.length - axis - b.shape.length).fill(1)];
  const { context } = operation;
  const name = uniqueName(context, `${outputName(operation)}.aligned`);
  context.nodes.push({
    kind: "reshape",
    name: uniqueName(context, `${operation.name}.align`),
    op: "Reshape",
    inputs: [operand(context, b)],
    outputs: [name],
    shape,
  });
  return define(context, name, shape, b.dtype);
}

/** An additive mask: zeros, and values so negative that softmax makes them vanish. */
function maskOf(value: Value): { readonly keep: Float64Array; readonly fill: number } | null {
  if (!value.constant || value.shape.length === 0) return null;
  const values = value.constant();
  let fill = 0;
  for (const v of values) {
    if (v === 0) continue;
    if (v > -1e3 || Number.isNaN(v)) return null;
    fill = Math.min(fill, v);
  }
  return fill === 0 ? null : { keep: values.map((v) => (v === 0 ? 1 : 0)), fill };
}

function lowerPair(operation: Operation, a: Value, b: Value, output: string, name: string): Value {
  const { context, op: opName } = operation;
  const rule = BINARY[opName];
  const shape = broadcastShapes(a.shape, b.shape);
  const right = repeatedNumber(b, a.shape);
  const left = repeatedNumber(a, b.shape);
  const function1 =
    right !== null
      ? { x: a, expression: rule.build(X, num(right)) }
      : left !== null
        ? { x: b, expression: rule.build(num(left), X) }
        : null;
  if (function1) {
    context.nodes.push({
      kind: "activation",
      name,
      op: opName,
      inputs: [operand(context, function1.x)],
      outputs: [output],
      activation: { kind: "expression", expression: function1.expression },
      slope: null,
    });
    return define(context, output, shape, function1.x.dtype);
  }
  if (opName === "Add") {
    const [x, other] = a.constant ? [b, a] : [a, b];
    const mask = sameShape(x.shape, shape) ? maskOf(other) : null;
    if (mask) {
      const keep = addConstant(context, `${other.name}.keep`, other.shape, "bool", mask.keep);
      context.nodes.push({
        kind: "mask",
        name,
        op: "Add",
        inputs: [operand(context, x)],
        outputs: [output],
        keep: keep.name,
        fill: mask.fill,
      });
      return define(context, output, shape, x.dtype);
    }
  }
  context.nodes.push({
    kind: "combine",
    name,
    op: opName,
    inputs: [operand(context, a), operand(context, b)],
    outputs: [output],
    operation: rule.operation,
  });
  return define(context, output, shape, a.dtype);
}

const lowerBinary: Lower = (operation) => {
  const values = operation.inputs.filter((value) => value !== null);
  if (values.length === 0) throw new NotUnderstood("it has no inputs");
  if (values.length === 1) {
    emitFunction(operation, values[0], X);
    return;
  }
  let result = values[0];
  for (let i = 1; i < values.length; i++) {
    const last = i === values.length - 1;
    const output = last ? outputName(operation) : uniqueName(operation.context, `${outputName(operation)}.${i}`);
    const name = last ? operation.name : uniqueName(operation.context, `${operation.name}.${i}`);
    result = lowerPair(operation, result, alignOld(operation, result, values[i]), output, name);
  }
};

const lowerMean: Lower = (operation) => {
  const { context } = operation;
  const sum = uniqueName(context, `${outputName(operation)}.sum`);
  const node = { ...operation.node, outputs: [sum] };
  lowerBinary({ ...operation, node, op: "Sum", name: uniqueName(context, `${operation.name}.sum`) });
  const total = context.values.get(sum);
  if (!total) throw new NotUnderstood("it has no inputs");
  emitFunction(operation, total, div(X, num(operation.inputs.length)));
};

/** Comparison with a constant: a step. */
const COMPARE: Record<string, (a: Expression, b: Expression) => Expression> = {
  Greater: (a, b) => fn("step", sub(a, b)),
  Less: (a, b) => fn("step", sub(b, a)),
  GreaterOrEqual: (a, b) => sub(num(1), fn("step", sub(b, a))),
  LessOrEqual: (a, b) => sub(num(1), fn("step", sub(a, b))),
};

const lowerCompare: Lower = (operation) => {
  const a = input(operation, 0);
  const b = input(operation, 1);
  const right = repeatedNumber(b, a.shape);
  const left = repeatedNumber(a, b.shape);
  const build = COMPARE[operation.op];
  if (right !== null) emitFunction(operation, a, build(X, num(right)), "bool");
  else if (left !== null) emitFunction(operation, b, build(num(left), X), "bool");
  else throw new NotUnderstood("it compares two tensors");
};

export const combine: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ...Object.keys(BINARY).map((name): [string, Lower] => [name, lowerBinary]),
  ...Object.keys(COMPARE).map((name): [string, Lower] => [name, lowerCompare]),
  ["Mean", lowerMean],
  ["IsNaN", (operation) => emitFunction(operation, input(operation, 0), num(0), "bool")],
  ["IsInf", (operation) => emitFunction(operation, input(operation, 0), num(0), "bool")],
  ["Not", (operation) => emitFunction(operation, input(operation, 0), sub(num(1), X))],
]);
