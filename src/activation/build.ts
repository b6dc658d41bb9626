/** Constructors of expressions that fold constants and drop what does nothing. */

import type { BinaryFunction, Expression, UnaryFunction } from "./expression.ts";
import { binaryValue, unaryValue } from "./functions.ts";
import { sameTree } from "./tree.ts";

export const x: Expression = { kind: "x" };
export const ZERO: Expression = { kind: "number", value: 0 };
export const ONE: Expression = { kind: "number", value: 1 };

export function number(value: number): Expression {
  return { kind: "number", value };
}

const constantOf = (e: Expression): number | null => (e.kind === "number" ? e.value : null);

export function unary(fn: UnaryFunction, arg: Expression): Expression {
  const value = constantOf(arg);
  if (value !== null) {
    const folded = unaryValue(fn, value);
    if (Number.isFinite(folded)) return number(folded);
  }
  if (fn === "neg") return negate(arg);
  if (arg.kind === "unary" && arg.fn === fn && (fn === "abs" || fn === "relu" || fn === "floor" || fn === "sign"))
    return arg;
  return { kind: "unary", fn, arg };
}

/** −e, with a constant factor taken up. */
export function negate(e: Expression): Expression {
  if (e.kind === "number") return number(-e.value);
  if (e.kind === "unary" && e.fn === "neg") return e.arg;
  if (e.kind === "binary" && e.fn === "mul" && e.left.kind === "number")
    return multiply(number(-e.left.value), e.right);
  return { kind: "unary", fn: "neg", arg: e };
}

export function add(left: Expression, right: Expression): Expression {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a !== null && b !== null) return number(a + b);
  if (a === 0) return right;
  if (b === 0) return left;
  if (a !== null) return add(right, left);
  if (right.kind === "unary" && right.fn === "neg") return subtract(left, right.arg);
  if (right.kind === "binary" && right.fn === "mul" && right.left.kind === "number" && right.left.value < 0) {
    return subtract(left, negate(right));
  }
  if (b !== null && left.kind === "binary" && left.fn === "add" && left.right.kind === "number") {
    return add(left.left, number(left.right.value + b));
  }
  return { kind: "binary", fn: "add", left, right };
}

export function subtract(left: Expression, right: Expression): Expression {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a !== null && b !== null) return number(a - b);
  if (b !== null) return add(left, number(-b));
  if (a === 0) return negate(right);
  if (right.kind === "unary" && right.fn === "neg") return add(left, right.arg);
  return { kind: "binary", fn: "sub", left, right };
}

export function multiply(left: Expression, right: Expression): Expression {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a !== null && b !== null) return number(a * b);
  if (a === 0 || b === 0) return ZERO;
  if (a === 1) return right;
  if (b === 1) return left;
  if (b !== null) return multiply(right, left);
  if (a === -1) return negate(right);
  if (a !== null && right.kind === "binary" && right.fn === "mul" && right.left.kind === "number") {
    return multiply(number(a * right.left.value), right.right);
  }
  if (right.kind === "binary" && right.fn === "mul" && right.left.kind === "number") {
    return multiply(right.left, multiply(left, right.right));
  }
  if (left.kind === "binary" && left.fn === "mul" && left.left.kind === "number" && right.kind !== "number") {
    return multiply(left.left, multiply(left.right, right));
  }
  if (left.kind === "unary" && left.fn === "neg") return negate(multiply(left.arg, right));
  if (right.kind === "unary" && right.fn === "neg") return negate(multiply(left, right.arg));
  return { kind: "binary", fn: "mul", left, right };
}

export function divide(left: Expression, right: Expression): Expression {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a !== null && b !== null && b !== 0) return number(a / b);
  if (a === 0 && b !== 0) return ZERO;
  if (b === 1) return left;
  // A power of two divides exactly as a product.
  if (b !== null && b !== 0 && Number.isInteger(Math.log2(Math.abs(b)))) return multiply(number(1 / b), left);
  return { kind: "binary", fn: "div", left, right };
}

export function power(base: Expression, exponent: Expression): Expression {
  const b = constantOf(exponent);
  const a = constantOf(base);
  if (a !== null && b !== null) return number(a ** b);
  if (b === 0) return ONE;
  if (b === 1) return base;
  if (b === 0.5) return unary("sqrt", base);
  if (b === -1) return unary("reciprocal", base);
  return { kind: "binary", fn: "pow", left: base, right: exponent };
}

export function maximum(left: Expression, right: Expression): Expression {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a !== null && b !== null) return number(Math.max(a, b));
  if (sameTree(left, right)) return left;
  if (b === 0) return unary("relu", left);
  if (a === 0) return unary("relu", right);
  return { kind: "binary", fn: "max", left, right };
}

export function minimum(left: Expression, right: Expression): Expression {
  const a = constantOf(left);
  const b = constantOf(right);
  if (a !== null && b !== null) return number(Math.min(a, b));
  if (sameTree(left, right)) return left;
  if (b === 0) return negate(unary("relu", negate(left)));
  if (a === 0) return negate(unary("relu", negate(right)));
  return { kind: "binary", fn: "min", left, right };
}

export function binary(fn: BinaryFunction, left: Expression, right: Expression): Expression {
  switch (fn) {
    case "add":
      return add(left, right);
    case "sub":
      return subtract(left, right);
    case "mul":
      return multiply(left, right);
    case "div":
      return divide(left, right);
    case "pow":
      return power(left, right);
    case "min":
      return minimum(left, right);
    case "max":
      return maximum(left, right);
    default:
      return { kind: "binary", fn: fn satisfies never, left, right };
  }
}

/** Rebuilt from the leaves up: constants folded, zeros and ones gone. */
export function simplify(e: Expression): Expression {
  if (e.kind === "unary") return unary(e.fn, simplify(e.arg));
  if (e.kind === "binary") {
    const left = simplify(e.left);
    const right = simplify(e.right);
    const folded =
      left.kind === "number" && right.kind === "number" ? binaryValue(e.fn, left.value, right.value) : null;
    return folded !== null && Number.isFinite(folded) ? number(folded) : binary(e.fn, left, right);
  }
  return e;
}

/** e with `inner` in the place of x: substitute(sigmoid(x), 2x) is sigmoid(2x). */
export function substitute(e: Expression, inner: Expression): Expression {
  if (e.kind === "x") return inner;
  if (e.kind === "number") return e;
  if (e.kind === "unary") return unary(e.fn, substitute(e.arg, inner));
  return binary(e.fn, substitute(e.left, inner), substitute(e.right, inner));
}
