/**
 * Functions that are defined for positive arguments alone (roots, logarithms, quotients) on what is positive: norms, variances
 * and sums of exponentials. Such sums are taken as Gamma laws where no form is known; what two positions have in common
 * passes to first order, Cov(f(x), f(x')) = E[f']² Cov(x, x') cut to the variance.
 */

import type { Activation } from "../../activation/index.ts";
import { diagonal, type Kernel, mapCorrelations } from "../kernel/kernel.ts";
import { expectShape, gammaShape, isPositive, shapeThrough } from "../law/shape.ts";
import type { Part } from "../state/state.ts";

export function onHalfLine(activation: Activation, part: Part): { readonly part: Part; readonly slopes: Kernel } {
  const level = diagonal(part.kernel);
  const variance = Math.max(0, level - part.mean ** 2);
  const sd = Math.sqrt(variance);
  const shape =
    isPositive(part.shape, part.mean, sd) || variance === 0 ? part.shape : gammaShape(part.mean ** 2 / variance);
  // Below one atom's weight nothing is known of the law, and a rounding error below 0 a logarithm has no value.
  const lowest = Math.abs(part.mean) / 256;
  const on = { ...activation, value: (x: number) => activation.value(Math.max(lowest, x)) };
  const slopeAt = (x: number) => activation.derivative(Math.max(lowest, x));
  const formed = shapeThrough(on, shape, part.mean, sd);
  const slope = expectShape(shape, part.mean, sd, slopeAt);
  const slopeSquare = expectShape(shape, part.mean, sd, (x) => slopeAt(x) ** 2);
  const spreadOut = Math.max(0, formed.secondMoment - formed.mean ** 2);
  const gain = spreadOut === 0 ? 0 : Math.min(1, (slope ** 2 * variance) / spreadOut);
  const centred = (raw: number) => (variance === 0 ? 1 : (raw - part.mean ** 2) / variance);
  const moment = (raw: number) => formed.mean ** 2 + spreadOut * gain * centred(raw);
  const ratio = formed.secondMoment === 0 ? 0 : 1 / formed.secondMoment;
  const own: Part = {
    channels: part.channels,
    mean: formed.mean,
    kernel: {
      ...part.kernel,
      ...mapCorrelations(part.kernel, (c) => moment(c * level) * ratio),
      profile: Float64Array.of(formed.secondMoment),
    },
    between: moment(part.between),
    cross: moment(part.cross),
    spread: part.spread,
    freedom: part.freedom,
    shape: formed.shape,
  };
  const pair = slopeSquare === 0 ? 0 : slope ** 2 / slopeSquare;
  const slopes: Kernel = {
    ...part.kernel,
    ...mapCorrelations(part.kernel, (c) => pair + (1 - pair) * Math.max(0, centred(c * level))),
    profile: Float64Array.of(slopeSquare),
  };
  return { part: own, slopes };
}
