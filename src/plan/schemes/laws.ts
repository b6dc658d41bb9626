/** Distributions of mean 0 by their variance, in the shapes that published rules use. */

import { constant as constantOf, type DistributionOptions, ofVariance } from "../../init/index.ts";
import type { Initializer } from "../../init/types.ts";

export type Law = (variance: number) => Initializer;

/** A parameter without elements has no fan, so its variance is no number; nothing is drawn. */
const lawOf =
  (distribution: "uniform" | "normal" | "truncated_normal", options: DistributionOptions = {}): Law =>
  (variance) =>
    ofVariance(Number.isFinite(variance) ? variance : 0, distribution, options);

/** U(±√(3·variance)). */
export const uniform = lawOf("uniform");

/** N(0, variance). */
export const normal = lawOf("normal");

/** A normal cut at twice its own standard deviation; `variance` is what is left after the cut. */
export const truncated = lawOf("truncated_normal");

/** The same cut, where `variance` is meant before it (TensorFlow.js): 0.774 of it is left. */
export const truncatedBefore = lawOf("truncated_normal", { stdOf: "parent" });

export const zeros: Initializer = { kind: "zeros" };
export const ones: Initializer = { kind: "ones" };

/** A constant, under the plainest kind that says it. */
export function constant(value: number): Initializer {
  if (value === 0) return zeros;
  return value === 1 ? ones : constantOf(value);
}
