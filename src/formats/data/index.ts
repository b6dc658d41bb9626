/** Samples from .csv, .npy and .npz. */

export { readNpyData, readNpzData } from "./arrays.ts";
export { readCsv } from "./csv.ts";
export type { Data } from "./types.ts";
