/**
 * E[f(z)] for z ~ N(mean, variance): adaptive 40-point Gauss–Legendre panels between breaks, on a grid that is fine
 * where `features` say that f changes quickly (panels.ts), cut to where the mass lies until each is resolved (measure.ts).
 *
 * Limits: a feature far narrower than a panel that is not announced can be missed. What oscillates too fast for panels goes to lattice.ts.
 */

import { latticeExpectations } from "./lattice.ts";
import {
  balance,
  INVERSE_SQRT_TWO_PI,
  measure,
  NODES,
  NOTHING,
  OVERFLOWN,
  occupied,
  type PanelResult,
  resolved,
  standards,
  type VectorFunction,
} from "./measure.ts";
import { COARSE, type Feature, halves, type Panel, panelsBetween } from "./panels.ts";

export type { VectorFunction } from "./measure.ts";
export type { Feature } from "./panels.ts";

export interface ExpectationOptions {
  readonly mean: number;
  /** Variance, ≥ 0. */
  readonly variance: number;
  /** Kinks and jumps of f, in x. Default none. */
  readonly breaks?: readonly number[];
  /** Where f changes on a scale of its own. Default: scale 1 at 0 and at every break. */
  readonly features?: readonly Feature[];
}

/** For `expectations`. */
export interface VectorOptions extends ExpectationOptions {
  /** partners[j]: an integrand whose size also counts when the error of integrand j is judged. Default: itself. */
  readonly partners?: readonly number[];
}

export interface Expectation {
  readonly value: number;
  /** Estimated absolute error. */
  readonly error: number;
  /** Calls of f. */
  readonly evaluations: number;
}

export interface Expectations {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly evaluations: number;
}

/** ±9 standard deviations leave out 2·10⁻¹⁹ of the mass; further out only where f is so large that it matters. */
const REACH = 9;
const FAR = 38;
const PROBES = [9, 11, 15, 22, 31];
const MAX_EVALUATIONS = 60_000;
/** Beyond this an integrand without breaks is taken to oscillate, and lattices are tried. */
const PATIENCE = 2_400;
const MAX_DEPTH = 40;
interface Sum {
  readonly values: Float64Array;
  /** ∫|f| so far: what errors are relative to. */
  readonly sizes: Float64Array;
  readonly errors: Float64Array;
  readonly overflow: Float64Array;
  evaluations: number;
}

function add(sum: Sum, result: PanelResult): void {
  for (let j = 0; j < sum.values.length; j++) {
    sum.values[j] += result.values[j];
    sum.sizes[j] += result.sizes[j];
    sum.errors[j] += result.errors[j] + 4 * Number.EPSILON * result.sizes[j];
    sum.overflow[j] += result.overflow[j];
  }
}

/** Panels that have been measured and not been added up yet. */
interface Work {
  readonly waiting: { readonly panel: Panel; readonly result: PanelResult }[];
  /** ∫|f| as far as all panels together know. */
  readonly scale: Float64Array;
}

type Measure = (panel: Panel) => PanelResult;

function visit(panels: readonly Panel[], { waiting, scale }: Work, measured: Measure): void {
  for (const panel of panels) {
    const result = measured(panel);
    for (let j = 0; j < scale.length; j++) scale[j] += result.sizes[j];
    waiting.push({ panel, result });
  }
}

/** Adds up what is resolved and looks closer at what is not. */
function refine(work: Work, measured: Measure, sum: Sum, partners: readonly number[] | undefined, limit: number): void {
  const { waiting, scale } = work;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { panel, result } = next;
    const standard = standards(result, scale, partners);
    if (panel.depth >= MAX_DEPTH || sum.evaluations >= limit || resolved(result, standard)) {
      add(sum, result);
      continue;
    }
    for (let j = 0; j < scale.length; j++) scale[j] -= result.sizes[j];
    const part = occupied(panel, result, standard);
    // What was left out: no higher than that over the panel's width, 2 in units of its half.
    if (part) for (let j = 0; j < scale.length; j++) sum.errors[j] += 2 * NOTHING * standard[j];
    visit(part ? [part] : halves(panel, balance(result, standard)), work, measured);
  }
}

/** Past a break t standard deviations out the density falls to e⁻⁴⁰ of its value there at √(t² + 80): a cut keeps that piece short. */
function fallsAfter(breaks: readonly number[], side: 1 | -1, mean: number, sd: number): number[] {
  const places = breaks.map((at) => (side * (at - mean)) / sd).filter((t) => t > REACH && t < FAR);
  return places.map((t) => mean + side * sd * Math.sqrt(t * t + 80));
}

/** How far beyond ±REACH f grows so fast that the Gaussian does not end it: the probe after the last that counts, or null. */
function farEnd(
  f: VectorFunction,
  side: 1 | -1,
  mean: number,
  sd: number,
  sum: Sum,
  scale: Float64Array,
): number | null {
  const out = new Float64Array(scale.length);
  let end: number | null = null;
  PROBES.forEach((t, i) => {
    f(mean + side * sd * t, out);
    sum.evaluations++;
    const density = INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * t * t);
    if (out.some((v, j) => v !== 0 && !(Math.abs(density * v) <= 1e-15 * scale[j]))) end = PROBES[i + 1] ?? FAR;
  });
  return end;
}

function check(mean: number, variance: number): void {
  if (!Number.isFinite(mean)) throw new RangeError(`expectation: mean must be finite, got ${mean}`);
  if (!(variance >= 0 && variance < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`expectation: variance must be finite and not negative, got ${variance}`);
  }
}

/** All panels, from ±REACH outwards where it matters, with at most about `limit` evaluations. */
function integrateLine(f: VectorFunction, count: number, options: VectorOptions, sd: number, limit: number): Sum {
  const { mean, breaks = [], partners } = options;
  const sum: Sum = {
    values: new Float64Array(count),
    sizes: new Float64Array(count),
    errors: new Float64Array(count),
    overflow: new Float64Array(count),
    evaluations: 0,
  };
  const low = mean - REACH * sd;
  const high = mean + REACH * sd;
  const features = options.features ?? [{ at: 0, scale: 1 }, ...breaks.map((at) => ({ at, scale: 1 }))];
  const anchored = [...breaks, ...features.map((feature) => feature.at)].some((at) => Math.abs(at - mean) < 2 * sd);
  const centred = anchored ? features : [...features, { at: mean, scale: sd }];
  const work: Work = { waiting: [], scale: new Float64Array(count) };
  const measured = (panel: Panel) => {
    sum.evaluations += NODES;
    return measure(panel, f, count, mean, sd);
  };
  visit(panelsBetween(low, high, breaks, centred, sd), work, measured);
  for (const side of [-1, 1] as const) {
    const end = farEnd(f, side, mean, sd, sum, work.scale);
    if (end === null) continue;
    const [a, b] = side < 0 ? [mean - end * sd, low] : [high, mean + end * sd];
    // The density falls over a few panels as it is: a feature as wide adds none.
    const fine = features.filter(({ scale }) => scale < COARSE * (b - a));
    const cuts = [...breaks, ...fallsAfter(breaks, side, mean, sd)];
    visit(panelsBetween(a, b, cuts, fine, sd), work, measured);
  }
  // Last, so that what is small beside the far mass is left as it is.
  refine(work, measured, sum, partners, limit);
  return sum;
}

/**
 * Expectations of several functions at once, each evaluated at the same points.
 *
 * @param f writes `count` values at x into its second argument
 * @returns values, estimated absolute errors, evaluations of f
 */
export function expectations(f: VectorFunction, count: number, options: VectorOptions): Expectations {
  const { mean, variance, breaks = [] } = options;
  check(mean, variance);
  const sd = Math.sqrt(variance);
  if (!(mean - REACH * sd < mean && mean + REACH * sd > mean)) {
    const values = new Float64Array(count);
    f(mean, values);
    return { values, errors: new Float64Array(count), evaluations: 1 };
  }
  const smooth = breaks.length === 0;
  let sum = integrateLine(f, count, options, sd, smooth ? PATIENCE : MAX_EVALUATIONS);
  if (smooth && sum.evaluations >= PATIENCE) {
    const lattice = latticeExpectations(f, count, mean, sd);
    if (lattice) return { ...lattice, evaluations: lattice.evaluations + sum.evaluations };
    sum = integrateLine(f, count, options, sd, MAX_EVALUATIONS);
  }
  for (let j = 0; j < count; j++) {
    if (sum.overflow[j] > OVERFLOWN * sum.sizes[j]) {
      sum.values[j] = sum.values[j] < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      sum.errors[j] = Number.POSITIVE_INFINITY;
    }
  }
  return { values: sum.values, errors: sum.errors, evaluations: sum.evaluations };
}

/**
 * E[f(z)], z ~ N(mean, variance), to 1e-12 of E|f(z)| where breaks and features are announced.
 *
 * @example expectation((x) => Math.max(x, 0) ** 2, { mean: 0, variance: 1, breaks: [0], features: [] }).value // 0.5
 */
export function expectation(f: (x: number) => number, options: ExpectationOptions): Expectation {
  const { values, errors, evaluations } = expectations(
    (x, out) => {
      out[0] = f(x);
    },
    1,
    options,
  );
  return { value: values[0], error: errors[0], evaluations };
}
