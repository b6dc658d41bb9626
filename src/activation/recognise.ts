/**
 * Which catalogue entry a spelled-out expression is, parameters included: exporters write x·sigmoid(x), the erf form of
 * GELU, or x·clip(x + 3)/6 as separate operators.
 */

import { CATALOGUE, type CatalogueEntry } from "./catalogue/index.ts";
import { compile, type Scalar } from "./compile.ts";
import type { Expression } from "./expression.ts";
import { kinks } from "./kinks.ts";
import type { ActivationReference } from "./reference.ts";
import { parametersOf } from "./resolve.ts";
import { agree, FLOAT32_TOLERANCE, PROBE_POINTS } from "./same.ts";

type Guess = (f: Scalar, breaks: readonly number[]) => readonly Readonly<Record<string, number>>[];

/** Entries that others would claim first: the plainest name wins. */
const NOT_GUESSED = new Set(["logistic", "swish", "prelu", "rrelu", "clip", "sparse_sigmoid"]);

/** f's slope at a point away from kinks. */
const slopeAt = (f: Scalar, at: number): number => (f(at + 1e-5) - f(at - 1e-5)) / 2e-5;

/** A short number near v, if float32 rounding explains the difference: 0.10000000149 is 0.1. */
function tidy(v: number): number {
  const short = Number(v.toPrecision(6));
  return Math.abs(short - v) <= 1e-6 * Math.abs(v) ? short : v;
}

/** How parameters can be read off a function; an entry without a reader is tried with its defaults. */
const READERS: Readonly<Record<string, Guess>> = {
  leaky_relu: (f) => [{ slope: tidy(-f(-1)) }],
  threshold: (f, breaks) => breaks.map((at) => ({ threshold: tidy(at), value: tidy(f(at - 1)) })),
  clip: (f) => [{ min: tidy(f(-1e4)), max: tidy(f(1e4)) }],
  hard_tanh: (f) => [{ min: tidy(f(-1e4)), max: tidy(f(1e4)) }],
  hard_sigmoid: (f) => [{ alpha: tidy(slopeAt(f, 0.1)), beta: tidy(f(0.1) - 0.1 * slopeAt(f, 0.1)) }],
  softshrink: (_, breaks) => (breaks.length > 0 ? [{ lambda: tidy(breaks[breaks.length - 1]) }] : []),
  hardshrink: (_, breaks) => (breaks.length > 0 ? [{ lambda: tidy(breaks[breaks.length - 1]) }] : []),
  // σ(βx) = p ⇒ β = ln(p/(1 − p))/x
  logistic: (f) => [{ beta: tidy(Math.log(f(0.5) / (1 - f(0.5))) / 0.5) }],
  swish: (f) => {
    const p = f(0.5) / 0.5;
    return [{ beta: tidy(Math.log(p / (1 - p)) / 0.5) }];
  },
  elu: (f) => [{ alpha: tidy(-f(-50)) }],
  celu: (f) => [{ alpha: tidy(-f(-1e4)) }],
  selu: (f) => [{ scale: tidy(f(1)), alpha: tidy(-f(-50) / f(1)) }],
  softplus: (f) => [{ beta: tidy(Math.LN2 / f(0)) }],
  squareplus: (f) => [{ b: tidy(4 * f(0) ** 2) }],
  sin: (f) => [{ w0: tidy(frequency(f)) }],
  cos: (f) => [{ w0: tidy(Math.sqrt(Math.max(0, 2 * (1 - f(1e-3)))) / 1e-3) }],
  // f(−x) + f(x) = 2sin²(αx)/α
  snake: (f) => [{ alpha: tidy((f(1e-3) + f(-1e-3)) / 2e-6) }],
};

/** Slope of sin(w·x) at 0 by Richardson's extrapolation. */
function frequency(f: Scalar): number {
  const d = (h: number) => (f(h) - f(-h)) / (2 * h);
  return (4 * d(1e-4) - d(2e-4)) / 3;
}

/** Order of trial: no parameters first, then those with, then the ones that generalise others. */
const ORDER: readonly CatalogueEntry[] = [
  ...CATALOGUE.filter((e) => e.parameters.length === 0 && !NOT_GUESSED.has(e.name)),
  ...CATALOGUE.filter((e) => e.parameters.length > 0 && !NOT_GUESSED.has(e.name)),
  ...CATALOGUE.filter((e) => ["logistic", "swish", "clip"].includes(e.name)),
];

const valid = (parameters: Readonly<Record<string, number>>): boolean =>
  Object.values(parameters).every((v) => Number.isFinite(v) && Math.abs(v) < 1e6);

/** The answer for each expression object: readers ask again for the same one. */
const answered = new WeakMap<Expression, ActivationReference>();

/**
 * The catalogue entry that agrees with the expression at every probe point, with its parameters; the expression itself
 * where none does.
 *
 * @example recognise(multiply(x, unary("sigmoid", x))) // { kind: "named", name: "silu", parameters: {} }
 */
export function recognise(expression: Expression): ActivationReference {
  const known = answered.get(expression);
  if (known) return known;
  const answer = search(expression);
  answered.set(expression, answer);
  return answer;
}

let defaults: readonly { readonly entry: CatalogueEntry; readonly value: Scalar }[] | null = null;

function search(expression: Expression): ActivationReference {
  const f = compile(expression);
  // A function that is not finite where activations live has no name.
  if (!PROBE_POINTS.every((point) => Number.isFinite(f(point)))) return { kind: "expression", expression };
  defaults ??= ORDER.map((entry) => ({ entry, value: compile(entry.build(parametersOf(entry, {}))) }));
  let breaks: readonly number[] | null = null;
  for (const { entry, value } of defaults) {
    const found = agree(f, value, FLOAT32_TOLERANCE) ? {} : null;
    if (found) return { kind: "named", name: entry.name, parameters: parametersOf(entry, found) };
    const reader = READERS[entry.name];
    if (!reader) continue;
    breaks ??= kinks(expression);
    for (const guess of reader(f, breaks)) {
      if (!valid(guess) || degenerate(guess)) continue;
      const parameters = parametersOf(entry, guess);
      if (agree(f, compile(entry.build(parameters)), FLOAT32_TOLERANCE)) {
        return { kind: "named", name: entry.name, parameters };
      }
    }
  }
  return { kind: "expression", expression };
}

/** min ≥ max is a constant, a zero frequency or slope is another function's name. */
function degenerate(p: Readonly<Record<string, number>>): boolean {
  return (p.min !== undefined && !(p.min < p.max)) || p.beta === 0 || p.w0 === 0 || p.alpha === 0 || p.b === 0;
}
