/**
 * The variance map q' = σ_w²·E[φ(√q Z)²] + σ_b² (Poole 2016) and its fixed points. σ_w² = fan-in·Var(W).
 */

import { moments } from "../moments.ts";
import type { Activation } from "../types.ts";
import { logGrid, roots } from "./solve.ts";

export interface MeanField {
  /** σ_w² = fan-in · Var(W). */
  readonly weightVariance: number;
  /** σ_b² = Var(b). */
  readonly biasVariance: number;
}

export interface FixedPoint {
  readonly q: number;
  /** Slope of the variance map there: < 1 is stable. */
  readonly slope: number;
  readonly stable: boolean;
  /** χ₁ = σ_w²·E[φ'²]: how the gradient, and the distance of two near inputs, changes a layer. */
  readonly chi: number;
}

export interface FixedPoints {
  /** Ascending in q. */
  readonly points: readonly FixedPoint[];
  /** Every q is a fixed point (ReLU at σ_w² = 2, σ_b² = 0). */
  readonly continuum: boolean;
}

/** Fixed points are looked for between these. */
const LOWEST = 1e-10;
const HIGHEST = 1e10;
/** Two maps that agree to this everywhere are the same. */
const SAME = 1e-10;

/** q' for q. */
export function varianceMap(activation: Activation, { weightVariance, biasVariance }: MeanField, q: number): number {
  return weightVariance * moments(activation, { variance: q }).secondMoment + biasVariance;
}

/** χ₁ and the slope of the variance map at q: σ_w²E[φ'²] and σ_w²(E[φ'²] + E[φφ'']). */
export function stability(activation: Activation, weightVariance: number, q: number): { chi: number; slope: number } {
  const m = moments(activation, { variance: q });
  return { chi: weightVariance * m.derivativeSecondMoment, slope: weightVariance * m.secondMomentSlope };
}

function fixedPoint(activation: Activation, weightVariance: number, q: number): FixedPoint {
  const { chi, slope } = stability(activation, weightVariance, q);
  return { q, slope, stable: Math.abs(slope) < 1, chi };
}

/**
 * All fixed points of the variance map with q ≤ 1e10, ascending; q = 0 when φ(0) = 0 and σ_b² = 0 (its slope taken at 1e-10).
 *
 * @example fixedPoints(activationByName("tanh"), { weightVariance: 1.76095, biasVariance: 0.05 }).points[0].q // 0.57005
 */
export function fixedPoints(activation: Activation, field: MeanField): FixedPoints {
  const excess = (q: number) => varianceMap(activation, field, q) / q - 1;
  const grid = logGrid(LOWEST, HIGHEST, 4);
  if (grid.every((q) => Math.abs(excess(q)) < SAME)) {
    return { points: [{ ...fixedPoint(activation, field.weightVariance, 1), stable: false }], continuum: true };
  }
  const points = roots(excess, grid).map((q) => fixedPoint(activation, field.weightVariance, q));
  if (field.biasVariance === 0 && activation.value(0) === 0 && activation.jumps.every((jump) => jump.at !== 0)) {
    points.unshift({ ...fixedPoint(activation, field.weightVariance, LOWEST), q: 0 });
  }
  return { points, continuum: false };
}
