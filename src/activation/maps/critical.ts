/**
 * The edge of chaos: χ₁ = σ_w²·E[φ'(z)²] = 1 at a fixed point q of the variance map (Poole 2016; Schoenholz 2017;
 * Hayou 2019). Both conditions together leave one equation in q: q − σ_b² = E[φ²]/E[φ'²].
 */

import { moments } from "../moments.ts";
import type { Activation } from "../types.ts";
import { logGrid, roots } from "./solve.ts";

export interface CriticalPoint {
  /** σ_w² = fan-in · Var(W). */
  readonly weightVariance: number;
  readonly biasVariance: number;
  /** The fixed point: second moment of the pre-activation. 0: the limit q → 0. */
  readonly q: number;
}

const LOWEST = 1e-8;
const HIGHEST = 1e8;
/** E[φ²]/(q·E[φ'²]) within this of 1 for all q: homogeneous, as ReLU is. */
const SAME = 1e-10;

/** (q − σ_b²)·E[φ'²]/E[φ²] − 1: zero on the edge of chaos. */
function balance(activation: Activation, biasVariance: number): (q: number) => number {
  return (q) => {
    const { secondMoment, derivativeSecondMoment } = moments(activation, { variance: q });
    if (!(secondMoment > 0) || !Number.isFinite(secondMoment)) return Number.NaN;
    return ((q - biasVariance) * derivativeSecondMoment) / secondMoment - 1;
  };
}

const KEPT = 512;
const known = new WeakMap<Activation, Map<number, CriticalPoint | null>>();

/**
 * The edge of chaos at a given bias variance, the one of smallest q; null where there is none.
 * At σ_b² = 0 a homogeneous activation is critical at every q (q = 1 is returned), and one with φ(0) = 0 and a
 * slope there is critical in the limit q → 0 (q = 0 is returned).
 *
 * @example criticalPoint(activationByName("tanh"), { biasVariance: 0.05 }) // σ_w² 1.76095, q 0.57005
 * @example criticalPoint(activationByName("relu"), { biasVariance: 0 }) // σ_w² 2
 */
export function criticalPoint(
  activation: Activation,
  { biasVariance = 0.05 }: { readonly biasVariance?: number } = {},
): CriticalPoint | null {
  if (!(biasVariance >= 0 && Number.isFinite(biasVariance))) {
    throw new RangeError(`criticalPoint: bias variance must be finite and not negative, got ${biasVariance}`);
  }
  let points = known.get(activation);
  if (!points || points.size > KEPT) {
    points = new Map();
    known.set(activation, points);
  }
  let point = points.get(biasVariance);
  if (point === undefined) {
    point = search(activation, biasVariance);
    points.set(biasVariance, point);
  }
  return point;
}

function search(activation: Activation, biasVariance: number): CriticalPoint | null {
  const f = balance(activation, biasVariance);
  const grid = logGrid(LOWEST, HIGHEST, 4).filter((q) => q > biasVariance);
  if (biasVariance === 0) {
    const values = grid.map(f);
    const weightVariance = 1 / moments(activation, { variance: 1 }).derivativeSecondMoment;
    if (values.every((v) => Math.abs(v) < SAME)) return { weightVariance, biasVariance, q: 1 };
    const slope = origin(activation);
    if (slope !== null) return { weightVariance: 1 / slope, biasVariance, q: 0 };
  } else grid.unshift(biasVariance * (1 + 1e-9));
  const [q] = roots(f, grid);
  if (q === undefined) return null;
  const { derivativeSecondMoment } = moments(activation, { variance: q });
  return { weightVariance: 1 / derivativeSecondMoment, biasVariance, q };
}

/** lim E[φ'(√q Z)²] for q → 0 where φ(0) = 0 and φ is not flat there (half of each side's squared slope at a kink); else null. */
function origin(activation: Activation): number | null {
  if (activation.value(0) !== 0 || activation.jumps.some((jump) => jump.at === 0)) return null;
  const near = 1e-13;
  const slope = (activation.derivative(-near) ** 2 + activation.derivative(near) ** 2) / 2;
  return slope > 1e-12 ? slope : null;
}

/** The edge of chaos over bias variances; points where it does not exist are left out. */
export function edgeOfChaos(activation: Activation, biasVariances: readonly number[]): CriticalPoint[] {
  return biasVariances.flatMap((biasVariance) => criticalPoint(activation, { biasVariance }) ?? []);
}
