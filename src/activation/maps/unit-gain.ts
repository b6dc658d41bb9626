/** The standard deviation of z at which the activation hands on a unit second moment. */

import { moments } from "../moments.ts";
import type { Activation } from "../types.ts";
import { logGrid, roots } from "./solve.ts";

/**
 * Smallest s with E[φ(sZ)²] = 1, Z ~ N(0, 1); null out of reach (tanh never gets there). 1 where every s will do.
 *
 * @example unitGain(activationByName("relu")) // 1.4142135623730951
 */
export function unitGain(activation: Activation): number | null {
  const excess = (s: number) => moments(activation, { variance: s * s }).secondMoment - 1;
  const grid = logGrid(1e-6, 1e6, 4);
  const values = grid.map(excess);
  if (values.every((v) => Math.abs(v) < 1e-10)) return 1;
  // What approaches 1 without crossing it differs from 1 by less than rounding on the way: ask for a real crossing.
  const crosses = values.some((v) => v > 1e-9) && values.some((v) => v < -1e-9);
  return crosses ? (roots(excess, grid)[0] ?? null) : null;
}
