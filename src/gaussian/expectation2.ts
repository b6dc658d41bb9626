/**
 * E[f(u)g(v)] for jointly Gaussian (u, v), and its derivative in the correlation.
 *
 * v = mean + σ_v(c·t + √(1 − c²)·w) with t = (u − mean)/σ_u, so the inner expectation over w is a smooth function of u
 * whose features are g's own, seen at width σ_u√(1 − c²)/|c|. At c = ±1 one integral remains.
 */

import { bivariateDensity } from "./bivariate.ts";
import { type Expectation, expectation, type Feature } from "./expectation.ts";
import { normalDensity } from "./normal.ts";

export interface Side {
  readonly mean: number;
  readonly variance: number;
  readonly breaks: readonly number[];
  readonly features?: readonly Feature[];
}

/** Where g's breaks and features show in the inner expectation, as a function of u. */
function seenFeatures(u: Side, v: Side, correlation: number, features: readonly Feature[]): Feature[] {
  const ratio = Math.sqrt(u.variance / v.variance) / correlation;
  const blur = (Math.sqrt(u.variance) * Math.sqrt((1 - correlation) * (1 + correlation))) / Math.abs(correlation);
  const seen = (at: number, scale: number): Feature => ({
    at: u.mean + (at - v.mean) * ratio,
    scale: Math.hypot(scale * ratio, blur),
  });
  return [...v.breaks.map((at) => seen(at, 0)), ...features.map(({ at, scale }) => seen(at, scale))];
}

const unit = (side: Side): readonly Feature[] =>
  side.features ?? [{ at: 0, scale: 1 }, ...side.breaks.map((at) => ({ at, scale: 1 }))];

/**
 * E[f(u)g(v)], u ~ N(first.mean, first.variance), v likewise, correlation in [−1, 1].
 *
 * @example
 * const side = { mean: 0, variance: 1, breaks: [0] };
 * expectation2(step, step, side, side, 0.5).value // 1/3
 */
export function expectation2(
  f: (u: number) => number,
  g: (v: number) => number,
  first: Side,
  second: Side,
  correlation: number,
): Expectation {
  if (!(Math.abs(correlation) <= 1))
    throw new RangeError(`expectation2: correlation must be in [-1, 1], got ${correlation}`);
  const su = Math.sqrt(first.variance);
  const sv = Math.sqrt(second.variance);
  if (su === 0 || sv === 0 || correlation === 0) {
    const a = expectation(f, first);
    const b = expectation(g, second);
    const error = Math.abs(a.value) * b.error + Math.abs(b.value) * a.error;
    return { value: a.value * b.value, error, evaluations: a.evaluations + b.evaluations };
  }
  const features = [...unit(first), ...seenFeatures(first, second, correlation, unit(second))];
  if (Math.abs(correlation) === 1) {
    const breaks = [
      ...first.breaks,
      ...second.breaks.map((at) => first.mean + ((at - second.mean) * su * correlation) / sv),
    ];
    const line = (x: number) => f(x) * g(second.mean + (correlation * sv * (x - first.mean)) / su);
    return expectation(line, {
      mean: first.mean,
      variance: first.variance,
      breaks,
      features: features.filter((p) => p.scale > 0),
    });
  }
  const rest = second.variance * (1 - correlation) * (1 + correlation);
  let evaluations = 0;
  const inner = (x: number): number => {
    const value = f(x);
    if (value === 0) return 0;
    const mean = second.mean + (correlation * sv * (x - first.mean)) / su;
    const given = expectation(g, { mean, variance: rest, breaks: second.breaks, features: unit(second) });
    evaluations += given.evaluations;
    return value * given.value;
  };
  const { value, error } = expectation(inner, {
    mean: first.mean,
    variance: first.variance,
    breaks: first.breaks,
    features,
  });
  return { value, error: error + 1e-14 * Math.abs(value), evaluations };
}

/** A function's jump of height `size` at x = `at`. */
export interface Jump {
  readonly at: number;
  readonly size: number;
}

/**
 * dE[f(u)g(v)]/dc = σ_u σ_v E[f'(u)g'(v)] (Price 1958), with f' and g' taken as distributions: `jumps` of f and g add
 * point masses to their derivatives. Infinite at |c| = 1 where two jumps meet.
 *
 * @param f,g the derivatives away from the jumps
 */
export function correlationSlope(
  f: (u: number) => number,
  g: (v: number) => number,
  first: Side,
  second: Side,
  correlation: number,
  jumps: { readonly first?: readonly Jump[]; readonly second?: readonly Jump[] } = {},
): number {
  const su = Math.sqrt(first.variance);
  const sv = Math.sqrt(second.variance);
  let sum = expectation2(f, g, first, second, correlation).value;
  const rest = (1 - correlation) * (1 + correlation);
  const given = (h: (x: number) => number, side: Side, t: number) =>
    expectation(h, {
      ...side,
      mean: side.mean + correlation * Math.sqrt(side.variance) * t,
      variance: side.variance * rest,
    }).value;
  for (const { at, size } of jumps.first ?? []) {
    const t = (at - first.mean) / su;
    sum += ((size * normalDensity(t)) / su) * given(g, second, t);
  }
  for (const { at, size } of jumps.second ?? []) {
    const t = (at - second.mean) / sv;
    sum += ((size * normalDensity(t)) / sv) * given(f, first, t);
  }
  for (const a of jumps.first ?? []) {
    for (const b of jumps.second ?? []) {
      const s = (a.at - first.mean) / su;
      const t = (b.at - second.mean) / sv;
      const density =
        rest > 0 ? bivariateDensity(s, t, correlation) : s === correlation * t ? Number.POSITIVE_INFINITY : 0;
      sum += (a.size * b.size * density) / (su * sv);
    }
  }
  return su * sv * sum;
}
