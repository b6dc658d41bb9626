/** Dense and normalization layers, forward and backward by the input, rows of samples in float32, sums in double. */

import type { NormalizeNode } from "../../../src/model/types.ts";

type Method = NormalizeNode["method"];

/** y = x Wᵀ + b; x [batch, in], W [out, in]. */
export function linearForward(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array | null,
  batch: number,
): Float32Array {
  const inputs = x.length / batch;
  const outputs = w.length / inputs;
  const y = new Float32Array(batch * outputs);
  for (let o = 0; o < outputs; o++) {
    const row = o * inputs;
    const shift = bias === null ? 0 : bias[o]!;
    for (let s = 0; s < batch; s++) {
      const from = s * inputs;
      // Four sums at once: each addition need not wait for the one before.
      let [a, b, c, d] = [shift, 0, 0, 0];
      let i = 0;
      for (; i + 3 < inputs; i += 4) {
        a += w[row + i]! * x[from + i]!;
        b += w[row + i + 1]! * x[from + i + 1]!;
        c += w[row + i + 2]! * x[from + i + 2]!;
        d += w[row + i + 3]! * x[from + i + 3]!;
      }
      for (; i < inputs; i++) a += w[row + i]! * x[from + i]!;
      y[s * outputs + o] = a + b + (c + d);
    }
  }
  return y;
}

/** dx = dy W. */
export function linearBackward(dy: Float32Array, w: Float32Array, batch: number): Float32Array {
  const outputs = dy.length / batch;
  const inputs = w.length / outputs;
  const dx = new Float32Array(batch * inputs);
  const sums = new Float64Array(inputs);
  for (let s = 0; s < batch; s++) {
    sums.fill(0);
    for (let o = 0; o < outputs; o++) {
      const g = dy[s * outputs + o]!;
      const row = o * inputs;
      for (let i = 0; i < inputs; i++) sums[i]! += g * w[row + i]!;
    }
    dx.set(sums, s * inputs);
  }
  return dx;
}

/** Which entries share statistics: those of a sample (layer, rms) or those of a feature (batch). */
function groups(length: number, method: Method, batch: number) {
  const features = length / batch;
  return method === "batch"
    ? { count: features, size: batch, at: (group: number, i: number) => i * features + group }
    : { count: batch, size: features, at: (group: number, i: number) => group * features + i };
}

/** Calls `visit` once a group with its mean (0 for rms) and 1/√(variance + ε). */
function eachGroup(
  x: Float32Array,
  method: Method,
  batch: number,
  epsilon: number,
  visit: (places: number[], mean: number, inverse: number) => void,
): void {
  const { count, size, at } = groups(x.length, method, batch);
  for (let group = 0; group < count; group++) {
    const places = Array.from({ length: size }, (_, i) => at(group, i));
    const mean = method === "rms" ? 0 : places.reduce((sum, i) => sum + x[i]!, 0) / size;
    const variance = places.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / size;
    visit(places, mean, 1 / Math.sqrt(variance + epsilon));
  }
}

/** At initial scale 1 and shift 0. */
export function normalizeForward(x: Float32Array, method: Method, batch: number, epsilon: number): Float32Array {
  const y = new Float32Array(x.length);
  eachGroup(x, method, batch, epsilon, (places, mean, inverse) => {
    for (const i of places) y[i] = (x[i]! - mean) * inverse;
  });
  return y;
}

/** dx = (dy − mean(dy) − x̂·mean(dy·x̂)) / deviation (Ioffe & Szegedy 2015); without the first mean for rms. */
export function normalizeBackward(
  dy: Float32Array,
  x: Float32Array,
  method: Method,
  batch: number,
  epsilon: number,
): Float32Array {
  const dx = new Float32Array(x.length);
  eachGroup(x, method, batch, epsilon, (places, mean, inverse) => {
    const normal = (i: number) => (x[i]! - mean) * inverse;
    const level = method === "rms" ? 0 : places.reduce((sum, i) => sum + dy[i]!, 0) / places.length;
    const tilt = places.reduce((sum, i) => sum + dy[i]! * normal(i), 0) / places.length;
    for (const i of places) dx[i] = (dy[i]! - level - normal(i) * tilt) * inverse;
  });
  return dx;
}
