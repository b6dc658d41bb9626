/** The real data of the experiments: handwritten digits, as they are or with each pixel standardised over all of them. */

import { digits } from "../race/data/index.ts";
import type { Samples } from "../run/index.ts";

export interface DigitSamples extends Samples {
  readonly inputs: Float32Array;
  readonly targets: Int32Array;
}

export const DIGIT_PIXELS = 64;
export const DIGIT_CLASSES = 10;

/** The first `count` digits as they were scanned: pixels 0 … 16 (writers are mixed in the file's own order). */
export function rawDigits(count: number): DigitSamples {
  const all = digits();
  return {
    count,
    inputs: all.inputs.slice(0, count * DIGIT_PIXELS),
    targets: (all.labels ?? new Int32Array(0)).slice(0, count),
  };
}

/** The same with the mean of each pixel over these taken off. */
export function centredDigits(count: number): DigitSamples {
  return perPixel(rawDigits(count), (value, { mean }) => value - mean);
}

/** The same with mean 0 and variance 1; pixels that are blank in all stay 0. */
export function standardDigits(count: number): DigitSamples {
  return perPixel(rawDigits(count), (value, { mean, std }) => (std > 1e-6 ? (value - mean) / std : 0));
}

interface PixelMoments {
  readonly mean: number;
  readonly std: number;
}

function perPixel(data: DigitSamples, change: (value: number, moments: PixelMoments) => number): DigitSamples {
  const { count } = data;
  const inputs = data.inputs.slice();
  for (let pixel = 0; pixel < DIGIT_PIXELS; pixel++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < count; row++) {
      const value = inputs[row * DIGIT_PIXELS + pixel]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / count;
    const moments = { mean, std: Math.sqrt(squares / count - mean * mean) };
    for (let row = 0; row < count; row++) {
      const at = row * DIGIT_PIXELS + pixel;
      inputs[at] = change(inputs[at]!, moments);
    }
  }
  return { ...data, inputs };
}
