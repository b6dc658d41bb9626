/** What the functions of an expression compute, without cancellation or overflow where the result has none. */

import { erf } from "../gaussian/index.ts";
import type { BinaryFunction, UnaryFunction } from "./expression.ts";

export function sigmoid(v: number): number {
  if (v >= 0) return 1 / (1 + Math.exp(-v));
  const e = Math.exp(v);
  return e / (1 + e);
}

/** log(1 + eᵛ). */
export function softplus(v: number): number {
  return v > 0 ? v + Math.log1p(Math.exp(-v)) : Math.log1p(Math.exp(v));
}

/** v − tanh v, by its Taylor series where the difference cancels: terms to v²¹, error below 1e-16 relative for |v| < 0.5. */
export function tanhShrink(v: number): number {
  if (Math.abs(v) > 0.5) return v - Math.tanh(v);
  const s = v * v;
  let sum = 0;
  for (let k = TANH_SERIES.length - 1; k >= 0; k--) sum = sum * s + TANH_SERIES[k];
  return -v * s * sum;
}

/** Coefficients of v³, v⁵, … in tanh v: 2²ⁿ(2²ⁿ − 1)B₂ₙ/(2n)!. */
const TANH_SERIES = tanhSeries(16);

/** From tanh' = 1 − tanh²: (2n + 1)·t_n = −Σ t_i t_{n−1−i}. */
function tanhSeries(count: number): number[] {
  const t = [1];
  for (let n = 1; n <= count; n++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += t[i] * t[n - 1 - i];
    t.push(-sum / (2 * n + 1));
  }
  return t.slice(1);
}

export const UNARY: Readonly<Record<UnaryFunction, (v: number) => number>> = {
  neg: (v) => -v,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  step: (v) => (v > 0 ? 1 : 0),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  atan: Math.atan,
  tanh: Math.tanh,
  sinh: Math.sinh,
  cosh: Math.cosh,
  erf,
  sigmoid,
  softplus,
  relu: (v) => Math.max(v, 0),
  reciprocal: (v) => 1 / v,
  floor: Math.floor,
};

export const BINARY: Readonly<Record<BinaryFunction, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  min: Math.min,
  max: Math.max,
};

export function unaryValue(fn: UnaryFunction, v: number): number {
  return UNARY[fn](v);
}

export function binaryValue(fn: BinaryFunction, a: number, b: number): number {
  return BINARY[fn](a, b);
}
