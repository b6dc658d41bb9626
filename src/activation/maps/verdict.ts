/** One sentence about an activation, with the number that decides. */

import type { ActivationMoments } from "../moments.ts";
import type { Activation } from "../types.ts";
import { type CriticalPoint, criticalPoint } from "./critical.ts";
import type { DepthScales } from "./depth.ts";

export interface Facts {
  readonly activation: Activation;
  /** At z ~ N(0, 1). */
  readonly moments: ActivationMoments;
  readonly critical: CriticalPoint | null;
  readonly depth: DepthScales;
  readonly saturation: { readonly saturated: number; readonly dead: number };
  readonly biasVariance: number;
}

const short = (v: number): string => String(Number(v.toPrecision(3)));

/** Critical only when most units' slopes are gone is no useful place to start. */
const DEEP_IN_SATURATION = 25;

/** A verdict in words: can signal and gradient be kept level together, where, and what it costs. */
export function verdict({ activation, moments, critical, depth, biasVariance }: Facts): string {
  const { secondMoment, derivativeSecondMoment } = moments;
  if (!(secondMoment > 0)) return `${activation.label} lets no signal through at unit variance.`;
  if (!Number.isFinite(secondMoment)) return `${activation.label} grows so fast that its second moment is infinite.`;
  if (derivativeSecondMoment === 0)
    return `${activation.label} is flat wherever it has a slope: no gradient passes, and no weight variance can help.`;
  const chi = derivativeSecondMoment / secondMoment;
  const trade = `with the forward signal held at 1 the gradient changes ×${short(chi)} a layer`;
  if (!critical) {
    const plain = criticalPoint(activation, { biasVariance: 0 });
    return plain
      ? `${activation.label} is level in both directions only without bias: σ_w² = ${short(plain.weightVariance)}, σ_b² = 0; at σ_b² = ${short(biasVariance)} there is no critical point.`
      : `${activation.label} has no critical point: ${trade}.`;
  }
  const place = `σ_w² = ${short(critical.weightVariance)}, σ_b² = ${short(critical.biasVariance)}`;
  if (critical.weightVariance > DEEP_IN_SATURATION) {
    return `${activation.label} reaches χ₁ = 1 only at σ_w² = ${short(critical.weightVariance)} (q = ${short(critical.q)}), deep in saturation; at unit variance, ${trade}: no weight variance helps at depth.`;
  }
  const heals = depth.tenfold === Number.POSITIVE_INFINITY;
  const drift = heals
    ? "an error of the signal's size does not grow"
    : `an error of the signal's size grows tenfold in ${short(depth.tenfold)} layers`;
  return `${activation.label} is critical at ${place}: signal and gradient stay level together, and ${drift}.`;
}
