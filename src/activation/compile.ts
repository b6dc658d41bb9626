/**
 * Expressions as closures. Before that, forms that lose digits are replaced by equal ones that do not:
 * 1 ± erf → erfc, x − tanh x → its own function, 1 − 1/cosh² → tanh², 1/(1 + eᵘ) → sigmoid, log(1 + eᵘ) → softplus, eᵘ − 1 → expm1.
 */

import { erfc } from "../gaussian/index.ts";
import { negate, unary } from "./build.ts";
import type { Expression } from "./expression.ts";
import { BINARY, sigmoid, softplus, tanhShrink, UNARY } from "./functions.ts";
import { sameTree } from "./tree.ts";

export type Scalar = (x: number) => number;

const isNumber = (e: Expression, value: number): boolean => e.kind === "number" && e.value === value;

/** u, where e is fn(u). */
function argumentOf(e: Expression, fn: string): Expression | null {
  return e.kind === "unary" && e.fn === fn ? e.arg : null;
}

/** The other summand, where e is 1 + something. */
function besideOne(e: Expression): Expression | null {
  if (e.kind !== "binary" || e.fn !== "add") return null;
  if (isNumber(e.left, 1)) return e.right;
  return isNumber(e.right, 1) ? e.left : null;
}

function stableSum(e: Extract<Expression, { kind: "binary" }>): Scalar | null {
  const rest = besideOne(e);
  const inErf = rest && argumentOf(rest, "erf");
  if (inErf) {
    const u = compile(inErf);
    return (v) => erfc(-u(v));
  }
  const inTanh = rest && argumentOf(rest, "tanh");
  if (inTanh) {
    const u = compile(inTanh);
    return (v) => 2 * sigmoid(2 * u(v));
  }
  const isMinusOne = (p: Expression) => isNumber(p, -1);
  const raised = isMinusOne(e.right)
    ? argumentOf(e.left, "exp")
    : isMinusOne(e.left)
      ? argumentOf(e.right, "exp")
      : null;
  return raised ? compile(unary("expm1", raised)) : null;
}

/** u, where e is (1/cosh u)². */
function secantSquared(e: Expression): Expression | null {
  if (e.kind !== "binary" || e.fn !== "pow" || !isNumber(e.right, 2)) return null;
  const inverse = argumentOf(e.left, "reciprocal");
  return inverse && argumentOf(inverse, "cosh");
}

function stableDifference(e: Extract<Expression, { kind: "binary" }>): Scalar | null {
  const inTanh = argumentOf(e.right, "tanh");
  if (inTanh && sameTree(inTanh, e.left)) {
    const u = compile(inTanh);
    return (v) => tanhShrink(u(v));
  }
  if (!isNumber(e.left, 1)) {
    const raised = isNumber(e.right, 1) ? argumentOf(e.left, "exp") : null;
    return raised ? compile(unary("expm1", raised)) : null;
  }
  const inErf = argumentOf(e.right, "erf");
  if (inErf) {
    const u = compile(inErf);
    return (v) => erfc(u(v));
  }
  const inCosh = secantSquared(e.right);
  if (inCosh) {
    const u = compile(inCosh);
    return (v) => Math.tanh(u(v)) ** 2;
  }
  const inSigmoid = argumentOf(e.right, "sigmoid");
  if (inSigmoid) return compile(unary("sigmoid", negate(inSigmoid)));
  if (!inTanh) return null;
  const u = compile(inTanh);
  return (v) => 2 * sigmoid(-2 * u(v));
}

/** sigmoid(−u), where e is 1/(1 + exp(u)). */
function logistic(denominator: Expression): Scalar | null {
  const rest = besideOne(denominator);
  const raised = rest && argumentOf(rest, "exp");
  if (!raised) return null;
  const u = compile(raised);
  return (v) => sigmoid(-u(v));
}

function stable(e: Expression): Scalar | null {
  if (e.kind === "unary") {
    const rest = e.fn === "log" ? besideOne(e.arg) : e.fn === "log1p" ? e.arg : null;
    const raised = rest && argumentOf(rest, "exp");
    if (raised) {
      const u = compile(raised);
      return (v) => softplus(u(v));
    }
    return e.fn === "reciprocal" ? logistic(e.arg) : null;
  }
  if (e.kind !== "binary") return null;
  if (e.fn === "add") return stableSum(e);
  if (e.fn === "sub") return stableDifference(e);
  if (e.fn !== "div") return null;
  const factor = logistic(e.right);
  if (!factor) return null;
  const left = compile(e.left);
  return (v) => left(v) * factor(v);
}

/** 0·∞ is 0 here: a step that is off, or an underflown density, wins over an overflowing neighbour. */
function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

function compileBinary(e: Extract<Expression, { kind: "binary" }>): Scalar {
  if (e.fn === "pow" && e.right.kind === "number") {
    const exponent = e.right.value;
    const base = compile(e.left);
    if (exponent === 2) {
      return (v) => {
        const b = base(v);
        return b * b;
      };
    }
    if (exponent === 3) {
      return (v) => {
        const b = base(v);
        return b * b * b;
      };
    }
    return (v) => base(v) ** exponent;
  }
  if (e.fn === "mul" && e.left.kind === "number") {
    const factor = e.left.value;
    const right = compile(e.right);
    return (v) => factor * right(v);
  }
  const left = compile(e.left);
  const right = compile(e.right);
  if (e.fn === "add") return (v) => left(v) + right(v);
  if (e.fn === "sub") return (v) => left(v) - right(v);
  if (e.fn === "mul") return (v) => product(left(v), right(v));
  const fn = BINARY[e.fn];
  return (v) => fn(left(v), right(v));
}

/**
 * The expression as a function of x.
 *
 * @example compile(multiply(x, unary("sigmoid", x)))(1) // 0.7310585786300049
 */
export function compile(e: Expression): Scalar {
  if (e.kind === "x") return (v) => v;
  if (e.kind === "number") {
    const { value } = e;
    return () => value;
  }
  const better = stable(e);
  if (better) return better;
  if (e.kind === "binary") return compileBinary(e);
  const fn = UNARY[e.fn];
  if (e.arg.kind === "x") return fn;
  const arg = compile(e.arg);
  return (v) => fn(arg(v));
}
