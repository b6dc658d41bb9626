/**
 * Haar-distributed orthonormal matrices, from + − × ÷ √ alone.
 *
 * Stewart 1980, "The efficient generation of random orthogonal matrices": the Q of a Gaussian matrix, signs chosen so
 * that R has a positive diagonal (Mezzadri 2007), is a product of Householder reflections of independent Gaussian
 * vectors of falling length. So no matrix need be factored: Q is formed from the reflections, which halves the work.
 */

import { type FormOptions, fillNormal, formColumns, type Reflections } from "../kernels/index.ts";
import type { Key } from "../random/index.ts";

/**
 * Reflection k maps a Gaussian vector x on entries k … length − 1 to a multiple of the k-th axis, of the sign opposite to
 * x's head, which goes to `signs`. The factor is that of the vector as rounded, so that the reflection is orthogonal.
 */
function gaussianReflections(key: Key, length: number, count: number, signs: Float64Array): Reflections {
  return {
    length,
    count,
    vectors(first, out, factors) {
      fillNormal(out, key, first * length, 0, 1);
      for (let j = 0; j < factors.length; j++) {
        const k = first + j;
        const end = (j + 1) * length;
        const at = j * length + k;
        out.fill(0, j * length, at);
        let rest = 0;
        for (let i = at + 1; i < end; i++) rest += out[i]! * out[i]!;
        const head = out[at]!;
        const sign = head < 0 ? 1 : -1;
        const rounded = Math.fround(head - sign * Math.sqrt(head * head + rest));
        const square = rounded * rounded + rest;
        out[at] = rounded;
        signs[k] = sign;
        factors[j] = square > 0 ? 2 / square : 0;
      }
    },
  };
}

/**
 * A rows × columns matrix, row-major float32, with orthonormal rows (rows ≤ columns) or columns, times gain.
 * The distribution is Haar's: multiplying by any fixed orthogonal matrix leaves it unchanged.
 */
export function drawOrthogonal(
  key: Key,
  rows: number,
  columns: number,
  gain: number,
  options: FormOptions = {},
): Float32Array {
  const out = new Float32Array(rows * columns);
  if (out.length === 0) return out;
  const [length, count] = rows >= columns ? [rows, columns] : [columns, rows];
  const signs = new Float64Array(count);
  const reflections = gaussianReflections(key, length, count, signs);
  const store = (tile: Float64Array, width: number, from: number, to: number) => {
    const [rowStep, columnStep] = rows >= columns ? [columns, 1] : [1, columns];
    for (let i = 0; i < length; i++)
      for (let c = from, at = i * rowStep + from * columnStep, q = i * width; c < to; c++, at += columnStep, q++)
        out[at] = gain * tile[q]!;
  };
  formColumns(reflections, signs, store, options);
  return out;
}
