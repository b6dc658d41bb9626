/** Sharded models on disk: the index, and shards beside it and nowhere else. */

import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Model } from "../model/types.ts";
import { FormatError } from "./error.ts";
import { fileBytes, fileSource, insideFolder } from "./file-source.ts";
import { readPt } from "./pt/index.ts";
import { readSafetensors } from "./safetensors/index.ts";
import { joinShards, MAX_INDEX, parseShardIndex } from "./shards/index.ts";

/**
 * Opens a sharded model by its `*.index.json`. Shards are .safetensors or PyTorch files.
 *
 * @throws FormatError: a shard that is missing or lies outside the index's folder, tensors that are missing or come twice
 */
export function openShards(path: string): Model {
  const index = parseShardIndex(fileBytes(path, MAX_INDEX));
  const open = [...index.shards.keys()].map((name) => ({ name, model: openShard(shardPath(path, name), name) }));
  return joinShards(index, open, { name: basename(path) });
}

function shardPath(index: string, name: string): string {
  const real = insideFolder(
    dirname(index),
    name,
    () => new FormatError(`${index}: shard ${JSON.stringify(name)} leads outside the index's folder, copy it in`),
  );
  if (real === null)
    throw new FormatError(`${index}: shard ${JSON.stringify(name)} is missing, put it beside the index`);
  return real;
}

/** True where none of the shards is there. */
export function shardsMissing(index: string): boolean {
  const { shards } = parseShardIndex(fileBytes(index, MAX_INDEX));
  return [...shards.keys()].every((name) => !existsSync(join(dirname(index), name)));
}

/** Where the shards of an index lie, in the order of their names. @throws FormatError */
export function shardPaths(index: string): string[] {
  return [...parseShardIndex(fileBytes(index, MAX_INDEX)).shards.keys()].map((name) => shardPath(index, name));
}

function openShard(path: string, name: string): Model {
  const suffix = extname(name).toLowerCase();
  const source = fileSource(path);
  try {
    if (suffix === ".safetensors") return readSafetensors(source, { name });
    if ([".bin", ".pt", ".pth"].includes(suffix)) return readPt(source, { name });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`${name}: ${error.message.replace(/ \(byte \d+\)$/, "")}`, error.offset);
  }
  throw new FormatError(`shard ${JSON.stringify(name)}: must be .safetensors or a PyTorch file, convert it first`);
}
