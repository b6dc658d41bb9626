/** Whether a measurement bears a prediction out, layer by layer. */

import type { Model } from "../model/types.ts";
import type { MeasuredSignal, Measurement } from "./measure.ts";
import type { Statistic } from "./statistics.ts";

/** What `verify` reads of a plan's layer. */
export interface PredictedLayer {
  readonly weight: string;
  readonly node: string;
  /** spread: predicted standard deviation of ln(second moment) between draws. Default 0. */
  readonly output: { readonly secondMoment: number; readonly spread?: number };
  readonly gradient: { readonly secondMoment: number };
}

export interface Comparison {
  readonly predicted: number;
  readonly measured: number;
  /** Standard deviation between draws, relative to `measured`. */
  readonly spread: number;
  /** |ln(measured / predicted)| in standard errors of the mean; Infinity where that error is 0. */
  readonly standardErrors: number;
  readonly ok: boolean;
}

export interface VerifiedLayer extends Comparison {
  readonly weight: string;
  readonly node: string;
  /** The tensor that was measured: the layer's pre-activation. */
  readonly tensor: string;
  readonly gradient: Comparison;
}

export interface Verification {
  readonly layers: readonly VerifiedLayer[];
  /** Every layer's output is as predicted. */
  readonly passed: boolean;
  /** Every layer's gradient too. */
  readonly gradientsPassed: boolean;
  readonly draws: number;
  readonly tolerance: { readonly modelling: number; readonly standardErrors: number };
}

/** Finite width and the Gaussian picture are wrong by some per cent: what a prediction may be off by. */
const MODELLING = 0.1;
/** Student's t with 7 degrees of freedom (8 draws) exceeds 4 in 0.5 % of the cases, the normal in 0.006 %. */
const STANDARD_ERRORS = 4;

/**
 * Sets the measured second moment beside the predicted one for every layer (DESIGN 6.2, `init.verify`). A comparison
 * holds if |ln(measured/predicted)| ≤ 0.1 + 4 · s/√draws: the first term is what the theory may be off by, the second the error of
 * the measured mean, to first order in the log. s is the spread between draws, relative to the mean: the measured one, or the
 * predicted where that is larger, since few draws of a skewed law (depth over narrow layers; Hanin 2018) mostly miss the large
 * ones and then understate mean and spread together.
 *
 * Errors: fewer than two draws (no error of the mean), or a layer that was not measured.
 */
export function verify(model: Model, layers: readonly PredictedLayer[], measurement: Measurement): Verification {
  if (measurement.draws < 2) {
    throw new Error(`verify: the spread needs draws, got ${measurement.draws}, measure with 2 or more`);
  }
  const nodes = new Map(model.nodes.map((node) => [node.name, node]));
  const rows = layers.map((layer): VerifiedLayer => {
    const tensor = nodes.get(layer.node)?.outputs.find((name) => measurement.signals.has(name));
    const measured: MeasuredSignal | undefined = tensor === undefined ? undefined : measurement.signals.get(tensor);
    if (tensor === undefined || measured === undefined) {
      throw new Error(`verify: layer ${layer.node} was not measured, got no signal of it, measure the same model`);
    }
    return {
      weight: layer.weight,
      node: layer.node,
      tensor,
      ...compare(layer.output, measured.secondMoment, measurement.draws),
      gradient: compare(layer.gradient, measured.gradientSecondMoment, measurement.draws),
    };
  });
  return {
    layers: rows,
    passed: rows.every((row) => row.ok),
    gradientsPassed: rows.every((row) => row.gradient.ok),
    draws: measurement.draws,
    tolerance: { modelling: MODELLING, standardErrors: STANDARD_ERRORS },
  };
}

function compare(
  { secondMoment: predicted, spread: expected = 0 }: PredictedLayer["output"],
  statistic: Statistic,
  draws: number,
): Comparison {
  const measured = statistic.mean;
  if (predicted === 0 && measured === 0) {
    return { predicted, measured, spread: 0, standardErrors: 0, ok: true };
  }
  const spread = statistic.std / measured;
  const error = Math.max(spread, expected) / Math.sqrt(draws);
  const distance = Math.abs(Math.log(measured / predicted));
  return {
    predicted,
    measured,
    spread,
    standardErrors: distance === 0 ? 0 : distance / error,
    ok: distance <= MODELLING + STANDARD_ERRORS * error,
  };
}
