/** Everything about one activation in one document (`epoch0.gain/1`, DESIGN 6.2, with the maps). */

import { moments } from "../moments.ts";
import { recognise } from "../recognise.ts";
import { resolveActivation } from "../resolve.ts";
import type { Activation } from "../types.ts";
import { correlationMap } from "./correlation.ts";
import { type CriticalPoint, criticalPoint, edgeOfChaos } from "./critical.ts";
import { type DepthScales, depthScales, saturation } from "./depth.ts";
import { unitGain } from "./unit-gain.ts";
import { type FixedPoint, fixedPoints, varianceMap } from "./variance.ts";
import { verdict } from "./verdict.ts";

export interface FieldReport {
  readonly weightVariance: number;
  readonly biasVariance: number;
  readonly fixedPoints: readonly FixedPoint[];
  /** Every q is a fixed point. */
  readonly continuum: boolean;
  readonly depth: DepthScales;
}

export interface GainReport {
  readonly schema: "epoch0.gain/1";
  readonly activation: string;
  /** For an expression: the catalogue's name for this function; null where it has none, or where it was asked for by name. */
  readonly recognised: string | null;
  /** z ~ N(0, 1). */
  readonly moments: {
    readonly mean: number;
    readonly secondMoment: number;
    readonly derivativeMean: number;
    readonly derivativeSecondMoment: number;
    /** E[φφ''], kinks included. */
    readonly curvature: number;
    readonly error: number;
  };
  /** 1/√E[φ(Z)²]. */
  readonly gain: number;
  readonly unitGain: number | null;
  readonly critical: CriticalPoint | null;
  /** χ₁ when the weights have the gain: E[φ'²]/E[φ²] at q = 1. */
  readonly chiAtGain: number;
  /** Maps at the critical point, or at the gain where there is none. */
  readonly field: FieldReport;
  /**
   * At the level operating point, where E[φ(z)²] = 1 (z of variance 1 where that is out of reach) and the weights return
   * to it: its `lyapunov` is the ln of d ln E[φ²]/d ln q, its `tenfold` the layers in which an error of the signal grows tenfold.
   */
  readonly level: DepthScales;
  readonly edgeOfChaos: readonly CriticalPoint[];
  readonly saturation: { readonly saturated: number; readonly dead: number };
  /** Curves to draw: q → q' and c → c' at the field's fixed point. */
  readonly maps: {
    readonly variance: readonly { readonly from: number; readonly to: number }[];
    readonly correlation: readonly { readonly from: number; readonly to: number }[];
  };
  readonly breaks: readonly number[];
  readonly verdict: string;
}

const EDGE_BIAS_VARIANCES = [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

function correlationCurve(activation: Activation, weightVariance: number, biasVariance: number, q: number) {
  const at = { mean: 0, variance: q };
  const map = correlationMap(activation, at, at);
  const out = weightVariance * map.product(1) + biasVariance;
  return Array.from({ length: 41 }, (_, i) => {
    const from = -1 + i / 20;
    return { from, to: out > 0 ? (weightVariance * map.product(from) + biasVariance) / out : from };
  });
}

/** Depth scales where the layer reproduces its own second moment, q = σ_w²·E[φ²] without bias. */
function levelScales(activation: Activation, unit: number | null): DepthScales {
  const q = unit === null ? 1 : unit * unit;
  const { secondMoment } = moments(activation, { variance: q });
  return depthScales(activation, q / secondMoment, q);
}

function knownName(activation: Activation): string | null {
  if (activation.expression === null) return null;
  const reference = recognise(activation.expression);
  return reference.kind === "named" ? resolveActivation(reference).label : null;
}

/**
 * What `epoch0 gain` reports.
 *
 * @param biasVariance σ_b² of the critical point, default 0.05
 * @example gainReport(activationByName("tanh")).critical // σ_w² 1.76095, σ_b² 0.05, q 0.57005
 */
export function gainReport(
  activation: Activation,
  { biasVariance = 0.05 }: { readonly biasVariance?: number } = {},
): GainReport {
  const m = moments(activation);
  const critical = criticalPoint(activation, { biasVariance });
  const weightVariance = critical?.weightVariance ?? (m.secondMoment > 0 ? 1 / m.secondMoment : 1);
  const bias = critical?.biasVariance ?? 0;
  const field = { weightVariance, biasVariance: bias };
  const { points, continuum } = fixedPoints(activation, field);
  const q = critical?.q ?? 1;
  const depth = depthScales(activation, weightVariance, q);
  const share = saturation(activation);
  const unit = unitGain(activation);
  const facts = { activation, moments: m, critical, depth, saturation: share, biasVariance };
  const top = Math.max(2, 2 * q);
  return {
    schema: "epoch0.gain/1",
    activation: activation.label,
    recognised: activation.reference.kind === "expression" ? knownName(activation) : null,
    moments: {
      mean: m.mean,
      secondMoment: m.secondMoment,
      derivativeMean: m.derivativeMean,
      derivativeSecondMoment: m.derivativeSecondMoment,
      curvature: m.curvature,
      error: m.error,
    },
    gain: 1 / Math.sqrt(m.secondMoment),
    unitGain: unit,
    critical,
    chiAtGain: m.derivativeSecondMoment / m.secondMoment,
    field: { weightVariance, biasVariance: bias, fixedPoints: points, continuum, depth },
    level: levelScales(activation, unit),
    edgeOfChaos: edgeOfChaos(activation, EDGE_BIAS_VARIANCES),
    saturation: share,
    maps: {
      variance: Array.from({ length: 41 }, (_, i) => {
        const from = Math.max(1e-9, (top * i) / 40);
        return { from, to: varianceMap(activation, field, from) };
      }),
      correlation: correlationCurve(activation, weightVariance, bias, q > 0 ? q : 1e-6),
    },
    breaks: activation.breaks,
    verdict: verdict(facts),
  };
}
