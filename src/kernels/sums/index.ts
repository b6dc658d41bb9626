/** Sums of lines: one instance a thread, by SIMD where the numbers are float32 and the engine has it. */

import { createReference } from "./reference.ts";
import { createSimd } from "./simd.ts";
import type { BlockSums, Numbers } from "./types.ts";

export { createReference as createSumsReference } from "./reference.ts";
export { createSimd as createSumsSimd } from "./simd.ts";
export { BLOCK_NUMBERS, type BlockSums, type RowSums } from "./types.ts";

let simd: BlockSums | null | undefined;
let reference: BlockSums | undefined;

/** What sums such numbers, with the same bits wherever it runs. One block at a time: nobody else's is kept. */
export function blockSums(values: Numbers): BlockSums {
  if (values instanceof Float32Array) {
    if (simd === undefined) simd = createSimd();
    if (simd !== null) return simd;
  }
  reference ??= createReference();
  return reference;
}
