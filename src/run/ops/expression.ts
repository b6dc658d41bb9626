/**
 * An activation's expression as jax-js operations, differentiable everywhere: at a kink the slope from the left is
 * taken, which is PyTorch's choice for ReLU, leaky ReLU, ELU, Hardtanh and their kin, and 0 for |x|.
 */

import type { BinaryFunction, Expression, UnaryFunction } from "../../activation/expression.ts";
import type { Jax, Tensor } from "../jax.ts";
import { accurateLog, log1p, softplus } from "./logarithm.ts";
import { constantPower } from "./power.ts";

/** Beyond it e^x has no single-precision value, and σ(−x) is below 1e-38. */
const LARGEST_EXPONENT = 87;
/** jax-js' erf is good to 1.5e-7 absolute; below this the series keeps the relative accuracy too. */
const ERF_SERIES = 0.5;
/** 2/√π · (−1)^k / (k! (2k+1)), k = 0 … 6. */
const ERF_COEFFICIENTS = [1, -1 / 3, 1 / 10, -1 / 42, 1 / 216, -1 / 1320, 1 / 9360].map(
  (coefficient) => (2 / Math.sqrt(Math.PI)) * coefficient,
);

/** The expression at x; borrows x. A constant expression gives an array of x's shape. */
export function evaluateExpression(jax: Jax, expression: Expression, x: Tensor): Tensor {
  const value = walk(jax, expression, x);
  return typeof value === "number" ? jax.numpy.fullLike(x.ref, value) : value;
}

function walk(jax: Jax, expression: Expression, x: Tensor): Tensor | number {
  switch (expression.kind) {
    case "x":
      return x.ref;
    case "number":
      return expression.value;
    case "unary": {
      const arg = walk(jax, expression.arg, x);
      return unary(jax, expression.fn, typeof arg === "number" ? jax.numpy.array(arg) : arg, isFalling(expression.arg));
    }
    case "binary":
      return binary(
        jax,
        expression.fn,
        walk(jax, expression.left, x),
        walk(jax, expression.right, x),
        isFalling(expression),
      );
  }
}

/** Affine in x with a negative slope: there the left side of x is the right side of the argument. */
function isFalling(expression: Expression): boolean {
  return direction(expression) < 0;
}

function direction(expression: Expression): number {
  if (expression.kind === "x") return 1;
  if (expression.kind === "number") return 0;
  if (expression.kind === "unary") return expression.fn === "neg" ? -direction(expression.arg) : 0;
  const { fn, left, right } = expression;
  if (fn === "min" || fn === "max") return direction(left) || direction(right);
  if (fn === "add" && (left.kind === "number" || right.kind === "number")) return direction(left) + direction(right);
  if (fn === "sub" && (left.kind === "number" || right.kind === "number")) return direction(left) - direction(right);
  if (fn === "mul" && left.kind === "number") return Math.sign(left.value) * direction(right);
  if ((fn === "mul" || fn === "div") && right.kind === "number") return Math.sign(right.value) * direction(left);
  return 0;
}

/** Gives x away. */
function unary(jax: Jax, fn: UnaryFunction, x: Tensor, falling: boolean): Tensor {
  const { numpy: np } = jax;
  switch (fn) {
    case "neg":
      return np.negative(x);
    case "exp":
      return np.exp(x);
    case "expm1":
      return np.expm1(x);
    case "log":
      return accurateLog(jax, x);
    case "log1p":
      return log1p(jax, x);
    case "sqrt":
      return np.sqrt(x);
    case "abs":
      return x.ref.mul(np.sign(x));
    case "sign":
      return np.sign(x);
    case "step":
      return np.where(np.greater(x, 0), 1, 0);
    case "sin":
      return np.sin(x);
    case "cos":
      return np.cos(x);
    case "tan":
      return np.tan(x);
    case "atan":
      return np.atan(x);
    case "tanh":
      return tanh(jax, x);
    case "sinh":
      return np
        .expm1(x.ref)
        .sub(np.expm1(np.negative(x)))
        .mul(0.5);
    case "cosh":
      return np.cosh(x);
    case "erf":
      return erf(jax, x);
    case "sigmoid":
      return np.reciprocal(np.exp(np.negative(clampBelow(jax, x, -LARGEST_EXPONENT))).add(1));
    case "softplus":
      return softplus(jax, x);
    case "relu":
      return np.where(falling ? np.less(x.ref, 0) : np.lessEqual(x.ref, 0), 0, x);
    case "reciprocal":
      return np.reciprocal(x);
    case "floor":
      return np.floor(x);
  }
}

function binary(
  jax: Jax,
  fn: BinaryFunction,
  left: Tensor | number,
  right: Tensor | number,
  falling: boolean,
): Tensor | number {
  const { numpy: np } = jax;
  switch (fn) {
    case "add":
      return np.add(left, right);
    case "sub":
      return np.subtract(left, right);
    case "mul":
      return np.multiply(left, right);
    case "div":
      return np.trueDivide(left, right);
    case "pow": {
      if (typeof left === "number" || typeof right !== "number") return np.power(left, right);
      const result = constantPower(jax, left, right);
      left.dispose();
      return result;
    }
    case "min": {
      if (typeof left === "number") return binary(jax, fn, right, left, falling);
      const replaced = falling ? np.greaterEqual(left.ref, share(right)) : np.greater(left.ref, share(right));
      return np.where(replaced, right, left);
    }
    case "max": {
      if (typeof left === "number") return binary(jax, fn, right, left, falling);
      const replaced = falling ? np.less(left.ref, share(right)) : np.lessEqual(left.ref, share(right));
      return np.where(replaced, right, left);
    }
  }
}

function share(value: Tensor | number): Tensor | number {
  return typeof value === "number" ? value : value.ref;
}

function clampBelow(jax: Jax, x: Tensor, bound: number): Tensor {
  return jax.numpy.where(jax.numpy.less(x.ref, bound), bound, x);
}

/** From expm1, so that small arguments keep their digits. */
export function tanh(jax: Jax, x: Tensor): Tensor {
  const { numpy: np } = jax;
  const sign = np.where(np.less(x.ref, 0), 1, -1);
  const e = np.expm1(x.mul(sign.ref).mul(2));
  return e.ref.div(e.add(2)).mul(sign);
}

function erf(jax: Jax, x: Tensor): Tensor {
  const { numpy: np } = jax;
  const near = np.less(np.absolute(x.ref), ERF_SERIES);
  const inner = np.where(near.ref, x.ref, 0);
  const square = inner.ref.mul(inner.ref);
  const [last, ...rest] = [...ERF_COEFFICIENTS].reverse();
  let series: Tensor | number = last!;
  for (const coefficient of rest) series = np.multiply(square.ref, series).add(coefficient);
  square.dispose();
  return np.where(near, np.multiply(inner, series), jax.lax.erf(x));
}
