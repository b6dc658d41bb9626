/** Inputs and cotangents of a measurement, from the library's own stream: the same on every machine. */

import { createKey, fillBits, fillNormal, type Seed } from "../random/index.ts";

/** Independent N(mean, std²) entries that depend on the seed, the name and the position alone. */
export function normalNoise(seed: Seed, name: string, length: number, mean: number, std: number): Float32Array {
  const out = new Float32Array(length);
  fillNormal(out, createKey(seed, streamName(name)), 0, mean, std);
  return out;
}

/** Uniform over 0 … bound − 1; the bias of the multiplication is below bound · 2⁻³². */
export function integerNoise(seed: Seed, name: string, length: number, bound: number): Int32Array {
  const bits = new Uint32Array(length);
  fillBits(bits, createKey(seed, streamName(name)), 0);
  return Int32Array.from(bits, (word) => Math.floor((word / 2 ** 32) * bound));
}

/** No parameter is called like this, so a measurement shares no numbers with the weights it measures. */
function streamName(name: string): string {
  return `epoch0 measurement: ${name}`;
}
