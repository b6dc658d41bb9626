/**
 * The objective "balanced": least squares of a layer's log gains in both directions.
 *
 * From the pre-activation before (mean square q₋) to this one (q), a layer multiplies the signal by F = q/q₋ and the
 * gradient, on its way back, by B = fan_out·Var(W)·E[φ'(z₋)²] = F·(fan_out/fan_in)·χ(q₋), χ(q₋) = q₋·E[φ'²]/E[φ²].
 * (ln F)² + (ln B)² is least where F·B = 1: Var(W) is the geometric mean of the rule that keeps the signal and the one
 * that keeps the gradient (for linear units 1/√(fan_in·fan_out), where Glorot & Bengio 2010 take the harmonic mean of
 * 1/fan_in and 1/fan_out). Over layers of changing width the gains telescope: q·√width stays.
 */

import type { ActivationReference } from "../../model/types.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { momentsAt } from "./activation-moments.ts";
import type { Goal } from "./goals.ts";
import { gradientFactor, WORKING } from "./operating-point.ts";

export interface Balance {
  /** Mean square of the pre-activation before. */
  readonly before: number;
  /** B/F, whatever Var(W). */
  readonly ratio: number;
  /** Mean square wanted of this pre-activation. */
  readonly q: number;
  /** Whether the working range of the activation held q back. */
  readonly held: boolean;
}

/** Size and mean of the pre-activation that a weight's input came from. */
export interface PreActivation {
  readonly mean: number;
  readonly secondMoment: number;
}

/**
 * Where a weight behind an activation puts its output.
 *
 * @param usage with an activation in front, or another weight directly.
 * @param goal its operating point; one that is not level stays where it is.
 * @example balance(secondLayer, { mean: 0, secondMoment: 1 }, { point: null })?.q // √(fan_in/fan_out) for rectifiers
 */
export function balance(
  usage: ParameterUsage,
  { mean, secondMoment }: PreActivation,
  { point }: Pick<Goal, "point">,
): Balance | null {
  if (!(secondMoment > 0) || !Number.isFinite(secondMoment)) return null;
  const variance = Math.max(secondMoment - mean * mean, 0);
  const moments = usage.preceding
    ? momentsAt(usage.preceding.activation, mean, variance)
    : { secondMoment, derivativeSecondMoment: 1 };
  if (!(moments.secondMoment > 0) || !(moments.derivativeSecondMoment > 0)) return null;
  const { fanIn, fanOut } = usage.fans.true;
  const chi = (secondMoment * moments.derivativeSecondMoment) / moments.secondMoment;
  const ratio = (fanOut / fanIn) * chi;
  const free = secondMoment / Math.sqrt(ratio);
  // Where no size keeps the gradient over the whole run, drifting from layer to layer would help neither direction.
  if (point && !point.level) return { before: secondMoment, ratio, q: point.q, held: true };
  const q =
    !usage.activation || knowsNoScale(usage.activation.activation)
      ? free
      : Math.min(WORKING.most, Math.max(WORKING.least, free));
  return { before: secondMoment, ratio, q, held: q !== free };
}

interface Placed {
  readonly usage: ParameterUsage;
  readonly signals: ReadonlyMap<string, PreActivation> | null;
}

/** What was weighed for a weight, from the signals as they came out; null where only one direction counts. */
export function balanceOf({ usage, signals }: Placed, goal: Goal): Balance | null {
  const before = goal.weighs !== "both" || goal.after === null ? undefined : signals?.get(goal.after);
  return before ? balance(usage, before, goal) : null;
}

/** Rectifiers and linear units: what they do to a signal does not depend on its size. */
function knowsNoScale(reference: ActivationReference): boolean {
  return [WORKING.least, WORKING.most].every((q) => Math.abs(gradientFactor(reference, q).chi - 1) < 1e-9);
}
