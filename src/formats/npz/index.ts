/** .npz archives: read into weights, written as a stream. */

export { type NpzArray, readNpz, readNpzArrays } from "./read.ts";
export { writeNpz } from "./write.ts";
