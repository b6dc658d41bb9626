/** Where weights may be written (Node): never over what was read, never over what is no file. */

import { type Stats, statSync } from "node:fs";
import { sameFile } from "../formats/file.ts";
import { writeError } from "./write-atomic.ts";

function found(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw writeError(error, path);
  }
}

/** @throws Error where `path` is one of the model's own files, a folder, or no regular file */
export function checkPlace(path: string, sources: readonly string[]): void {
  if (sources.some((source) => sameFile(path, source))) {
    throw new Error(`write ${path}: this is the model's own file, write to another name`);
  }
  const there = found(path);
  if (there?.isDirectory()) throw new Error(`write ${path}: is a directory, name a file in it`);
  if (there !== undefined && !there.isFile())
    throw new Error(`write ${path}: is not a regular file, choose another name`);
}
