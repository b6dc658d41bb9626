/**
 * Normalization of each head's few features (queries and keys; Henry et al. 2020): what its backward factor is in so few
 * dimensions. For x ~ N(0, σ²) of d features, ν = d − 1 (layer statistics) or d (RMS) degrees of freedom of s², k = 2 or 1
 * directions taken out, P the projection:
 *   E[1/s²] = ν/((ν − 2)σ²) (inverse χ²), and for two positions whose x̂ correlate by ρ
 *   E[tr PP']/E[tr P] = (1 − (k + 1 − ρ²)/d)/(1 − k/d),   E[1/(ss')]/E[1/s²] ≈ 1 − (1 − ρ²)/(2(ν − 2)),
 * so that keys' gradients, which softmax leaves with a sum of 0, have one behind their normalization.
 */

import type { NormalizeNode } from "../../model/types.ts";
import { type Kernel, mapCorrelations, uniformKernel } from "../kernel/kernel.ts";
import { channelsOf, type Part, type State } from "../state/state.ts";
import type { Scaling } from "./standardize.ts";

const freedomOf = (node: NormalizeNode, features: number): number => (node.method === "rms" ? features : features - 1);

/** Where every head has statistics of its own; fewer than four features have no mean of 1/s². */
export const isByHead = (node: NormalizeNode, by: Scaling, state: State): boolean =>
  by.positionwise && by.count < channelsOf(state) && freedomOf(node, by.count) > 2;

/** E[1/s²] over 1/E[s²]. */
export function inverseLiftOf(node: NormalizeNode, features: number): number {
  const freedom = freedomOf(node, features);
  return freedom / (freedom - 2);
}

/** What multiplies the covariance of the gradients of two positions, over what multiplies that of one. */
export function sharedByPositions(node: NormalizeNode, features: number, white: Part): Kernel {
  const directions = node.method === "rms" ? 1 : 2;
  const freedom = freedomOf(node, features);
  const ratio = (correlation: number): number => {
    const apart = 1 - correlation * correlation;
    const projections = (1 - (directions + apart) / features) / (1 - directions / features);
    return projections * (1 - apart / (2 * (freedom - 2)));
  };
  return { ...white.kernel, ...mapCorrelations(white.kernel, ratio), profile: uniformKernel([], 1, 1).profile };
}
