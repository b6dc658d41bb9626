/** Share of units that sit where an activation's slope is lost. */

import type { Activation } from "../../activation/index.ts";

/** A slope below this share of the steepest counts as saturated: the logistic curve's beyond |x| = 4.4. */
const LOST = 1 / 20;
const POINTS = 2001;
const REACH = 8;

/** P(φ'(z) = 0) and P(0 < |φ'(z)| < largest/20) for z ~ N(mean, variance), by the midpoint rule; error below 10⁻³. */
export function saturation(
  activation: Activation,
  mean: number,
  variance: number,
): { readonly saturated: number; readonly dead: number } {
  const sd = Math.sqrt(variance);
  let steepest = 0;
  for (let i = -400; i <= 400; i++) steepest = Math.max(steepest, Math.abs(activation.derivative(i / 40)));
  let saturated = 0;
  let dead = 0;
  let mass = 0;
  for (let i = 0; i < POINTS; i++) {
    const z = -REACH + (2 * REACH * (i + 0.5)) / POINTS;
    const weight = Math.exp(-0.5 * z * z);
    const slope = Math.abs(activation.derivative(mean + sd * z));
    mass += weight;
    if (slope === 0) dead += weight;
    else if (slope < LOST * steepest) saturated += weight;
  }
  return { saturated: saturated / mass, dead: dead / mass };
}
