/**
 * E[f(z)] for z ~ N(mean, variance): adaptive 40-point Gauss–Legendre panels between breaks, on a grid that is fine
 * where `features` say that f changes quickly (panels.ts).
 *
 * A panel is accepted when the last Legendre coefficients of its integrand are small: coefficients of an analytic function
 * fall geometrically (Trefethen 2013, Approximation Theory and Approximation Practice), and an n-point rule
 * errs by coefficients from 2n on: the fall from n/2 to n, seen twice more. Limits: a feature far narrower than a panel that is not announced can be
 * missed. What oscillates too fast for panels goes to lattice.ts.
 */

import { latticeExpectations } from "./lattice.ts";
import { type LegendreRule, legendreRule } from "./legendre.ts";
import { type Feature, halves, type Panel, panelsBetween } from "./panels.ts";

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

/** Writes the integrands' values at x into `out`. */
export type VectorFunction = (x: number, out: Float64Array) => void;

const RULE: LegendreRule = legendreRule(40);
/** ±9 standard deviations leave out 2·10⁻¹⁹ of the mass; further out only where f is so large that it matters. */
const REACH = 9;
const FAR = 38;
const PROBES = [9, 11, 15, 22, 31];
/** Estimated error of a panel, as a share of E|f|, that is accepted. */
const RESOLVED = 5e-14;
/** Four times the extrapolated error is assumed. */
const SAFETY = 4;
const MAX_EVALUATIONS = 60_000;
/** Beyond this an integrand without breaks is taken to oscillate, and lattices are tried. */
const PATIENCE = 2_400;
const MAX_DEPTH = 40;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

interface Sum {
  readonly values: Float64Array;
  /** ∫|f| so far: what errors are relative to. */
  readonly sizes: Float64Array;
  readonly errors: Float64Array;
  readonly overflow: Float64Array;
  evaluations: number;
}

interface PanelResult {
  readonly values: Float64Array;
  readonly sizes: Float64Array;
  readonly errors: Float64Array;
  /** What stands for values of f that overflow, taken as the largest number. */
  readonly overflow: Float64Array;
}

function measure(panel: Panel, f: VectorFunction, count: number, mean: number, sd: number): PanelResult {
  const n = RULE.nodes.length;
  const half = (panel.to - panel.from) / 2;
  const middle = panel.from + half;
  const stretched = Number.isFinite(panel.scale);
  const scale = stretched ? panel.scale : 1;
  const out = new Float64Array(count);
  const values = new Float64Array(count);
  const sizes = new Float64Array(count);
  const overflow = new Float64Array(count);
  const rows = RULE.tail.length;
  const tails = new Float64Array(count * rows);
  const middles = new Float64Array(count * rows);
  for (let i = 0; i < n; i++) {
    const u = middle + half * RULE.nodes[i];
    const offset = stretched ? scale * Math.sinh(u) : u;
    const x = panel.anchor + panel.direction * offset;
    const t = (panel.anchor - mean) / sd + (panel.direction * offset) / sd;
    const jacobian = stretched ? scale * Math.cosh(u) : 1;
    const density = (INVERSE_SQRT_TWO_PI / sd) * Math.exp(-0.5 * t * t) * jacobian * half;
    f(x, out);
    if (density === 0) continue;
    for (let j = 0; j < count; j++) {
      let g = density * out[j];
      if (g === Number.POSITIVE_INFINITY || g === Number.NEGATIVE_INFINITY) {
        g = density * Math.sign(out[j]) * Number.MAX_VALUE;
        overflow[j] += RULE.weights[i] * Math.abs(g);
      }
      values[j] += RULE.weights[i] * g;
      sizes[j] += RULE.weights[i] * Math.abs(g);
      for (let r = 0; r < rows; r++) {
        tails[j * rows + r] += RULE.tail[r][i] * g;
        middles[j * rows + r] += RULE.middle[r][i] * g;
      }
    }
  }
  const errors = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    let tail = 0;
    let center = 0;
    for (let r = j * rows; r < (j + 1) * rows; r++) {
      tail = Math.max(tail, Math.abs(tails[r]));
      center = Math.max(center, Math.abs(middles[r]));
    }
    const fall = center > 0 ? tail / center : 1;
    errors[j] = tail * Math.min(1, SAFETY * fall * fall);
  }
  return { values, sizes, errors, overflow };
}

/** True where the panel's own error cannot matter to any of the sums. */
function resolved(result: PanelResult, sizes: Float64Array, partners: readonly number[] | undefined): boolean {
  return result.errors.every((error, j) => {
    const partner = partners?.[j] ?? j;
    return error <= RESOLVED * Math.max(sizes[j], result.sizes[j], sizes[partner], result.sizes[partner]);
  });
}

function add(sum: Sum, result: PanelResult): void {
  for (let j = 0; j < sum.values.length; j++) {
    sum.values[j] += result.values[j];
    sum.sizes[j] += result.sizes[j];
    sum.errors[j] += result.errors[j] + 4 * Number.EPSILON * result.sizes[j];
    sum.overflow[j] += result.overflow[j];
  }
}

function integrate(
  first: readonly Panel[],
  f: VectorFunction,
  mean: number,
  sd: number,
  sum: Sum,
  partners: readonly number[] | undefined,
  limit: number,
): void {
  const count = sum.values.length;
  const waiting: { panel: Panel; result: PanelResult }[] = [];
  const scale = Float64Array.from(sum.sizes);
  const visit = (panel: Panel) => {
    const result = measure(panel, f, count, mean, sd);
    sum.evaluations += RULE.nodes.length;
    for (let j = 0; j < count; j++) scale[j] += result.sizes[j];
    waiting.push({ panel, result });
  };
  for (const panel of first) visit(panel);
  while (waiting.length > 0) {
    const { panel, result } = waiting.pop()!;
    const stop = panel.depth >= MAX_DEPTH || sum.evaluations >= limit;
    if (stop || resolved(result, scale, partners)) {
      add(sum, result);
      continue;
    }
    for (let j = 0; j < count; j++) scale[j] -= result.sizes[j];
    for (const half of halves(panel)) visit(half);
  }
}

/** Past a break t standard deviations out the density falls to e⁻⁴⁰ of its value there at √(t² + 80): a cut keeps that piece short. */
function fallsAfter(breaks: readonly number[], side: 1 | -1, mean: number, sd: number): number[] {
  const places = breaks.map((at) => (side * (at - mean)) / sd).filter((t) => t > REACH && t < FAR);
  return places.map((t) => mean + side * sd * Math.sqrt(t * t + 80));
}

/** How far beyond ±REACH f grows so fast that the Gaussian does not end it: the probe after the last that counts, or null. */
function farEnd(f: VectorFunction, side: 1 | -1, mean: number, sd: number, sum: Sum): number | null {
  const out = new Float64Array(sum.values.length);
  let end: number | null = null;
  PROBES.forEach((t, i) => {
    f(mean + side * sd * t, out);
    sum.evaluations++;
    const density = INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * t * t);
    if (out.some((v, j) => v !== 0 && !(Math.abs(density * v) <= 1e-15 * sum.sizes[j]))) end = PROBES[i + 1] ?? FAR;
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
  integrate(panelsBetween(low, high, breaks, centred, sd), f, mean, sd, sum, partners, limit);
  for (const side of [-1, 1] as const) {
    const end = farEnd(f, side, mean, sd, sum);
    if (end === null) continue;
    const [a, b] = side < 0 ? [mean - end * sd, low] : [high, mean + end * sd];
    const cuts = [...breaks, ...fallsAfter(breaks, side, mean, sd)];
    integrate(panelsBetween(a, b, cuts, features, sd), f, mean, sd, sum, partners, limit);
  }
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
    if (sum.overflow[j] > 1e-14 * sum.sizes[j]) {
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
