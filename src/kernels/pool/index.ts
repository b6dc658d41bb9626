/** Several threads for big draws. They start when work comes that pays for them, and never change a value. */

export { sharedFloat32 } from "./memory.ts";
export { encodedTiles, fillParallel, type ParallelOptions, type Stretch, threadsPay } from "./parallel.ts";
export { createPool, type Pool, withSharedPool } from "./pool.ts";
