/** Symbolic derivatives, written in forms that neither cancel nor overflow (σ' = σ(x)σ(−x), tanh' = 1/cosh²). */

import { add, divide, multiply, negate, number, ONE, power, subtract, unary, ZERO } from "./build.ts";
import type { Expression, UnaryFunction } from "./expression.ts";

/** Derivative of each function at its argument, away from kinks and jumps; 0 on plateaus. */
function outer(fn: UnaryFunction, u: Expression): Expression {
  switch (fn) {
    case "neg":
      return number(-1);
    case "exp":
      return unary("exp", u);
    case "expm1":
      return unary("exp", u);
    case "log":
      return unary("reciprocal", u);
    case "log1p":
      return unary("reciprocal", add(u, ONE));
    case "sqrt":
      return divide(number(0.5), unary("sqrt", u));
    case "abs":
      return unary("sign", u);
    case "sign":
    case "step":
    case "floor":
      return ZERO;
    case "sin":
      return unary("cos", u);
    case "cos":
      return negate(unary("sin", u));
    case "tan":
      return power(unary("cos", u), number(-2));
    case "atan":
      return unary("reciprocal", add(multiply(u, u), ONE));
    case "tanh":
      return power(unary("reciprocal", unary("cosh", u)), number(2));
    case "sinh":
      return unary("cosh", u);
    case "cosh":
      return unary("sinh", u);
    case "erf":
      return multiply(number(2 / Math.sqrt(Math.PI)), unary("exp", negate(multiply(u, u))));
    case "sigmoid":
      return multiply(unary("sigmoid", u), unary("sigmoid", negate(u)));
    case "softplus":
      return unary("sigmoid", u);
    case "relu":
      return unary("step", u);
    case "reciprocal":
      return negate(power(u, number(-2)));
  }
}

/**
 * d/dx of an expression, away from its kinks and jumps (there: the one-sided mix that the functions' own conventions
 * give; sets of measure zero).
 *
 * @example print(differentiate(multiply(x, unary("sigmoid", x)))) // "sigmoid(x) + x*sigmoid(x)*sigmoid(-x)"
 */
export function differentiate(e: Expression): Expression {
  switch (e.kind) {
    case "x":
      return ONE;
    case "number":
      return ZERO;
    case "unary": {
      const du = differentiate(e.arg);
      // 1/cosh needs a form that stays finite where cosh overflows: d(1/cosh u) = −tanh(u)/cosh(u)·u'.
      if (e.fn === "reciprocal" && e.arg.kind === "unary" && e.arg.fn === "cosh") {
        const inner = differentiate(e.arg.arg);
        return multiply(negate(multiply(unary("tanh", e.arg.arg), e)), inner);
      }
      return du === ZERO ? ZERO : multiply(outer(e.fn, e.arg), du);
    }
    case "binary":
      return binaryDerivative(e.fn, e.left, e.right);
  }
}

function binaryDerivative(fn: Extract<Expression, { kind: "binary" }>["fn"], a: Expression, b: Expression): Expression {
  const da = differentiate(a);
  const db = differentiate(b);
  switch (fn) {
    case "add":
      return add(da, db);
    case "sub":
      return subtract(da, db);
    case "mul":
      return add(multiply(da, b), multiply(a, db));
    case "div":
      return subtract(divide(da, b), multiply(divide(a, multiply(b, b)), db));
    case "pow":
      if (b.kind === "number") return multiply(multiply(b, power(a, number(b.value - 1))), da);
      if (a.kind === "number") return multiply(multiply(number(Math.log(a.value)), power(a, b)), db);
      return multiply(power(a, b), add(multiply(db, unary("log", a)), divide(multiply(b, da), a)));
    case "max":
      return choose(subtract(a, b), da, db);
    case "min":
      return choose(subtract(b, a), da, db);
  }
}

/** `first` where gap > 0, else `second`: at a tie exactly one of the two counts. */
function choose(gap: Expression, first: Expression, second: Expression): Expression {
  const on = unary("step", gap);
  return add(multiply(on, first), multiply(subtract(ONE, on), second));
}
