/** Several threads for big draws. They start when work comes that pays for them, and never change a value. */

export { sharedFloat32 } from "./memory.ts";
export { fillParallel, type ParallelOptions, threadsPay } from "./parallel.ts";
export { createPool, type Pool, withSharedPool } from "./pool.ts";
export { encodedTiles, type Stretch, sharedTiles } from "./tiles.ts";
