/** How much arithmetic a file's tensors get, so that a check costs little more than reading, whatever the file is made of. */

import type { Model } from "../../model/types.ts";
import { SAMPLE } from "./types.ts";

export interface Effort {
  /** Multiplications of one question about a tensor's lines. */
  readonly work: number;
  /** Values in a tensor's sample. */
  readonly sample: number;
}

/** Multiplications of one question about a tensor's lines (products of pairs, rank): 91 lines of 1,024. */
export const WORK = 4_194_304;
/** Those of all matrices of a file together: 16 of them get all that they want. */
const TOTAL = 67_108_864;
/** Multiplications for each number where shares are small: large tensors still get more than small ones. */
const A_NUMBER = 2;

/** Values in the samples of a file together: 128 matrices get the largest sample. */
const SAMPLES = 4_194_304;
/** A Kolmogorov–Smirnov distance of 2.2/√4,096 = 0.034 has probability 1e-4: a uniform is 0.06 from the normal of its size. */
const FEWEST_SAMPLES = 4096;

/** What a tensor of `count` numbers of this model gets. */
export function effortFor({ parameters }: Pick<Model, "parameters">): (count: number) => Effort {
  let matrices = 0;
  for (const { shape } of parameters.values()) if (shape.length > 1) matrices++;
  const share = TOTAL / Math.max(1, matrices);
  const sample = Math.min(SAMPLE, Math.max(FEWEST_SAMPLES, Math.floor(SAMPLES / Math.max(1, matrices))));
  return (count) => ({ work: Math.min(WORK, Math.max(share, A_NUMBER * count)), sample });
}

/** Memory for one question's numbers, the same each time it is asked: what was there before is lost. */
export function workspace(): (count: number) => Float64Array {
  let held = new Float64Array(0);
  return (count) => {
    if (held.length < count) held = new Float64Array(2 * count);
    return held.subarray(0, count);
  };
}
