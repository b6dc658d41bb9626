/** .npy arrays: read and written. */

export { isNpy, NPY_PREFIX, type NpyHeader, npyDataOffset, parseNpyHeader } from "./header.ts";
export { decodeNpy, type NpyArray, readNpy } from "./read.ts";
export { npyHeader, writeNpy } from "./write.ts";
