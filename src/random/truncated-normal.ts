/**
 * Truncated normal float32 values by inversion: no rejection, so that every element keeps its address.
 *
 * With α = (low − mean)/std and β = (high − mean)/std, one of five ways, chosen by α and β alone:
 * - wide (α ≤ −6.6, β ≥ 6.6): the normal stream, which does not reach that far;
 * - usual (−2.001 ≤ α < 0 < β ≤ 2.001): a rational function of p = 2Φ(z) − 1;
 * - broad (−3.001 ≤ α < 0 < β ≤ 3.001): the same of −ln(1 − p²);
 * - tailed (α ≤ 9, β ≥ −9): the usual function in the middle, and beyond two standard deviations a rational function of √(−ln q);
 * - far: two words a value, float64 operations, the inverse of the nearer tail (AS 241).
 *
 * All but the last take one word a value and float32 operations.
 */

import { upperTail } from "./elementary.ts";
import { clamp, float32Bounds } from "./float32.ts";
import type { Key } from "./key.ts";
import { fillNormal } from "./normal.ts";
import { fillCentral, fillFar, fillTailed } from "./truncated-fills.ts";

const f = Math.fround;
const WIDE = 6.6;
const USUAL = 2.001;
/** Where p = 2Φ(z) − 1 comes so near to 1 that its float32 moves z by 1.2e-6 of its size. */
const BROAD = 3.001;
const TAILED = 9;
const TWO_TO_MINUS_31 = 1 / 0x80000000;
/** Below it a float32 step of probability would lose digits. */
const LEAST_MASS = 2 ** -95;

interface Scale {
  readonly mean: number;
  readonly std: number;
  /** Bounds as float32, rounded inwards. */
  readonly lower: number;
  readonly upper: number;
}

/** How a cut is drawn, and with which numbers. All but those of "far" are float32. */
export type TruncatedWay =
  | (Scale & { readonly kind: "wide" })
  /** p = t·step + middle, t = float32(word | 1). */
  | (Scale & { readonly kind: "usual" | "broad"; readonly step: number; readonly middle: number })
  /** Φ(z) = below + t·step, 1 − Φ(z) = above + t'·step, t and t' from 0 to 2³¹. */
  | (Scale & { readonly kind: "tailed"; readonly below: number; readonly above: number; readonly step: number })
  /** Probabilities below, above and between the bounds. */
  | (Scale & { readonly kind: "far"; readonly below: number; readonly above: number; readonly mass: number });

/** @throws RangeError as `fillTruncatedNormal`. */
export function truncatedWay(mean: number, std: number, low: number, high: number): TruncatedWay {
  if (!Number.isFinite(mean) || !Number.isFinite(std) || !(std > 0) || !(low < high))
    throw new RangeError(
      `fillTruncatedNormal: mean is finite, std positive and low < high, got ${mean}, ${std}, ${low}, ${high}`,
    );
  const [lower, upper] = float32Bounds(low, high);
  const alpha = (low - mean) / std;
  const beta = (high - mean) / std;
  // Plus 0, so that a mean of −0 gives no value −0.
  const scale = { mean: f(mean) + 0, std: f(std), lower, upper };
  if (alpha <= -WIDE && beta >= WIDE) return { kind: "wide", ...scale };
  if (-BROAD <= alpha && alpha < 0 && 0 < beta && beta <= BROAD) {
    const kind = -USUAL <= alpha && beta <= USUAL ? "usual" : "broad";
    const pLow = 1 - 2 * upperTail(alpha);
    const pHigh = 1 - 2 * upperTail(beta);
    const middle = alpha === -beta ? 0 : f(pLow / 2 + pHigh / 2);
    return { kind, ...scale, middle, step: f(pHigh / 2 - pLow / 2) * TWO_TO_MINUS_31 };
  }
  const below = upperTail(-alpha);
  const above = upperTail(beta);
  const mass = alpha > 0 ? upperTail(alpha) - above : upperTail(-beta) - below;
  if (!(mass > 0))
    throw new RangeError(
      `fillTruncatedNormal: the interval from ${alpha} to ${beta} standard deviations holds no probability; move the bounds nearer to the mean`,
    );
  if (alpha <= TAILED && beta >= -TAILED && mass >= LEAST_MASS)
    return { kind: "tailed", ...scale, below: f(below), above: f(above), step: f(mass) * TWO_TO_MINUS_31 };
  return { kind: "far", lower, upper, mean, std, below, above, mass };
}

/**
 * Elements `start … start + out.length` of N(mean, std²) conditioned on low ≤ value ≤ high.
 *
 * @param std standard deviation before the cut, positive.
 * @param low, high absolute bounds, low < high; may be infinite. No value lies outside (rounded inwards to float32).
 * @throws RangeError for other numbers, or when the interval is so far out that float64 gives it no probability.
 * @example fillTruncatedNormal(new Float32Array(256), createKey(0, "w"), 0, 0, 0.02, -0.04, 0.04)
 */
export function fillTruncatedNormal(
  out: Float32Array,
  key: Key,
  start: number,
  mean: number,
  std: number,
  low: number,
  high: number,
): void {
  const way = truncatedWay(mean, std, low, high);
  switch (way.kind) {
    case "wide":
      fillNormal(out, key, start, mean, std);
      for (let i = 0; i < out.length; i++) out[i] = clamp(out[i]!, way.lower, way.upper);
      return;
    case "usual":
    case "broad":
      fillCentral(out, key, start, way);
      return;
    case "tailed":
      fillTailed(out, key, start, way);
      return;
    case "far":
      fillFar(out, key, start, way);
      return;
  }
}
