/** Samples from .csv, .npy and .npz. */

export { readNpyData, readNpzData, readNpzNamedData } from "./arrays.ts";
export { readCsv } from "./csv.ts";
export type { Data, NamedData } from "./types.ts";
