/** SIMD fills and linear algebra: the values of `random`'s reference, bit for bit, at the speed of memory. */

export { type Fill, fillBits, fillNormal, fillTruncatedNormal, fillUniform, runFill } from "./fill.ts";
export { createReference, createSimd, type FormOptions, formColumns, type Reflections } from "./householder/index.ts";
export { type Narrow, narrow } from "./narrow.ts";
export {
  createPool,
  encodedTiles,
  fillParallel,
  type ParallelOptions,
  type Pool,
  type Stretch,
  sharedFloat32,
  sharedTiles,
  threadsPay,
  withSharedPool,
} from "./pool/index.ts";
export {
  BLOCK_NUMBERS,
  type BlockSums,
  blockSums,
  createSumsReference,
  createSumsSimd,
  type RowSums,
} from "./sums/index.ts";
