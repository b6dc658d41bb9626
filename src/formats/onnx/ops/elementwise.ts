/** Elementwise functions of one tensor: every activation that ONNX names, as an expression. */

import type { Expression } from "../../../activation/expression.ts";
import {
  define,
  emitFunction,
  floatAttribute,
  input,
  type Lower,
  type Operation,
  operand,
  optional,
  outputName,
  scalarOf,
  textAttribute,
  wholeParameter,
} from "../context.ts";
import { add, div, fn, max, min, mul, num, op, sub, X } from "../expressions.ts";
import { NotUnderstood } from "../shape.ts";

type Build = (operation: Operation) => Expression;

const negativePart = min(X, num(0));

/** max(x, 0) + scale·(exp(min(x, 0)/width) − 1) */
function exponentialTail(scale: number, width: number): Expression {
  const tail = fn("expm1", width === 1 ? negativePart : div(negativePart, num(width)));
  return add(fn("relu", X), mul(num(scale), tail));
}

function hardSigmoid(alpha: number, beta: number): Expression {
  return min(max(add(mul(num(alpha), X), num(beta)), num(0)), num(1));
}

/** Gaussian error linear unit, exact (Hendrycks & Gimpel 2016). */
export const GELU = mul(mul(num(0.5), X), add(num(1), fn("erf", div(X, num(Math.SQRT2)))));

/** Its approximation by tanh, eq. in section 2 there. */
export const GELU_TANH = mul(
  mul(num(0.5), X),
  add(num(1), fn("tanh", mul(num(Math.sqrt(2 / Math.PI)), add(X, mul(num(0.044715), op("pow", X, num(3))))))),
);

function clip(operation: Operation): Expression {
  const bound = (index: number, name: string, fallback: number): number => {
    const value = optional(operation, index);
    if (!value) return floatAttribute(operation, name, fallback);
    const number = scalarOf(value);
    if (number === null) throw new NotUnderstood("its bounds are not constant");
    return number;
  };
  // The defaults are the largest finite numbers of the type: no bound.
  const low = bound(1, "min", Number.NEGATIVE_INFINITY);
  const high = bound(2, "max", Number.POSITIVE_INFINITY);
  if (low === 0 && high > 1e30) return fn("relu", X);
  const lower = low < -1e30 ? X : max(X, num(low));
  return high > 1e30 ? lower : min(lower, num(high));
}

/** Shrink: x + bias below −lambda, x − bias above lambda, 0 between. */
function shrink(lambda: number, bias: number): Expression {
  const above = fn("step", sub(X, num(lambda)));
  const below = fn("step", sub(num(-lambda), X));
  return add(mul(above, sub(X, num(bias))), mul(below, add(X, num(bias))));
}

const SIMPLE = {
  Relu: fn("relu", X),
  Sigmoid: fn("sigmoid", X),
  Tanh: fn("tanh", X),
  Softplus: fn("softplus", X),
  Softsign: div(X, add(num(1), fn("abs", X))),
  HardSwish: mul(X, hardSigmoid(1 / 6, 0.5)),
  Mish: mul(X, fn("tanh", fn("softplus", X))),
  Erf: fn("erf", X),
  Exp: fn("exp", X),
  Log: fn("log", X),
  Sqrt: fn("sqrt", X),
  Abs: fn("abs", X),
  Neg: fn("neg", X),
  Sign: fn("sign", X),
  Sin: fn("sin", X),
  Cos: fn("cos", X),
  Tan: fn("tan", X),
  Atan: fn("atan", X),
  Sinh: fn("sinh", X),
  Cosh: fn("cosh", X),
  Reciprocal: fn("reciprocal", X),
  Floor: fn("floor", X),
  Ceil: fn("neg", fn("floor", fn("neg", X))),
  // Ties go to even in ONNX and up here: they differ on a set of measure zero.
  Round: fn("floor", add(X, num(0.5))),
  Asinh: fn("log", add(X, fn("sqrt", add(mul(X, X), num(1))))),
  Atanh: mul(num(0.5), fn("log", div(add(num(1), X), sub(num(1), X)))),
  Acosh: fn("log", add(X, fn("sqrt", sub(mul(X, X), num(1))))),
  Asin: fn("atan", div(X, fn("sqrt", sub(num(1), mul(X, X))))),
  Acos: sub(num(Math.PI / 2), fn("atan", div(X, fn("sqrt", sub(num(1), mul(X, X)))))),
  FastGelu: GELU_TANH,
} satisfies Record<string, Expression>;

const WITH_ATTRIBUTES: Record<string, Build> = {
  LeakyRelu: (o) => add(fn("relu", X), mul(num(floatAttribute(o, "alpha", 0.01)), negativePart)),
  Elu: (o) => exponentialTail(floatAttribute(o, "alpha", 1), 1),
  Celu: (o) => {
    const alpha = floatAttribute(o, "alpha", 1);
    return exponentialTail(alpha, alpha);
  },
  Selu: (o) => {
    const alpha = floatAttribute(o, "alpha", 1.6732632423543772);
    return mul(num(floatAttribute(o, "gamma", 1.0507009873554805)), exponentialTail(alpha, 1));
  },
  Gelu: (o) => (textAttribute(o, "approximate", "none") === "tanh" ? GELU_TANH : GELU),
  HardSigmoid: (o) => hardSigmoid(floatAttribute(o, "alpha", 0.2), floatAttribute(o, "beta", 0.5)),
  ThresholdedRelu: (o) => mul(X, fn("step", sub(X, num(floatAttribute(o, "alpha", 1))))),
  Shrink: (o) => shrink(floatAttribute(o, "lambd", 0.5), floatAttribute(o, "bias", 0)),
  QuickGelu: (o) => mul(X, fn("sigmoid", mul(num(floatAttribute(o, "alpha", 1.702)), X))),
  Swish: (o) => mul(X, fn("sigmoid", mul(num(floatAttribute(o, "alpha", 1)), X))),
  Clip: clip,
};

const lowerPrelu: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const slope = input(operation, 1);
  const constant = scalarOf(slope);
  if (constant !== null) {
    emitFunction(operation, x, add(fn("relu", X), mul(num(constant), negativePart)));
    return;
  }
  const parameter = slopeParameter(operation) ?? wholeParameter(slope);
  if (!parameter) throw new NotUnderstood("its slope is neither a parameter nor a constant");
  context.nodes.push({
    kind: "activation",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    activation: { kind: "named", name: "prelu", parameters: {} },
    slope: parameter,
  });
  define(context, outputName(operation), x.shape, x.dtype);
};

/** A slope per channel reaches PRelu as [C, 1, …]: a reshape of the parameter [C]. */
function slopeParameter(operation: Operation): string | null {
  const slope = input(operation, 1);
  const producer = operation.context.producers.get(slope.name);
  if (producer?.kind !== "reshape") return null;
  return operation.context.parameters.has(producer.inputs[0]) ? producer.inputs[0] : null;
}

function lowerSimple(expression: Expression): Lower {
  return (operation) => emitFunction(operation, input(operation, 0), expression);
}

export const elementwise: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ...Object.entries(SIMPLE).map(([name, expression]): [string, Lower] => [name, lowerSimple(expression)]),
  ...Object.entries(WITH_ATTRIBUTES).map(([name, build]): [string, Lower] => [
    name,
    (operation) => emitFunction(operation, input(operation, 0), build(operation)),
  ]),
  ["PRelu", lowerPrelu],
]);
