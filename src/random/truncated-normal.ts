/**
 * Truncated normal float32 values by inversion: no rejection, so that every element keeps its address.
 *
 * With α = (low − mean)/std and β = (high − mean)/std, one of three ways, chosen by α and β alone:
 * - wide (α ≤ −7.5, β ≥ 7.5): the normal stream, which does not reach that far;
 * - usual (−2.001 ≤ α < 0 < β ≤ 2.001): one word a value, float32 operations, a rational function of p = 2Φ(z) − 1;
 * - other: two words a value, float64 operations, the inverse of the nearer tail (AS 241), exact in far tails too.
 */

import { upperTail } from "./elementary.ts";
import { clamp, float32Bounds } from "./float32.ts";
import type { Key } from "./key.ts";
import { fillNormal } from "./normal.ts";
import { tailQuantile } from "./quantile.ts";
import { visitWords } from "./words.ts";

const f = Math.fround;
const WIDE = 7.5;
const USUAL = 2.001;
const TWO_TO_MINUS_31 = 1 / 0x80000000;
const TWO_TO_MINUS_52 = 1 / 0x10000000000000;

/** z = p·N(t)/D(t), t = 1 − p², p = 2Φ(z) − 1, |z| ≤ 2: minimax fit 6.8e-8, in float32 arithmetic 4.5e-7. */
const N0 = f(0.0196834318);
const N1 = f(0.832283318);
const N2 = f(4.78041363);
const N3 = f(4.68321705);
const N4 = f(0.429067284);
const D0 = f(0.00632799976);
const D1 = f(0.363214135);
const D2 = f(2.85733867);
const D3 = f(4.34612083);

interface Cut {
  readonly mean: number;
  readonly std: number;
  readonly alpha: number;
  readonly beta: number;
  readonly lower: number;
  readonly upper: number;
}

function fillUsual(out: Float32Array, key: Key, start: number, cut: Cut): void {
  const pLow = 1 - 2 * upperTail(cut.alpha);
  const pHigh = 1 - 2 * upperTail(cut.beta);
  const middle = cut.alpha === -cut.beta ? 0 : f(pLow / 2 + pHigh / 2);
  const step = f(pHigh / 2 - pLow / 2) * TWO_TO_MINUS_31;
  const mean = f(cut.mean);
  const std = f(cut.std);
  const { lower, upper } = cut;
  visitWords(key, start, out.length, 1, (words, from, to, at) => {
    const shift = at - from;
    for (let i = from; i < to; i++) {
      const p = f(f(f(words[i]! | 1) * step) + middle);
      const t = f(f(1 - p) * f(1 + p));
      let top = f(f(N4 * t) + N3);
      top = f(f(top * t) + N2);
      top = f(f(top * t) + N1);
      top = f(f(top * t) + N0);
      let bottom = f(t + D3);
      bottom = f(f(bottom * t) + D2);
      bottom = f(f(bottom * t) + D1);
      bottom = f(f(bottom * t) + D0);
      const z = f(p * f(top / bottom));
      const value = f(f(z * std) + mean);
      out[shift + i] = clamp(value, lower, upper);
    }
  });
}

function fillOther(out: Float32Array, key: Key, start: number, cut: Cut): void {
  const below = upperTail(-cut.alpha);
  const above = upperTail(cut.beta);
  const mass = cut.alpha > 0 ? upperTail(cut.alpha) - above : upperTail(-cut.beta) - below;
  if (!(mass > 0))
    throw new RangeError(
      `fillTruncatedNormal: the interval from ${cut.alpha} to ${cut.beta} standard deviations holds no probability; move the bounds nearer to the mean`,
    );
  const { mean, std, lower, upper } = cut;
  visitWords(key, 2 * start, 2 * out.length, 1, (words, from, to, at) => {
    for (let i = from; i < to; i += 2) {
      const u = ((words[i]! >>> 12) * 0x100000000 + (words[i + 1]! >>> 0) + 0.5) * TWO_TO_MINUS_52;
      const p = below + u * mass;
      const q = above + (1 - u) * mass;
      const z = p < q ? -tailQuantile(Math.min(p, 0.5)) : tailQuantile(Math.min(q, 0.5));
      out[(at + i - from) / 2] = clamp(f(mean + std * z), lower, upper);
    }
  });
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
  if (!Number.isFinite(mean) || !Number.isFinite(std) || !(std > 0) || !(low < high))
    throw new RangeError(
      `fillTruncatedNormal: mean is finite, std positive and low < high, got ${mean}, ${std}, ${low}, ${high}`,
    );
  const [lower, upper] = float32Bounds(low, high);
  const alpha = (low - mean) / std;
  const beta = (high - mean) / std;
  if (alpha <= -WIDE && beta >= WIDE) {
    fillNormal(out, key, start, mean, std);
    for (let i = 0; i < out.length; i++) out[i] = clamp(out[i]!, lower, upper);
  } else if (-USUAL <= alpha && alpha < 0 && 0 < beta && beta <= USUAL)
    fillUsual(out, key, start, { mean, std, alpha, beta, lower, upper });
  else fillOther(out, key, start, { mean, std, alpha, beta, lower, upper });
}
