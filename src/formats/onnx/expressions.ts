/** Short constructors for expressions in x. */

import type { BinaryFunction, Expression, UnaryFunction } from "../../activation/expression.ts";

export const X: Expression = { kind: "x" };

export function num(value: number): Expression {
  return { kind: "number", value };
}

export function fn(name: UnaryFunction, arg: Expression): Expression {
  return { kind: "unary", fn: name, arg };
}

export function op(name: BinaryFunction, left: Expression, right: Expression): Expression {
  return { kind: "binary", fn: name, left, right };
}

export const add = (a: Expression, b: Expression): Expression => op("add", a, b);
export const sub = (a: Expression, b: Expression): Expression => op("sub", a, b);
export const mul = (a: Expression, b: Expression): Expression => op("mul", a, b);
export const div = (a: Expression, b: Expression): Expression => op("div", a, b);
export const min = (a: Expression, b: Expression): Expression => op("min", a, b);
export const max = (a: Expression, b: Expression): Expression => op("max", a, b);

/** `outer` with `inner` in the place of x. */
export function compose(outer: Expression, inner: Expression): Expression {
  switch (outer.kind) {
    case "x":
      return inner;
    case "number":
      return outer;
    case "unary":
      return fn(outer.fn, compose(outer.arg, inner));
    case "binary":
      return op(outer.fn, compose(outer.left, inner), compose(outer.right, inner));
  }
}

/** Number of parts, counted up to `limit`. */
export function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case "x":
    case "number":
      return 1;
    case "unary":
      return 1 + sizeOf(expression.arg);
    case "binary":
      return 1 + sizeOf(expression.left) + sizeOf(expression.right);
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Value at x for the functions that shape arithmetic and normalization use; NaN for the rest. */
export function evaluate(expression: Expression, x: number): number {
  if (expression.kind === "x") return x;
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "binary") {
    const a = evaluate(expression.left, x);
    const b = evaluate(expression.right, x);
    switch (expression.fn) {
      case "add":
        return a + b;
      case "sub":
        return a - b;
      case "mul":
        return a * b;
      case "div":
        return a / b;
      case "pow":
        return a ** b;
      case "min":
        return Math.min(a, b);
      case "max":
        return Math.max(a, b);
    }
  }
  const a = evaluate(expression.arg, x);
  switch (expression.fn) {
    case "neg":
      return -a;
    case "reciprocal":
      return 1 / a;
    case "step":
      return a > 0 ? 1 : 0;
    case "sigmoid":
      return sigmoid(a);
    case "softplus":
      return Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
    case "relu":
      return Math.max(a, 0);
    case "erf":
      return Number.NaN;
    default:
      return Math[expression.fn](a);
  }
}
