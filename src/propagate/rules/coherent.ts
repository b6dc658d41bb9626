/** The part of a shared weight's gradient that its own activation brings (law/scatter.ts). */

import { type Context, stateOf, totalKernel } from "../context.ts";
import { diagonal, positions } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf } from "../law/form.ts";
import { curvatureProduct, sumOverOthers } from "../law/scatter.ts";
import { activationAfter, winnersMean } from "./coupling.ts";

/**
 * Σ over pairs of positions of the covariance between E[δ_p δ_p'] and the overlap of the inputs, over `averaged`, the
 * relative scatter of that overlap: E[φ''φ'']·(E[z²] − E[b²])·E[δ δ']. To be multiplied by E[a²] and the scatter.
 */
export function coherentPairs(context: Context, output: string, biasSecond: number): number {
  const found = activationAfter(context, output);
  const gradient = found && context.gradients.get(found.node.outputs[0])?.[0];
  const own = stateOf(context, output).parts[0];
  if (!found || !gradient || positions(own.kernel) === 1) return 0;
  const part = stateOf(context, found.node.inputs[0]).parts[0];
  const variance = diagonal(part.kernel) - part.mean ** 2;
  if (variance <= 0 || part.kernel.sizes.length !== gradient.kernel.sizes.length) return 0;
  const activation = activationOf(context, found.node);
  const share = Math.max(0, diagonal(own.kernel) - biasSecond);
  const centred = (raw: number) => (raw * diagonal(part.kernel) - part.mean ** 2) / variance;
  if (gradient.selected) {
    const mean = winnersMean(activation, gradient.selected.law, part.mean, Math.sqrt(variance));
    return (
      (share * found.gain * mean * mean * sumOverOthers(gradient.selected.kernel, part.kernel, () => 1)) / variance
    );
  }
  const map = activationMap(activation, part.mean, variance);
  const known = new Map<number, number>();
  const curvature = (raw: number): number => {
    const value = known.get(raw) ?? curvatureProduct(map, variance, centred(raw));
    known.set(raw, value);
    return value;
  };
  return share * found.gain * sumOverOthers(totalKernel(gradient), part.kernel, curvature);
}
