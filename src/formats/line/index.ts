/** Architecture lines: a network in one line of text. */

export { readLine } from "./read.ts";
