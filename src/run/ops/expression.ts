/**
 * An activation's expression as jax-js operations, differentiable everywhere: at a kink the slope from the left is
 * taken, which is PyTorch's choice for ReLU, leaky ReLU, ELU, Hardtanh and their kin, and 0 for |x|.
 */

import type { BinaryFunction, Expression, UnaryFunction } from "../../activation/expression.ts";
import type { Jax, Tensor } from "../jax.ts";
import { constantPower } from "./power.ts";

/** Beyond it e^x has no single-precision value, and σ(x), softplus(−x) are below 1e-38. */
const LARGEST_EXPONENT = 87;
/** From here on log(1 + e^x) = x in single precision. */
const SOFTPLUS_LINEAR = 20;
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
      return unary(jax, expression.fn, typeof arg === "number" ? jax.numpy.array(arg) : arg);
    }
    case "binary":
      return binary(jax, expression.fn, walk(jax, expression.left, x), walk(jax, expression.right, x));
  }
}

/** Gives x away. */
export function unary(jax: Jax, fn: UnaryFunction, x: Tensor): Tensor {
  const { numpy: np } = jax;
  switch (fn) {
    case "neg":
      return np.negative(x);
    case "exp":
      return np.exp(x);
    case "expm1":
      return np.expm1(x);
    case "log":
      return np.log(x);
    case "log1p":
      return np.log1p(x);
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
      return np.where(np.lessEqual(x.ref, 0), 0, x);
    case "reciprocal":
      return np.reciprocal(x);
    case "floor":
      return np.floor(x);
  }
}

function binary(jax: Jax, fn: BinaryFunction, left: Tensor | number, right: Tensor | number): Tensor | number {
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
    case "min":
      if (typeof left === "number") return binary(jax, fn, right, left);
      return np.where(np.greater(left.ref, share(right)), right, left);
    case "max":
      if (typeof left === "number") return binary(jax, fn, right, left);
      return np.where(np.lessEqual(left.ref, share(right)), right, left);
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

function softplus(jax: Jax, x: Tensor): Tensor {
  const { numpy: np } = jax;
  const large = np.greater(x.ref, SOFTPLUS_LINEAR);
  const small = np.where(large.ref, SOFTPLUS_LINEAR, x.ref);
  return np.where(large, x, np.log1p(np.exp(small)));
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
