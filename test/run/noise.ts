/** A small generator for tests: splitmix32 from the stream's name, Box–Muller. */

import type { Noise } from "../../src/run/index.ts";

export function testNoise(seed: number): Noise {
  return {
    normal(stream, length, mean, std) {
      const next = uniforms(`${seed} ${stream}`);
      return Float32Array.from({ length }, () => {
        const radius = Math.sqrt(-2 * Math.log(1 - next()));
        return mean + std * radius * Math.cos(2 * Math.PI * next());
      });
    },
    integers(stream, length, bound) {
      const next = uniforms(`${seed} ${stream}`);
      return Int32Array.from({ length }, () => Math.floor(next() * bound));
    },
  };
}

export function uniforms(stream: string): () => number {
  let state = 2166136261;
  for (const letter of stream) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  const word = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return () => (word() + (word() >>> 11) / 2 ** 21) / 2 ** 32;
}
