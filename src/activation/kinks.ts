/** Where an expression has kinks and jumps, and where and how quickly it changes: what quadrature has to know. */

import type { Feature } from "../gaussian/index.ts";
import { subtract } from "./build.ts";
import { compile } from "./compile.ts";
import { differentiate } from "./differentiate.ts";
import type { Expression } from "./expression.ts";
import { signChanges } from "./roots.ts";

/** More kinks than this are not announced (a staircase has infinitely many): the ones nearest to 0 are. */
const MOST_BREAKS = 64;
const STEPPED = new Set(["abs", "sign", "step", "relu"]);
const SMOOTH = new Set([
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "sin",
  "cos",
  "tan",
  "atan",
  "tanh",
  "sinh",
  "cosh",
  "erf",
  "sigmoid",
  "softplus",
  "reciprocal",
]);

/** slope·x + offset, where the expression is that; null otherwise. */
export function affine(e: Expression): { readonly slope: number; readonly offset: number } | null {
  if (e.kind === "x") return { slope: 1, offset: 0 };
  if (e.kind === "number") return { slope: 0, offset: e.value };
  if (e.kind === "unary") {
    const inner = e.fn === "neg" ? affine(e.arg) : null;
    return inner && { slope: -inner.slope, offset: -inner.offset };
  }
  const a = affine(e.left);
  const b = affine(e.right);
  if (!a || !b) return null;
  if (e.fn === "add") return { slope: a.slope + b.slope, offset: a.offset + b.offset };
  if (e.fn === "sub") return { slope: a.slope - b.slope, offset: a.offset - b.offset };
  if (e.fn === "mul" && a.slope === 0) return { slope: a.offset * b.slope, offset: a.offset * b.offset };
  if (e.fn === "mul" && b.slope === 0) return { slope: a.slope * b.offset, offset: a.offset * b.offset };
  if (e.fn === "div" && b.slope === 0) return { slope: a.slope / b.offset, offset: a.offset / b.offset };
  return null;
}

/** Zeros of an expression (sign changes; ends of stretches of zeros). */
function zeros(e: Expression): number[] {
  const line = affine(e);
  if (!line) return signChanges(compile(e), MOST_BREAKS);
  // `+ 0` turns −0 into 0.
  return line.slope === 0 ? [] : [-line.offset / line.slope + 0];
}

function stairs(e: Expression): number[] {
  const line = affine(e);
  if (!line || line.slope === 0) return [];
  const half = MOST_BREAKS / 2;
  return Array.from({ length: MOST_BREAKS + 1 }, (_, i) => (i - half - line.offset) / line.slope + 0);
}

function visit(e: Expression, seen: (node: Exclude<Expression, { kind: "x" | "number" }>) => void): void {
  if (e.kind === "x" || e.kind === "number") return;
  seen(e);
  if (e.kind === "unary") visit(e.arg, seen);
  else {
    visit(e.left, seen);
    visit(e.right, seen);
  }
}

/** uⁿ with n = 0, 1, 2, … */
function wholePower(e: Extract<Expression, { kind: "binary" }>): boolean {
  return e.right.kind === "number" && Number.isInteger(e.right.value) && e.right.value >= 0;
}

/**
 * Kinks and jumps of the expression or of its derivatives, ascending, in x: zeros of the arguments of abs, sign, step,
 * relu, ties of min and max, integer arguments of floor, zeros of what is divided by or rooted.
 *
 * @example kinks(minimum(unary("relu", x), number(6))) // [0, 6]
 */
export function kinks(e: Expression): number[] {
  const found = new Set<number>();
  const take = (points: readonly number[]) => {
    for (const p of points) found.add(p);
  };
  visit(e, (node) => {
    if (node.kind === "unary") {
      if (STEPPED.has(node.fn) || node.fn === "reciprocal" || node.fn === "sqrt" || node.fn === "log")
        take(zeros(node.arg));
      if (node.fn === "floor") take(stairs(node.arg));
    } else if (node.fn === "min" || node.fn === "max") take(zeros(subtract(node.left, node.right)));
    else if (node.fn === "div") take(zeros(node.right));
    else if (node.fn === "pow" && !wholePower(node)) {
      take(zeros(node.left));
    }
  });
  return [...found].filter(Number.isFinite).sort((p, q) => p - q);
}

/** True where the pieces between kinks are polynomials. */
function piecewisePolynomial(e: Expression): boolean {
  let polynomial = true;
  visit(e, (node) => {
    if (node.kind === "unary") polynomial &&= !SMOOTH.has(node.fn);
    else if (node.fn === "div") polynomial &&= node.right.kind === "number";
    else if (node.fn === "pow") polynomial &&= wholePower(node);
  });
  return polynomial;
}

/** Scale on which g(u(x)) changes at a place where u is level or zero: 1/|u'| or 1/√|u''|. */
function scaleAt(slope: number, bend: number): number {
  return 1 / Math.max(Math.abs(slope), Math.sqrt(Math.abs(bend)));
}

/** Wider than any Gaussian that is integrated against: no feature. */
const WIDE = 1e7;

/** Features of a smooth function of `argument`: where the argument is 0 or level. */
function argumentFeatures(argument: Expression): Feature[] {
  const line = affine(argument);
  if (line) return line.slope === 0 ? [] : [{ at: -line.offset / line.slope + 0, scale: 1 / Math.abs(line.slope) }];
  const first = differentiate(argument);
  const slope = compile(first);
  const bend = compile(differentiate(first));
  const points = [...zeros(argument), ...zeros(first)].slice(0, MOST_BREAKS);
  return points
    .map((at) => {
      // From both sides: at the tip of |x| the slope itself says nothing.
      const gap = 1e-9 * Math.max(1e-3, Math.abs(at));
      return { at, scale: scaleAt(Math.max(Math.abs(slope(at - gap)), Math.abs(slope(at + gap))), bend(at)) };
    })
    .filter(({ scale }) => scale > 0 && scale < WIDE);
}

/**
 * Where quadrature of the expression and of its derivatives needs finer panels; empty for piecewise polynomials.
 *
 * @example features(unary("sigmoid", multiply(number(1000), x))) // [{ at: 0, scale: 0.001 }]
 */
export function features(e: Expression): Feature[] {
  if (piecewisePolynomial(e)) return [];
  const found: Feature[] = [];
  visit(e, (node) => {
    if (node.kind === "unary" && SMOOTH.has(node.fn)) found.push(...argumentFeatures(node.arg));
    else if (node.kind === "binary" && node.fn === "div" && node.right.kind !== "number")
      found.push(...argumentFeatures(node.right));
    else if (node.kind === "binary" && node.fn === "pow" && !wholePower(node))
      found.push(...argumentFeatures(node.left));
  });
  if (found.length === 0) found.push({ at: 0, scale: 1 });
  return joined(found);
}

/** One feature a place, the finest. */
function joined(all: readonly Feature[]): Feature[] {
  const sorted = [...all].sort((p, q) => p.scale - q.scale);
  const kept: Feature[] = [];
  for (const one of sorted) {
    if (!kept.some((other) => Math.abs(other.at - one.at) <= 0.5 * Math.max(other.scale, 0.25 * one.scale)))
      kept.push(one);
  }
  return kept.sort((p, q) => p.at - q.at);
}
