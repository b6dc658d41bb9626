/** Node's worker threads without importing them: the same file is loaded by browsers. */

import type * as NodeThreads from "node:worker_threads";

export function nodeThreads(): typeof NodeThreads | null {
  // Absent in browsers, where `process` may be a bundler's stand-in.
  if (typeof process === "undefined" || typeof process.getBuiltinModule !== "function") return null;
  return process.getBuiltinModule("node:worker_threads");
}
