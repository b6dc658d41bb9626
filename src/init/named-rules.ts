/** The published rules, each one line of the variance-scaling engine. Shapes are PyTorch's unless `layout` says otherwise. */

import type { Initializer } from "./types.ts";
import {
  type Distribution,
  type FanMode,
  type FanSource,
  type RuleOptions,
  varianceScaling,
} from "./variance-scaling.ts";

export interface HeOptions extends RuleOptions {
  /** Default "fan_in". */
  readonly mode?: FanMode;
  /** Factor on the standard deviation. Default √(2/(1 + negativeSlope²)). */
  readonly gain?: number;
  /** Slope of a leaky ReLU below 0. Default 0. */
  readonly negativeSlope?: number;
}

export interface GlorotOptions extends RuleOptions {
  /** Factor on the standard deviation. Default 1. */
  readonly gain?: number;
}

function he(distribution: Distribution, source: FanSource, options: HeOptions): Initializer {
  const { mode = "fan_in", negativeSlope = 0, gain } = options;
  const scale = gain === undefined ? 2 / (1 + negativeSlope * negativeSlope) : gain * gain;
  return varianceScaling({ ...options, scale, mode, distribution })(source, options);
}

/** Var = gain²/fan-in, gain² = 2/(1 + slope²): keeps E[a²] through (leaky) ReLU. He et al. 2015, eq. 10 and 14. */
export const heNormal = (source: FanSource, options: HeOptions = {}): Initializer => he("normal", source, options);

/** As `heNormal`, U(±gain·√(3/fan-in)). */
export const heUniform = (source: FanSource, options: HeOptions = {}): Initializer => he("uniform", source, options);

/** As `heNormal`, cut at two standard deviations (Keras and JAX call this one he_normal). */
export const heTruncatedNormal = (source: FanSource, options: HeOptions = {}): Initializer =>
  he("truncated_normal", source, options);

function glorot(distribution: Distribution, source: FanSource, options: GlorotOptions): Initializer {
  const { gain = 1 } = options;
  return varianceScaling({ ...options, scale: gain * gain, mode: "fan_avg", distribution })(source, options);
}

/** Var = gain²·2/(fan-in + fan-out): a compromise between signal and gradient. Glorot & Bengio 2010, eq. 16. */
export const glorotUniform = (source: FanSource, options: GlorotOptions = {}): Initializer =>
  glorot("uniform", source, options);

/** As `glorotUniform`, N(0, Var). */
export const glorotNormal = (source: FanSource, options: GlorotOptions = {}): Initializer =>
  glorot("normal", source, options);

/** As `glorotUniform`, cut at two standard deviations (Keras and JAX call this one glorot_normal). */
export const glorotTruncatedNormal = (source: FanSource, options: GlorotOptions = {}): Initializer =>
  glorot("truncated_normal", source, options);

const lecun = (distribution: Distribution, source: FanSource, options: RuleOptions) =>
  varianceScaling({ ...options, scale: 1, mode: "fan_in", distribution })(source, options);

/** Var = 1/fan-in. LeCun, Bottou, Orr & Müller 1998, section 4.6; for SELU: Klambauer et al. 2017. */
export const lecunNormal = (source: FanSource, options: RuleOptions = {}): Initializer =>
  lecun("normal", source, options);

/** As `lecunNormal`, U(±√(3/fan-in)). */
export const lecunUniform = (source: FanSource, options: RuleOptions = {}): Initializer =>
  lecun("uniform", source, options);

/** As `lecunNormal`, cut at two standard deviations (Keras and JAX call this one lecun_normal). */
export const lecunTruncatedNormal = (source: FanSource, options: RuleOptions = {}): Initializer =>
  lecun("truncated_normal", source, options);

/**
 * U(±1/√fan-in), Var = 1/(3·fan-in): the old heuristic, and PyTorch's default of Linear and Conv for weight
 * (kaiming_uniform_ with a = √5) and bias (pass the weight's fan-in).
 *
 * @example oneOverRootN({ fanIn: 784 }) // U(±0.0357)
 */
export const oneOverRootN = (source: FanSource, options: RuleOptions = {}): Initializer =>
  varianceScaling({ ...options, scale: 1 / 3, mode: "fan_in", distribution: "uniform" })(source, options);

/** PyTorch's default of `nn.Linear` and `nn.Conv*d`: see `oneOverRootN`. */
export const torchDefault = oneOverRootN;

export interface SirenOptions extends RuleOptions {
  /** First layer: U(±1/fan-in). Default false. */
  readonly first?: boolean;
  /** ω₀ in front of the sine, positive. Default 30. */
  readonly w0?: number;
}

/** Weights of sine layers: first U(±1/fan-in), later U(±√(6/fan-in)/ω₀). Sitzmann et al. 2020, section 3.2 and supplement 1. */
export function siren(source: FanSource, options: SirenOptions = {}): Initializer {
  const { first = false, w0 = 30 } = options;
  if (!Number.isFinite(w0) || w0 <= 0) throw new RangeError(`siren: w0 is positive and finite, got ${w0}`);
  if (!first)
    return varianceScaling({ ...options, scale: 2 / (w0 * w0), mode: "fan_in", distribution: "uniform" })(
      source,
      options,
    );
  const unit = varianceScaling({ ...options, scale: 1 / 3, mode: "fan_in", distribution: "uniform" })(source, options);
  // U(±1/√n) has the bound whose square is wanted.
  return unit.kind === "uniform" ? { ...unit, low: -unit.high * unit.high, high: unit.high * unit.high } : unit;
}

/**
 * `torch.nn.init.calculate_gain`, PyTorch's table: linear and sigmoid 1, tanh 5/3, relu √2, leaky_relu √(2/(1 + a²)),
 * selu 3/4.
 *
 * @param slope of leaky_relu. Default 0.01.
 * @throws RangeError for names that PyTorch does not know; `gain` of an activation is exact for any.
 */
export function torchGain(nonlinearity: string, { slope = 0.01 }: { readonly slope?: number } = {}): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.sqrt(2);
    case "leaky_relu":
      return Math.sqrt(2 / (1 + slope ** 2));
    case "selu":
      return 3 / 4;
  }
  if (nonlinearity === "sigmoid" || nonlinearity === "linear" || /^conv(_transpose)?[123]d$/.test(nonlinearity))
    return 1;
  throw new RangeError(
    `torchGain: PyTorch has no gain for ${JSON.stringify(nonlinearity)}; use the activation's exact gain instead`,
  );
}
