/** Elementwise arithmetic on known values: what shapes, masks and positions are computed from. */

import type { Dtype } from "../../../model/types.ts";
import { isFloat } from "../../dtype.ts";
import { floatAttribute } from "../context.ts";
import { elementType } from "../dtype.ts";
import { broadcastShapes, broadcastStrides, countOf, isInteger } from "../shape.ts";
import type { Fold, Known } from "./known.ts";

/** f over broadcast operands; null where the result would exceed the budget. */
export function broadcastMap(
  operands: readonly Known[],
  dtype: Dtype,
  take: (count: number) => boolean,
  f: (values: readonly number[]) => number,
): Known | null {
  const shape = broadcastShapes(...operands.map((known) => known.shape));
  const count = countOf(shape);
  if (!take(count)) return null;
  const strides = operands.map((known) => broadcastStrides(known.shape, shape));
  const position = new Array<number>(shape.length).fill(0);
  const offsets = operands.map(() => 0);
  const arguments_ = operands.map(() => 0);
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < operands.length; k++) arguments_[k] = operands[k].values[offsets[k]];
    out[i] = f(arguments_);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis]++;
      for (let k = 0; k < operands.length; k++) offsets[k] += strides[k][axis];
      if (position[axis] < shape[axis]) break;
      for (let k = 0; k < operands.length; k++) offsets[k] -= strides[k][axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return { shape, dtype, values: out };
}

type Pair = (a: number, b: number) => number;

const NUMERIC: Record<string, Pair> = {
  Add: (a, b) => a + b,
  Sum: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Max: Math.max,
  Min: Math.min,
  Pow: (a, b) => a ** b,
};

const LOGICAL: Record<string, Pair> = {
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
  Xor: (a, b) => Number((a !== 0) !== (b !== 0)),
};

const UNARY: Record<string, (a: number) => number> = {
  Neg: (a) => -a,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: (a) => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a)),
  Reciprocal: (a) => 1 / a,
  Sin: Math.sin,
  Cos: Math.cos,
  Tanh: Math.tanh,
  Sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  Relu: (a) => Math.max(a, 0),
  Sign: Math.sign,
  Identity: (a) => a,
};

function fromPair(pair: Pair, logical: boolean): Fold {
  return ({ inputs, take }) => {
    let result = inputs[0];
    for (let i = 1; i < inputs.length; i++) {
      const next = broadcastMap([result, inputs[i]], logical ? "bool" : result.dtype, take, ([a, b]) => pair(a, b));
      if (!next) return null;
      result = next;
    }
    return result;
  };
}

/** Integers divide towards zero. */
const divide: Fold = ({ inputs: [a, b], take }) => {
  const integers = isInteger(a.dtype);
  return broadcastMap([a, b], a.dtype, take, ([x, y]) => (integers ? Math.trunc(x / y) : x / y));
};

/** fmod = 0: the sign of the divisor (Python's %); fmod = 1: of the dividend (C's). */
const modulo: Fold = ({ inputs: [a, b], take, int }) => {
  const c = int("fmod", 0) !== 0;
  return broadcastMap([a, b], a.dtype, take, ([x, y]) => (c ? x % y : x - y * Math.floor(x / y)));
};

const cast: Fold = ({ inputs: [x], take, int }) => {
  const dtype = elementType(int("to", 1))?.dtype;
  if (!dtype || !take(x.values.length)) return null;
  const convert = (v: number): number => {
    if (dtype === "bool") return Number(v !== 0);
    if (dtype === "f32") return Math.fround(v);
    return isFloat(dtype) ? v : Math.trunc(v);
  };
  return { shape: x.shape, dtype, values: x.values.map(convert) };
};

const where: Fold = ({ inputs: [condition, a, b], take }) =>
  broadcastMap([condition, a, b], a.dtype, take, ([c, x, y]) => (c ? x : y));

const not: Fold = ({ inputs: [x], take }) =>
  take(x.values.length) ? { shape: x.shape, dtype: "bool", values: x.values.map((v) => Number(v === 0)) } : null;

/** Bounds are inputs since opset 11, either of which may be left out. */
const clip: Fold = ({ inputs: [x], operation, take }) => {
  const bound = (index: number, attribute: string, open: number): number =>
    operation.inputs[index]?.constant?.()[0] ?? floatAttribute(operation, attribute, open);
  const [low, high] = [bound(1, "min", Number.NEGATIVE_INFINITY), bound(2, "max", Number.POSITIVE_INFINITY)];
  return take(x.values.length)
    ? { shape: x.shape, dtype: x.dtype, values: x.values.map((v) => Math.min(high, Math.max(low, v))) }
    : null;
};

export const arithmetic: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ...Object.entries(NUMERIC).map(([name, pair]): [string, Fold] => [name, fromPair(pair, false)]),
  ...Object.entries(LOGICAL).map(([name, pair]): [string, Fold] => [name, fromPair(pair, true)]),
  ...Object.entries(UNARY).map(([name, f]): [string, Fold] => [
    name,
    ({ inputs: [x], take }) =>
      take(x.values.length) ? { shape: x.shape, dtype: x.dtype, values: x.values.map(f) } : null,
  ]),
  ["Div", divide],
  ["Mod", modulo],
  ["Cast", cast],
  ["Clip", clip],
  ["Where", where],
  ["Not", not],
]);
