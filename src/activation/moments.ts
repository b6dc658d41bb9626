/**
 * Moments of φ(z) and φ'(z), z ~ N(mean, variance): exact where a form is known (exact.ts), else by quadrature to 1e-12.
 *
 * φ'' is taken as a distribution: a kink of φ at b adds its change of slope × density(b), so that
 * dE[φ²]/dq = E[φ'²] + E[φφ''] holds for rectifiers too.
 */

import { expectation, expectations, normalDensity } from "../gaussian/index.ts";
import { exactMoments } from "./exact.ts";
import type { Activation } from "./types.ts";

export interface ActivationMoments {
  /** E[φ(z)]. */
  readonly mean: number;
  /** E[φ(z)²]. */
  readonly secondMoment: number;
  /** E[φ'(z)]. */
  readonly derivativeMean: number;
  /** E[φ'(z)²], jumps of φ left out. */
  readonly derivativeSecondMoment: number;
  /** E[φ(z)φ''(z)], kinks included; where φ jumps, what is left of dE[φ²]/dq after E[φ'²]. */
  readonly curvature: number;
  /** dE[φ(z)²]/d variance. */
  readonly secondMomentSlope: number;
  /** Estimated absolute error of secondMoment; 0 where it is exact. */
  readonly error: number;
  readonly evaluations: number;
}

export interface GaussianInput {
  /** Default 0. */
  readonly mean?: number;
  /** Variance, default 1. */
  readonly variance?: number;
}

/** What kinks add to E[φφ'']. */
function kinkTerms(activation: Activation, mean: number, sd: number): number {
  let sum = 0;
  for (const { at, size } of activation.bends) {
    sum += (activation.value(at) * size * normalDensity((at - mean) / sd)) / sd;
  }
  return sum;
}

/** φ''φ is judged against φ'², φ against φ². */
const PARTNERS = [1, 1, 3, 3, 3];

/** dE[φ²]/dq = E[φ²(t² − 1)]/(2q): needs no derivative, and does not cancel where φ levels off. */
function slopeByDensity({ value, breaks, features }: Activation, mean: number, variance: number): number {
  const sd = Math.sqrt(variance);
  const weighted = expectation(
    (x) => {
      const t = (x - mean) / sd;
      return value(x) ** 2 * (t - 1) * (t + 1);
    },
    { mean, variance, breaks, features },
  );
  return weighted.value / (2 * variance);
}

/** By quadrature alone: what `moments` falls back to, and what closed forms are tested against. */
export function quadratureMoments(
  activation: Activation,
  { mean = 0, variance = 1 }: GaussianInput = {},
): ActivationMoments {
  const { value, derivative, secondDerivative, breaks, features } = activation;
  const sd = Math.sqrt(variance);
  const { values, errors, evaluations } = expectations(
    (x, out) => {
      const v = value(x);
      const d = derivative(x);
      out[0] = v;
      out[1] = v * v;
      out[2] = d;
      out[3] = d * d;
      out[4] = v === 0 ? 0 : v * secondDerivative(x);
    },
    5,
    { mean, variance, breaks, features, partners: PARTNERS },
  );
  const [first, secondMoment, derivativeMean, derivativeSecondMoment, smooth] = values;
  const bent = smooth + (sd > 0 ? kinkTerms(activation, mean, sd) : 0);
  // By parts in z the slope is E[φ'²] + E[φφ'']; it cancels where φ levels off, and a jump of φ has no place in it.
  const cancels = secondMoment / variance < 1e-3 * (derivativeSecondMoment + Math.abs(bent));
  const byDensity = sd > 0 && (activation.jumps.length > 0 || cancels);
  const secondMomentSlope = byDensity ? slopeByDensity(activation, mean, variance) : derivativeSecondMoment + bent;
  return {
    mean: first,
    secondMoment,
    derivativeMean,
    derivativeSecondMoment,
    curvature: byDensity ? secondMomentSlope - derivativeSecondMoment : bent,
    secondMomentSlope,
    error: errors[1],
    evaluations,
  };
}

/**
 * Moments of an activation under a Gaussian.
 *
 * @param mean,variance of the pre-activation z (default 0 and 1)
 * @example moments(activationByName("relu")).secondMoment // 0.5
 */
export function moments(activation: Activation, input: GaussianInput = {}): ActivationMoments {
  const { mean = 0, variance = 1 } = input;
  const exact = exactMoments(activation, mean, variance);
  if (exact) return exact;
  if (mean !== 0) return quadratureMoments(activation, input);
  let kept = known.get(activation);
  if (!kept || kept.size >= KEPT) {
    kept = new Map();
    known.set(activation, kept);
  }
  let found = kept.get(variance);
  if (!found) {
    found = quadratureMoments(activation, input);
    kept.set(variance, found);
  }
  return found;
}

/** Maps ask for the same variances again and again: a grid is evaluated once an activation. */
const KEPT = 4096;
const known = new WeakMap<Activation, Map<number, ActivationMoments>>();

/** 1/√E[φ(Z)²], Z ~ N(0, 1): what He's √2 is to ReLU. */
export function gain(activation: Activation): number {
  return 1 / Math.sqrt(moments(activation).secondMoment);
}
