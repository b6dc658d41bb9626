/**
 * The size q of a pre-activation at which a chain of equal layers keeps its signal and changes its gradient least.
 *
 * With the signal level, n·Var(W) = q/E[φ(z)²], so the gradient's factor a layer is χ(q) = q·E[φ'(z)²]/E[φ(z)²],
 * z ~ N(0, q) (χ₁ of Schoenholz 2017 without bias). ReLU and linear units have χ = 1 at any q; tanh, GELU and their like
 * approach 1 as q falls, at the price of becoming linear; the logistic function stays far below 1.
 */

import { referenceKey } from "../../activation/index.ts";
import type { ActivationReference } from "../../model/types.ts";
import { momentsAt } from "./activation-moments.ts";

export interface OperatingPoint {
  /** Second moment of the pre-activation. */
  readonly q: number;
  /** Factor on the gradient's second moment, a layer. */
  readonly chi: number;
  /** E[φ(z)²] there. */
  readonly secondMoment: number;
  /** Whether the gradient stays within MOST_CHANGE over the depth asked for. */
  readonly level: boolean;
}

/**
 * Sizes of a pre-activation at which a curved activation is put to use: below, it would be a linear network in all but
 * name; above, it saturates, or pays for its width with the gradient.
 */
export const WORKING = { least: 0.05, most: 1 } as const;
/** Largest change of the gradient's mean square that a chain may have end to end: 10, about 3 in size. */
export const MOST_CHANGE = 10;
const BISECTIONS = 24;

/** χ(q) and E[φ²] at pre-activations of second moment q and mean 0. */
export function gradientFactor(reference: ActivationReference, q: number): { chi: number; secondMoment: number } {
  const { secondMoment, derivativeSecondMoment } = momentsAt(reference, 0, q);
  return { chi: secondMoment > 0 ? (q * derivativeSecondMoment) / secondMoment : 0, secondMoment };
}

const cache = new Map<string, OperatingPoint>();

/**
 * The largest q ≤ 1 at which `depth` layers change the gradient at most tenfold; where there is none, the q in
 * [0.05, 1] that changes it least.
 *
 * @param depth layers in a row without normalization or skip.
 * @example operatingPoint({ kind: "named", name: "relu", parameters: {} }, 50).q // 1
 */
export function operatingPoint(reference: ActivationReference, depth: number): OperatingPoint {
  const key = `${referenceKey(reference)}|${depth}`;
  let point = cache.get(key);
  if (!point) {
    point = search(reference, depth);
    cache.set(key, point);
  }
  return point;
}

function search(reference: ActivationReference, depth: number): OperatingPoint {
  const allowed = Math.log(MOST_CHANGE) / Math.max(1, depth);
  const at = (q: number): OperatingPoint => {
    const { chi, secondMoment } = gradientFactor(reference, q);
    return { q, chi, secondMoment, level: change(chi) <= allowed };
  };
  const top = at(WORKING.most);
  if (top.level) return top;
  const bottom = at(WORKING.least);
  if (!bottom.level) return change(bottom.chi) < change(top.chi) ? bottom : top;
  let level = bottom;
  let low = Math.log(WORKING.least);
  let high = Math.log(WORKING.most);
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    const point = at(Math.exp(middle));
    if (point.level) {
      level = point;
      low = middle;
    } else high = middle;
  }
  return level;
}

const change = (chi: number) => (chi > 0 ? Math.abs(Math.log(chi)) : Number.POSITIVE_INFINITY);
