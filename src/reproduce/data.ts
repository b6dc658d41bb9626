/** The real data of the experiments: handwritten digits, each pixel standardised over all of them. */

import { digits } from "../race/data/index.ts";
import type { Samples } from "../run/index.ts";

export interface DigitSamples extends Samples {
  readonly inputs: Float32Array;
  readonly targets: Int32Array;
}

export const DIGIT_PIXELS = 64;
export const DIGIT_CLASSES = 10;

/**
 * The first `count` digits (writers are mixed in the file's own order); pixels have mean 0 and variance 1 over these,
 * and stay 0 where they are blank in all.
 */
export function standardDigits(count: number): DigitSamples {
  const all = digits();
  const inputs = all.inputs.slice(0, count * DIGIT_PIXELS);
  for (let pixel = 0; pixel < DIGIT_PIXELS; pixel++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < count; row++) {
      const value = inputs[row * DIGIT_PIXELS + pixel]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / count;
    const std = Math.sqrt(squares / count - mean * mean);
    for (let row = 0; row < count; row++) {
      const at = row * DIGIT_PIXELS + pixel;
      inputs[at] = std > 1e-6 ? (inputs[at]! - mean) / std : 0;
    }
  }
  return { count, inputs, targets: (all.labels ?? new Int32Array(0)).slice(0, count) };
}
