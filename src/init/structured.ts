/** Constructors of the kinds that are not variance scaling: constants, plain distributions, structure. */

import { exp, log } from "../random/index.ts";
import { cutMoments } from "./truncated-moments.ts";
import type { Fans, Initializer } from "./types.ts";

/** A number that is finite, or the named rule says why not. */
function finite(operation: string, word: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${operation}: ${word} is a finite number, got ${value}; choose another`);
}

function positive(operation: string, word: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${operation}: ${word} is positive and finite, got ${value}; choose another`);
}

function whole(operation: string, word: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${operation}: ${word} is a whole number from 1 up, got ${value}; choose another`);
}

export interface Centred {
  /** Subtract each row's mean after the draw. Default false. */
  readonly rowCentred?: boolean;
}

const centring = ({ rowCentred = false }: Centred) => (rowCentred ? { rowCentred } : {});

export const zeros = (): Initializer => ({ kind: "zeros" });
export const ones = (): Initializer => ({ kind: "ones" });
export const constant = (value: number): Initializer => ({
  kind: "constant",
  value: finite("constant", "value", value),
});

/** U[low, high]. */
export function uniform(low: number, high: number, options: Centred = {}): Initializer {
  finite("uniform", "low", low);
  finite("uniform", "high", high);
  if (low > high) throw new RangeError(`uniform: low is at most high, got ${low} and ${high}; swap them`);
  return { kind: "uniform", low, high, ...centring(options) };
}

/** N(mean, std²): `std` is the standard deviation. */
export function normal(mean: number, std: number, options: Centred = {}): Initializer {
  finite("normal", "mean", mean);
  if (std !== 0) positive("normal", "std", std);
  return { kind: "normal", mean, std, ...centring(options) };
}

export interface TruncatedNormalOptions extends Centred {
  /** Absolute bounds, as PyTorch's `trunc_normal_(a, b)`. Default: mean ± 2 standard deviations of the parent. */
  readonly low?: number;
  readonly high?: number;
  /** Whether `std` is the parent's, before the cut ("parent", default: PyTorch, TF.js), or the result's ("result"). */
  readonly stdOf?: "parent" | "result";
}

/**
 * N(mean, std²) conditioned on an interval.
 *
 * With `stdOf: "result"` and bounds left out the parent's is std/0.8796…; with given bounds around the mean at equal
 * distance d it is found by bisection, and must exist: std < d/√3, the uniform limit.
 *
 * @example truncatedNormal(0, 0.02, { low: -2, high: 2 }) // timm, ViT: a cut 100 standard deviations out
 */
export function truncatedNormal(mean: number, std: number, options: TruncatedNormalOptions = {}): Initializer {
  finite("truncatedNormal", "mean", mean);
  positive("truncatedNormal", "std", std);
  const parent = options.stdOf === "result" ? parentStd(mean, std, options) : std;
  const { low = mean - 2 * parent, high = mean + 2 * parent } = options;
  if (!(low < high))
    throw new RangeError(`truncatedNormal: low lies below high, got ${low} and ${high}; swap or move the bounds`);
  return { kind: "truncated-normal", mean, std: parent, low, high, ...centring(options) };
}

function parentStd(mean: number, std: number, { low, high }: TruncatedNormalOptions): number {
  if (low === undefined && high === undefined) return std / Math.sqrt(cutMoments(-2, 2).variance);
  const below = low === undefined ? Number.NaN : mean - low;
  const above = high === undefined ? Number.NaN : high - mean;
  if (!(Math.abs(below - above) <= 1e-9 * above) || !(std * Math.sqrt(3) < above))
    throw new RangeError(
      `truncatedNormal: stdOf "result" needs bounds at equal distances over √3·${std} from the mean, got ${low} and ${high}; give the parent's std`,
    );
  let lower = std;
  let upper = std;
  const left = (s: number) => s * Math.sqrt(cutMoments(-above / s, above / s).variance);
  while (left(upper) < std) upper *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (lower + upper) / 2;
    if (left(middle) < std) lower = middle;
    else upper = middle;
  }
  return upper;
}

/**
 * Orthonormal rows (rows ≤ columns) or columns, Haar-distributed, times gain; kernels flattened to rows.
 * Saxe, McClelland & Ganguli 2014; `blocks` equal parts along axis 0 are drawn independently.
 */
export function orthogonal({
  gain = 1,
  blocks = 1,
}: {
  readonly gain?: number;
  readonly blocks?: number;
} = {}): Initializer {
  finite("orthogonal", "gain", gain);
  return whole("orthogonal", "blocks", blocks) > 1
    ? { kind: "orthogonal", gain, blocks }
    : { kind: "orthogonal", gain };
}

/** [out, in, …k], out ≥ in: an orthogonal matrix at the centre tap, 0 elsewhere. Xiao et al. 2018, algorithm 1. */
export const deltaOrthogonal = ({ gain = 1 }: { readonly gain?: number } = {}): Initializer => ({
  kind: "delta-orthogonal",
  gain: finite("deltaOrthogonal", "gain", gain),
});

export const identity = ({ gain = 1 }: { readonly gain?: number } = {}): Initializer => ({
  kind: "identity",
  gain: finite("identity", "gain", gain),
});

/** Convolution that passes its channels on, group by group (`torch.nn.init.dirac_`). */
export const dirac = ({ groups = 1 }: { readonly groups?: number } = {}): Initializer => ({
  kind: "dirac",
  groups: whole("dirac", "groups", groups),
});

/** N(0, std²) with ceil(sparsity·rows) zeros in every column. Martens 2010; `torch.nn.init.sparse_`. */
export function sparse(sparsity: number, { std = 0.01 }: { readonly std?: number } = {}): Initializer {
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new RangeError(`sparse: sparsity is a share from 0 to 1, got ${sparsity}; choose another`);
  return { kind: "sparse", sparsity, std: positive("sparse", "std", std) };
}

/** Rows of length β = 0.7·H^(1/n), H units with n inputs, in random directions. Nguyen & Widrow 1990. */
export function nguyenWidrow({ fanIn, fanOut }: Fans): Initializer {
  positive("nguyenWidrow", "fanIn", fanIn);
  positive("nguyenWidrow", "fanOut", fanOut);
  return { kind: "nguyen-widrow", beta: 0.7 * exp(log(fanOut) / fanIn) };
}

/** Upsampling filters on the channel diagonal of a transposed convolution. Long, Shelhamer & Darrell 2015. */
export const bilinear = (): Initializer => ({ kind: "bilinear" });

/** Deterministic rows of sines with standard deviation √(2/(fan-in + fan-out)). Fernández-Hernández et al. 2025. */
export function sinusoidal({ fanIn, fanOut }: Fans): Initializer {
  return { kind: "sinusoidal", std: Math.sqrt(2 / positive("sinusoidal", "fanIn + fanOut", fanIn + fanOut)) };
}

/**
 * Bias of an LSTM: one gate's block at a value, the others 0. Gers, Schmidhuber & Cummins 2000; Jozefowicz et al. 2015.
 *
 * @param hidden units of a gate; the bias has gates.length·hidden elements.
 * @param options.gates order in the parameter. Default PyTorch's i f g o (also Keras': i f c o).
 * @example forgetGateBias(128) // 128 zeros, 128 ones, 256 zeros
 */
export function forgetGateBias(
  hidden: number,
  { value = 1, gates = ["i", "f", "g", "o"] }: { readonly value?: number; readonly gates?: readonly string[] } = {},
): Initializer {
  whole("forgetGateBias", "hidden", hidden);
  finite("forgetGateBias", "value", value);
  if (!gates.includes("f"))
    throw new RangeError(`forgetGateBias: the gates must include "f", got ${gates.join(" ")}; name the forget gate f`);
  return {
    kind: "blocks",
    parts: gates.map((gate) => ({ size: hidden, initializer: gate === "f" ? constant(value) : zeros() })),
  };
}
