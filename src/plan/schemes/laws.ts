/** Distributions of mean 0 by their variance, in the three shapes that published rules use. */

import type { Initializer } from "../../init/types.ts";

/** Standard deviation of a unit normal cut at ±2 (JAX, Keras: 0.87962566103423978). */
export const STD_CUT_AT_2 = 0.8796256610342398;

/** U(±√(3·variance)). */
export function uniform(variance: number): Initializer {
  const bound = Math.sqrt(3 * variance);
  return { kind: "uniform", low: -bound, high: bound };
}

/** N(0, variance). */
export function normal(variance: number): Initializer {
  return { kind: "normal", mean: 0, std: Math.sqrt(variance) };
}

/** A normal cut at twice its own standard deviation; `variance` is what is left after the cut. */
export function truncated(variance: number): Initializer {
  const std = Math.sqrt(variance) / STD_CUT_AT_2;
  return { kind: "truncated-normal", mean: 0, std, low: -2 * std, high: 2 * std };
}

/** The same cut, where `variance` is meant before it (TensorFlow.js): 0.774 of it is left. */
export function truncatedBefore(variance: number): Initializer {
  const std = Math.sqrt(variance);
  return { kind: "truncated-normal", mean: 0, std, low: -2 * std, high: 2 * std };
}

export const zeros: Initializer = { kind: "zeros" };
export const ones: Initializer = { kind: "ones" };

export function constant(value: number): Initializer {
  if (value === 0) return zeros;
  return value === 1 ? ones : { kind: "constant", value };
}

export type Law = (variance: number) => Initializer;
