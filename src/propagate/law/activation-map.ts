/** How an activation carries moments: z ~ N(mean, variance) in, moments and correlations of φ(z) and φ'(z) out. */

import {
  type Activation,
  type ActivationMoments,
  type CorrelationMap,
  correlationMap,
  moments,
} from "../../activation/index.ts";

export interface ActivationMap extends ActivationMoments {
  /** d ln E[φ²] / d ln variance: how a relative error of the variance is passed on. */
  readonly growth: number;
  /** E[φ(u)φ(v)] for u, v of this mean and variance and correlation c, cut to [−1, 1]. */
  readonly product: (correlation: number) => number;
  /** E[φ'(u)φ'(v)]. */
  readonly slopeProduct: (correlation: number) => number;
}

const cut = (c: number): number => Math.max(-1, Math.min(1, c));

/** Moments now; the correlation map only when a correlation other than 1 is asked for. */
export function activationMap(activation: Activation, mean: number, variance: number): ActivationMap {
  const own = moments(activation, { mean, variance });
  let map: CorrelationMap | null = null;
  const side = { mean, variance };
  const at = () => (map ??= correlationMap(activation, side, side));
  return {
    ...own,
    growth: own.secondMoment === 0 ? 0 : (variance * own.secondMomentSlope) / own.secondMoment,
    product: (c) => (c >= 1 ? own.secondMoment : at().product(cut(c))),
    slopeProduct: (c) => (c >= 1 ? own.derivativeSecondMoment : at().slopeProduct(cut(c))),
  };
}
