/** How much arithmetic a file's tensors get, so that a check costs little more than reading, whatever the file is made of. */

import type { Model } from "../../model/types.ts";

/** Multiplications of one question about a tensor's lines (products of pairs, rank): 91 lines of 1,024. */
export const WORK = 4_194_304;
/** Those of all matrices of a file together: 32 of them get all that they want. */
const TOTAL = 134_217_728;
/** Multiplications for each number where shares are small: large tensors still get more than small ones. */
const A_NUMBER = 4;

/** Multiplications for a tensor of `count` numbers of this model. */
export function workFor({ parameters }: Pick<Model, "parameters">): (count: number) => number {
  let matrices = 0;
  for (const { shape } of parameters.values()) if (shape.length > 1) matrices++;
  const share = TOTAL / Math.max(1, matrices);
  return (count) => Math.min(WORK, Math.max(share, A_NUMBER * count));
}
