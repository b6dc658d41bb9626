/** What `-o` names: one file, by its suffix, or a sharded model. */

import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import { UsageError } from "./errors.ts";
import { suggestion } from "./nearest.ts";
import type { Shard } from "./options.ts";

const SUFFIXES = [".safetensors", ".onnx", ".npz"] as const;

export interface OutputOptions {
  readonly maxShardSize?: number;
  readonly shard?: Shard;
}

/** A folder that is there, ends in a slash, or has a name without a suffix. */
function isFolder(path: string): boolean {
  if (/[/\\]$/.test(path) || [".", ".."].includes(basename(path))) return true;
  return extname(path) === "" || isDirectory(path);
}

/** What cannot be looked at, such as a name below a file, is no folder; writing there says why. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Whether the weights go into several files with an index: into a folder, where a size is given, or where every rank of a launcher
 * got the same command and so the same name.
 */
export function isSharded(path: string, { maxShardSize, shard }: OutputOptions): boolean {
  return maxShardSize !== undefined || shard?.launcher !== undefined || isFolder(path);
}

/** The output is judged before anything is read. */
export function checkOutput(path: string, options: OutputOptions): void {
  if (path.trim() === "") throw new UsageError("-o: got an empty name, give a file or a folder");
  if (isFolder(path)) return;
  const suffix = extname(path).toLowerCase();
  if (!SUFFIXES.some((known) => known === suffix)) {
    const hint = suggestion(suffix, SUFFIXES);
    throw new UsageError(`-o: unknown kind of file ${JSON.stringify(path)}, ${hint}`);
  }
  if (isSharded(path, options) && suffix !== ".safetensors") {
    const option = options.maxShardSize === undefined ? "--shard auto" : "--max-shard-size";
    throw new UsageError(`${option}: only .safetensors is sharded, got ${JSON.stringify(path)}, give a folder`);
  }
}
