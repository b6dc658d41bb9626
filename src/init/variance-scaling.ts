/**
 * The one engine behind the named rules: variance = scale / fan, in one of three shapes of distribution.
 * Source of the form: `jax.nn.initializers.variance_scaling`, Keras `VarianceScaling`.
 */

import { type FanOptions, fans } from "./fans.ts";
import { STD_OF_CUT_AT_2 } from "./truncated-moments.ts";
import type { Fans, Initializer } from "./types.ts";

export type FanMode = "fan_in" | "fan_out" | "fan_avg" | "fan_geo_avg";
export type Distribution = "uniform" | "normal" | "truncated_normal";

/** A weight's shape, or its fans where they are known (the one that the rule uses is enough). */
export type FanSource = readonly number[] | Partial<Fans>;

export interface DistributionOptions {
  /**
   * Truncated normal, cut at ±2 of the parent's standard deviation: whether the rule's variance is the parent's, before
   * the cut ("parent": TF.js), or what is left after it ("result", default: JAX, Keras, the parent's σ divided by
   * 0.87962566103423978).
   */
  readonly stdOf?: "parent" | "result";
  /** Subtract each row's mean after the draw. Default false. */
  readonly rowCentred?: boolean;
}

/** Options of every named rule: how fans are counted, and the distribution's. */
export interface RuleOptions extends FanOptions, DistributionOptions {}

export interface VarianceScalingOptions extends DistributionOptions {
  /** Variance times fan, positive. Default 1. */
  readonly scale?: number;
  /** Default "fan_in". */
  readonly mode?: FanMode;
  /** Default "truncated_normal". */
  readonly distribution?: Distribution;
}

const isShape = (source: FanSource): source is readonly number[] => Array.isArray(source);

function fanOf(source: FanSource, mode: FanMode, options: FanOptions): number {
  const { fanIn, fanOut } = isShape(source) ? fans(source, options) : source;
  const need = (value: number | undefined, word: string): number => {
    if (value !== undefined && Number.isFinite(value) && value > 0) return value;
    throw new RangeError(`varianceScaling: ${mode} needs a positive ${word}, got ${value}; pass a shape or ${word}`);
  };
  switch (mode) {
    case "fan_in":
      return need(fanIn, "fanIn");
    case "fan_out":
      return need(fanOut, "fanOut");
    case "fan_avg":
      return (need(fanIn, "fanIn") + need(fanOut, "fanOut")) / 2;
    case "fan_geo_avg":
      return Math.sqrt(need(fanIn, "fanIn") * need(fanOut, "fanOut"));
  }
}

/**
 * A distribution of mean 0 and the given variance.
 *
 * @param variance of one element, not negative.
 * @example ofVariance(1 / 3, "uniform") // U(±1)
 */
export function ofVariance(
  variance: number,
  distribution: Distribution,
  { stdOf = "result", rowCentred = false }: DistributionOptions = {},
): Initializer {
  if (!Number.isFinite(variance) || variance < 0)
    throw new RangeError(`ofVariance: a variance is finite and not negative, got ${variance}`);
  const centred = rowCentred ? { rowCentred } : {};
  if (variance === 0) return { kind: "zeros" };
  if (distribution === "uniform") {
    const bound = Math.sqrt(3 * variance);
    return { kind: "uniform", low: -bound, high: bound, ...centred };
  }
  if (distribution === "normal") return { kind: "normal", mean: 0, std: Math.sqrt(variance), ...centred };
  const std = Math.sqrt(variance) / (stdOf === "result" ? STD_OF_CUT_AT_2 : 1);
  return { kind: "truncated-normal", mean: 0, std, low: -2 * std, high: 2 * std, ...centred };
}

/**
 * An initializer of mean 0 and variance scale/fan.
 *
 * @returns a function of the weight's shape (or fans) and of how fans are counted.
 * @throws RangeError when the fan that `mode` needs is missing or not positive, or the scale is not positive.
 * @example varianceScaling({ scale: 2, mode: "fan_in", distribution: "normal" })([256, 784])
 */
export function varianceScaling(
  options: VarianceScalingOptions = {},
): (source: FanSource, fanOptions?: FanOptions) => Initializer {
  const { scale = 1, mode = "fan_in", distribution = "truncated_normal" } = options;
  if (!Number.isFinite(scale) || scale <= 0)
    throw new RangeError(`varianceScaling: scale is positive and finite, got ${scale}; choose another`);
  return (source, fanOptions = {}) => ofVariance(scale / fanOf(source, mode, fanOptions), distribution, options);
}
