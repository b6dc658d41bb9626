/** The float32 inversions against the exact quantile of the same probability. */

import { expect, test } from "vitest";
import { upperTail } from "../../src/random/elementary.ts";
import { createKey, fillBits, fillTruncatedNormal } from "../../src/random/index.ts";
import { tailQuantile } from "../../src/random/quantile.ts";

const COUNT = 2 ** 16;
const words = new Uint32Array(COUNT);
fillBits(words, createKey(3, "inversion"), 0);

/** z of the word by float64 inversion of the nearer tail. */
function exact(word: number, low: number, high: number): number {
  const [below, above] = [upperTail(-low), upperTail(high)];
  const mass = low > 0 ? upperTail(low) - above : upperTail(-high) - below;
  const p = below + (((word >>> 1) + 0.5) / 2 ** 31) * mass;
  const q = above + (((~word >>> 1) + 0.5) / 2 ** 31) * mass;
  return p < q ? -tailQuantile(Math.min(p, 0.5)) : tailQuantile(Math.min(q, 0.5));
}

test.each([
  [-4, 4],
  [-2, 3.5],
  [-1, 5],
  [0, Number.POSITIVE_INFINITY],
  [2, 4],
  [5, 9],
  [9, Number.POSITIVE_INFINITY],
  [-9, -8.5],
  [Number.NEGATIVE_INFINITY, -4],
])("a cut at %s and %s: z within its bound", (low, high) => {
  const values = new Float32Array(COUNT);
  fillTruncatedNormal(values, createKey(3, "inversion"), 0, 0, 1, low, high);
  // In the middle a probability near ½ is rounded three times to 2⁻²⁵, and z moves by 1/φ(z) ≤ 18.6 of that; the rational
  // function adds 4.5e-7 of z. In the tails q has relative rounding errors of 3·2⁻²⁴, which move z by q/φ(z) < 0.5 of that;
  // logarithm and rational function add 1.5e-7 and 3e-7 of z, roundings eight times 2⁻²⁴.
  let worst = 0;
  values.forEach((value, i) => {
    const z = exact(words[i]!, low, high);
    const size = Math.abs(z);
    const bound = size < 2 ? (3 * 2 ** -25) / density(size) + 4.5e-7 * size : 1.5 * 2 ** -24 + 1.4e-6 * size;
    worst = Math.max(worst, Math.abs(value - z) / bound);
  });
  expect(worst).toBeLessThanOrEqual(1);
});

test.each([
  [-3, 3],
  [-2, 3],
  [-0.5, 2.5],
  [-2, 2],
  [-1, 0.25],
])("a central cut at %s and %s: z within its bound", (low, high) => {
  const values = new Float32Array(COUNT);
  fillTruncatedNormal(values, createKey(3, "inversion"), 0, 0, 1, low, high);
  const [below, above] = [upperTail(-low), upperTail(high)];
  const half = (1 - below - above) / 2;
  // p = 2Φ(z) − 1 is rounded five times to 2⁻²⁵, and z moves by 1/2φ(z) of that; the rational functions add 4.5e-7 of z in
  // float32 arithmetic, with a logarithm before it 6e-7; two more roundings of z.
  const most = (low < -2.001 || high > 2.001 ? 6e-7 : 4.5e-7) + 2 * 2 ** -24;
  let worst = 0;
  values.forEach((value, i) => {
    const t = (words[i]! | 0 | 1) / 2 ** 31;
    const [p, q] = [below + half * (1 + t), above + half * (1 - t)];
    const z = p < q ? -tailQuantile(p) : tailQuantile(Math.min(q, 0.5));
    worst = Math.max(worst, Math.abs(value - z) / ((2.5 * 2 ** -25) / density(z) + most * Math.abs(z)));
  });
  expect(worst).toBeLessThanOrEqual(1);
});

const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
