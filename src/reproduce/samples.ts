/** Random variables and blocks of them, from the library's own stream. */

import { createKey, fillNormal, fillUniform, type Seed } from "../random/index.ts";

/** No parameter is called like this, so an experiment's data share no numbers with its weights. */
const keyOf = (seed: Seed, name: string) => createKey(seed, `epoch0 reproduce: ${name}`);

/** A law of mean 0 and variance 1, and how far its fourth moment E[X⁴] is from the normal's 3. */
export interface UnitLaw {
  readonly name: string;
  readonly fourthMoment: number;
  readonly draw: (seed: Seed, name: string, count: number) => Float64Array;
}

export function normals(seed: Seed, name: string, count: number): Float64Array {
  const out = new Float32Array(count);
  fillNormal(out, keyOf(seed, name), 0, 0, 1);
  return Float64Array.from(out);
}

export function uniforms(seed: Seed, name: string, count: number, bound = 1): Float64Array {
  const out = new Float32Array(count);
  fillUniform(out, keyOf(seed, name), 0, -bound, bound);
  return Float64Array.from(out);
}

/** ±1, each with chance ½: the stream's uniforms are never 0. */
export function signs(seed: Seed, name: string, count: number): Float64Array {
  return uniforms(seed, name, count).map(Math.sign);
}

export const UNIT_LAWS: readonly UnitLaw[] = [
  { name: "normal", fourthMoment: 3, draw: normals },
  {
    name: "uniform",
    fourthMoment: 9 / 5,
    draw: (seed, name, count) => uniforms(seed, name, count, Math.sqrt(3)),
  },
  { name: "±1", fourthMoment: 1, draw: signs },
  {
    name: "exponential",
    fourthMoment: 9,
    // Never 0, so that the logarithm is finite; −1, which rounding gives once in 2²⁵, is 1 here.
    draw: (seed, name, count) => uniforms(seed, name, count).map((u) => -Math.log(Math.abs(u)) - 1),
  },
];

export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

export function momentsOf(values: Float64Array, from = 0, to = values.length): Moments {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  const mean = sum / (to - from);
  let squares = 0;
  for (let i = from; i < to; i++) squares += (values[i]! - mean) ** 2;
  return { mean, variance: squares / (to - from - 1) };
}

/** A number for each of `blocks` equal parts: independent samples of a statistic, for a t-test over them. */
export function byBlock(count: number, blocks: number, statistic: (from: number, to: number) => number): number[] {
  const size = Math.floor(count / blocks);
  return Array.from({ length: blocks }, (_, block) => statistic(block * size, (block + 1) * size));
}
