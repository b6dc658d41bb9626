/** How an activation carries moments: z ~ N(mean, variance) in, moments and correlations of φ(z) and φ'(z) out. */

import {
  type Activation,
  type ActivationMoments,
  type CorrelationMap,
  correlationMap,
  moments,
} from "../../activation/index.ts";
import { bounded } from "./bounded.ts";
import { homogeneous } from "./form.ts";

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
function evaluate(activation: Activation, mean: number, variance: number): ActivationMap {
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

/** The map of a homogeneous activation at variance q and mean 0, from that at variance 1. */
function scaled(unit: ActivationMap, q: number): ActivationMap {
  const sd = Math.sqrt(q);
  return {
    ...unit,
    mean: unit.mean * sd,
    secondMoment: unit.secondMoment * q,
    error: unit.error * q,
    product: (c) => q * unit.product(c),
  };
}

interface Known {
  /** By mean, then variance. */
  readonly maps: Map<number, Map<number, ActivationMap>>;
  size: number;
}

/** Maps kept an activation: a correlation map holds a few hundred numbers, and a deep net asks for a few thousand. */
const KEPT = 4096;
const known = new WeakMap<Activation, Known>();

/**
 * The nearest number of 36 bits (Veltkamp 1968): arguments that differ by rounding share a map, and the map is taken at
 * what they share, so that which came first does not matter.
 */
function short(value: number): number {
  if (Math.abs(value) > 1e300) return value;
  const wide = 131073 * value;
  return wide - (wide - value);
}

/**
 * Moments and correlations of an activation at N(mean, variance), each computed once. The arguments count to eleven digits.
 *
 * @param variance ≥ 0
 */
export function activationMap(activation: Activation, mean: number, variance: number): ActivationMap {
  if (mean === 0 && variance > 0 && variance < Number.POSITIVE_INFINITY && homogeneous(activation))
    return scaled(remembered(activation, 0, 1), variance);
  return remembered(activation, short(bounded(mean)), short(Math.max(0, bounded(variance))));
}

function remembered(activation: Activation, mean: number, variance: number): ActivationMap {
  let kept = known.get(activation);
  if (!kept || kept.size >= KEPT) {
    kept = { maps: new Map(), size: 0 };
    known.set(activation, kept);
  }
  let row = kept.maps.get(mean);
  if (!row) {
    row = new Map();
    kept.maps.set(mean, row);
  }
  let map = row.get(variance);
  if (!map) {
    map = evaluate(activation, mean, variance);
    row.set(variance, map);
    kept.size++;
  }
  return map;
}
