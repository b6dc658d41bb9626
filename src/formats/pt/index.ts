/** PyTorch state dicts and checkpoints. */

export { readPt } from "./read.ts";
