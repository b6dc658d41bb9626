/**
 * E[φ(u)φ(v)] and E[φ'(u)φ'(v)] for correlated Gaussian u and v, as cheap functions of the correlation.
 *
 * Mehler: with normalized Hermite coefficients a_k, b_k of the two sides the expectation is Σ a_k b_k c^k (Daniely
 * 2016). Jumps and kinks make the series slow near |c| = 1: their part is known in closed form (hinges.ts) and only the
 * rest is cut off. What then is left over at c = 1 is put on the next power. Error ≤ 1e-9 of E[φ²] where φ is a
 * piecewise polynomial of degree 1 or smooth on the scale of the Gaussian; ≤ 1e-7 where φ'' jumps; where φ is steeper than
 * a fortieth of a standard deviation, up to what `residual` says.
 */

import { type Feature, legendreRule, type Panel, panelsBetween } from "../../gaussian/index.ts";
import type { Activation } from "../types.ts";
import { type Hinge, hingeCoefficients, hingeProduct } from "./hinges.ts";

export interface Gaussian1 {
  readonly mean: number;
  readonly variance: number;
}

export interface CorrelationMap {
  /** E[φ(u)φ(v)] at correlation c ∈ [−1, 1]. */
  readonly product: (correlation: number) => number;
  /** E[φ'(u)φ'(v)]: σ_uσ_v times it is the derivative of `product` (Price 1958). Jumps of φ are left out. */
  readonly slopeProduct: (correlation: number) => number;
  /** Share of E[φ²] that the series did not resolve (an upper bound of the error of `product`, as a share). */
  readonly residual: number;
}

const RULE = legendreRule(40);
/** ±12: √density·he_k is below 1e-15 of its size there for the k that are used near the mean. */
const REACH = 12;
const ORDERS = [64, 160, 400, 2048];
const SETTLED = 2e-8;
/** Radians of he_k that 40 points resolve. */
const RADIANS = 40;

interface Grid {
  readonly t: Float64Array;
  readonly weights: Float64Array;
}

/** Points and weights (density included) that resolve the activation and he_k up to k = order. */
function gridFor(
  mean: number,
  sd: number,
  breaks: readonly number[],
  features: readonly Feature[],
  order: number,
): Grid {
  const widest = RADIANS / Math.sqrt(order);
  const centre = { at: 0, scale: 1 };
  const scaled = [...features.map(({ at, scale }) => ({ at: (at - mean) / sd, scale: scale / sd })), centre];
  const cuts = breaks.map((at) => (at - mean) / sd);
  const panels = panelsBetween(-REACH, REACH, cuts, scaled, 1).flatMap((panel) => narrowed(panel, widest));
  const n = RULE.nodes.length;
  const t = new Float64Array(panels.length * n);
  const weights = new Float64Array(panels.length * n);
  panels.forEach((panel, p) => {
    const half = (panel.to - panel.from) / 2;
    const stretched = Number.isFinite(panel.scale);
    for (let i = 0; i < n; i++) {
      const u = panel.from + half * (1 + RULE.nodes[i]);
      const at = panel.anchor + panel.direction * (stretched ? panel.scale * Math.sinh(u) : u);
      const jacobian = half * (stretched ? panel.scale * Math.cosh(u) : 1);
      t[p * n + i] = at;
      weights[p * n + i] = RULE.weights[i] * jacobian * 0.3989422804014327 * Math.exp(-0.5 * at * at);
    }
  });
  return { t, weights };
}

/** The panel in parts no wider than `widest` in t. */
function narrowed(panel: Panel, widest: number): Panel[] {
  const stretched = Number.isFinite(panel.scale);
  const width = stretched ? panel.scale * (Math.sinh(panel.to) - Math.sinh(panel.from)) : panel.to - panel.from;
  if (width <= widest) return [panel];
  const middle = stretched
    ? Math.asinh((Math.sinh(panel.from) + Math.sinh(panel.to)) / 2)
    : (panel.from + panel.to) / 2;
  return [...narrowed({ ...panel, to: middle }, widest), ...narrowed({ ...panel, from: middle }, widest)];
}

interface Side {
  readonly values: Float64Array;
  readonly hinges: readonly Hinge[];
  /** E[f²]. */
  readonly total: number;
}

/** Hermite coefficients of f(mean + sd·t) up to `order`. */
function expand(
  f: (x: number) => number,
  mean: number,
  sd: number,
  grid: Grid,
  order: number,
): { values: Float64Array; total: number } {
  const values = new Float64Array(order);
  const n = grid.t.length;
  const older = new Float64Array(n);
  const newer = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const v = f(mean + sd * grid.t[i]);
    const weighted = grid.weights[i] * v;
    total += weighted * v;
    newer[i] = weighted;
  }
  for (let k = 0; k < order; k++) {
    let sum = 0;
    const [root, next] = [Math.sqrt(k), 1 / Math.sqrt(k + 1)];
    for (let i = 0; i < n; i++) {
      const here = newer[i];
      sum += here;
      newer[i] = (grid.t[i] * here - root * older[i]) * next;
      older[i] = here;
    }
    values[k] = sum;
  }
  return { values, total };
}

/** Share of the second moment that neither the coefficients nor the hinges account for. */
function unresolved({ values, hinges, total }: Side): number {
  const singular = hingeCoefficients(hinges, values.length);
  let rest = total - hingeProduct(hinges, hinges, 1);
  for (let k = 0; k < values.length; k++) rest += singular[k] ** 2 - values[k] ** 2;
  return total > 0 ? Math.abs(rest) / total : 0;
}

/** Σ a_k b_k c^k with the hinges' tail in closed form. `whole`: E[f(u)g(u')] of the residual at c = 1 is put on the last power. */
function series(u: Side, v: Side, same: boolean): (c: number) => number {
  const count = u.values.length;
  const hu = hingeCoefficients(u.hinges, count);
  const hv = u === v ? hu : hingeCoefficients(v.hinges, count);
  const bare = u.hinges.length === 0 || v.hinges.length === 0;
  const terms = u.values.map((a, k) => a * v.values[k] - (bare ? 0 : hu[k] * hv[k]));
  let leftover = 0;
  if (same) {
    leftover = u.total - (bare ? 0 : hingeProduct(u.hinges, v.hinges, 1));
    for (const term of terms) leftover -= term;
  }
  let last = count - 1;
  while (last > 0 && Math.abs(terms[last]) < 1e-16 * u.total) last--;
  return (correlation) => {
    const c = Math.max(-1, Math.min(1, correlation));
    let sum = leftover * c;
    for (let k = last; k > 0; k--) sum = (sum + terms[k]) * c;
    sum += terms[0];
    return bare ? sum : sum + hingeProduct(u.hinges, v.hinges, c);
  };
}

function hingesOf(
  jumps: readonly { at: number; size: number }[],
  bends: readonly { at: number; size: number }[],
  { mean, variance }: Gaussian1,
): Hinge[] {
  const sd = Math.sqrt(variance);
  return [
    ...jumps.map(({ at, size }) => ({ at: (at - mean) / sd, jump: size, bend: 0 })),
    ...bends.map(({ at, size }) => ({ at: (at - mean) / sd, jump: 0, bend: size * sd })),
  ].filter(({ at }) => Math.abs(at) < 37);
}

function sideOf(
  f: (x: number) => number,
  hinges: readonly Hinge[],
  activation: Activation,
  { mean, variance }: Gaussian1,
  orders: readonly number[],
): Side {
  const sd = Math.sqrt(variance);
  let side: Side | null = null;
  for (const order of orders) {
    const grid = gridFor(mean, sd, activation.breaks, activation.features, order);
    side = { ...expand(f, mean, sd, grid, order), hinges };
    if (unresolved(side) < SETTLED) break;
  }
  return side!;
}

function mapOf(
  f: (x: number) => number,
  jumps: readonly { at: number; size: number }[],
  bends: readonly { at: number; size: number }[],
  activation: Activation,
  first: Gaussian1,
  second: Gaussian1,
): { readonly at: (c: number) => number; readonly residual: number } {
  const [still, other] = [first, second].map(({ variance }) => variance === 0);
  if (still || other) {
    const mean = (g: Gaussian1) => (g.variance === 0 ? f(g.mean) : sideOf(f, [], activation, g, [ORDERS[0]]).values[0]);
    const value = mean(first) * mean(second);
    return { at: () => value, residual: 0 };
  }
  const same = first.mean === second.mean && first.variance === second.variance;
  let u = sideOf(f, hingesOf(jumps, bends, first), activation, first, ORDERS);
  let v = same ? u : sideOf(f, hingesOf(jumps, bends, second), activation, second, ORDERS);
  const longest = Math.max(u.values.length, v.values.length);
  if (u.values.length < longest) u = sideOf(f, u.hinges, activation, first, [longest]);
  if (v.values.length < longest) v = sideOf(f, v.hinges, activation, second, [longest]);
  return { at: series(u, v, same), residual: Math.max(unresolved(u), unresolved(v)) };
}

/**
 * The map from correlation to E[φ(u)φ(v)] and E[φ'(u)φ'(v)]. Set up once (well under a millisecond for smooth activations), then
 * a polynomial and a few error functions a call.
 *
 * @example
 * const side = { mean: 0, variance: 1 };
 * correlationMap(activationByName("relu"), side, side).product(0) // 1/(2π)
 */
export function correlationMap(activation: Activation, first: Gaussian1, second: Gaussian1): CorrelationMap {
  let kept = known.get(activation);
  if (!kept || kept.size >= KEPT) {
    kept = new Map();
    known.set(activation, kept);
  }
  const key = `${first.mean} ${first.variance} ${second.mean} ${second.variance}`;
  let map = kept.get(key);
  if (!map) {
    map = build(activation, first, second);
    kept.set(key, map);
  }
  return map;
}

/** Normalized networks ask for the same variances at every layer. A map holds a few thousand numbers. */
const KEPT = 128;
const known = new WeakMap<Activation, Map<string, CorrelationMap>>();

function build(activation: Activation, first: Gaussian1, second: Gaussian1): CorrelationMap {
  const value = mapOf(activation.value, activation.jumps, activation.bends, activation, first, second);
  let slope: ((c: number) => number) | null = null;
  return {
    product: value.at,
    slopeProduct: (c) => {
      slope ??= mapOf(activation.derivative, activation.bends, activation.curvatureJumps, activation, first, second).at;
      return slope(c);
    },
    residual: value.residual,
  };
}
