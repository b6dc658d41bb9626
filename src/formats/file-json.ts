/** JSON files on disk: an index, a configuration, a list of shapes; told apart by what is in them. */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Model } from "../model/types.ts";
import { FormatError } from "./error.ts";
import { openShards, shardPaths, shardsMissing } from "./file-shards.ts";
import { fileBytes, fileSource, insideFolder } from "./file-source.ts";
import { MAX_CONFIG, readConfig } from "./huggingface/index.ts";
import { type Json, readKeras, readTfjs, tfjsFiles } from "./keras/index.ts";
import { jsonKindOf } from "./kind.ts";
import { MAX_SHAPES, readShapes } from "./shapes/index.ts";
import { MAX_INDEX, parseShardIndex } from "./shards/index.ts";

const INDEXES = ["model.safetensors.index.json", "pytorch_model.bin.index.json"] as const;
/** In the order in which Hugging Face's loaders look. */
const WEIGHTS = ["model.safetensors", INDEXES[0], "pytorch_model.bin", INDEXES[1]] as const;
const CONFIG = "config.json";

/** The file in `folder` of that name, unless it leads out of it. */
function beside(folder: string, name: string): string | null {
  return insideFolder(
    folder,
    name,
    () => new FormatError(`${join(folder, name)}: leads outside its folder, copy it in`),
  );
}

function indexOf(config: string) {
  for (const name of INDEXES) {
    const path = beside(dirname(config), name);
    if (path !== null) return { path, index: parseShardIndex(fileBytes(path, MAX_INDEX)) };
  }
  return null;
}

function openConfig(path: string): Model {
  return readConfig(fileBytes(path, MAX_CONFIG), { name: basename(path), index: indexOf(path)?.index ?? null });
}

/** Shards that are all absent are made up for by the configuration beside their index. */
function openIndex(path: string): Model {
  const config = shardsMissing(path) ? beside(dirname(path), CONFIG) : null;
  if (config === null) return openShards(path);
  const index = parseShardIndex(fileBytes(path, MAX_INDEX));
  return readConfig(fileBytes(config, MAX_CONFIG), { name: basename(path), index });
}

/** Strict reading has gone over the text already: what is left are values. */
const parsed = (bytes: Uint8Array): Json => JSON.parse(new TextDecoder().decode(bytes));

/** @throws FormatError with the byte offset */
export function openJson(path: string, batch: number): Model {
  const bytes = fileBytes(path, MAX_SHAPES);
  const name = basename(path);
  const folder = dirname(path);
  const open = (file: string) => {
    const found = beside(folder, file);
    return found === null ? null : fileSource(found);
  };
  switch (jsonKindOf(path, bytes)) {
    case "index":
      return openIndex(path);
    case "config":
      return openConfig(path);
    case "tfjs":
      return readTfjs(parsed(bytes), { name, batch, open }).model;
    case "keras":
      return readKeras(parsed(bytes), { name, batch }).model;
    case "shapes":
      return readShapes(bytes, { name });
  }
}

/** The file that stands for a folder as Hugging Face keeps models: its weights, else its configuration. @throws FormatError */
export function folderModel(folder: string): string {
  const found = [...WEIGHTS, CONFIG].find((name) => existsSync(join(folder, name)));
  if (found !== undefined) return join(folder, found);
  throw new FormatError(`${folder}: a folder without ${WEIGHTS[0]}, an index or ${CONFIG}, name a file in it`);
}

/** Every file that `openJson` reads, the one that was named first. @throws FormatError */
export function jsonFiles(path: string): string[] {
  const kind = jsonKindOf(path, fileBytes(path, MAX_SHAPES));
  if (kind === "config") {
    const index = indexOf(path);
    return index === null ? [path] : [path, index.path];
  }
  if (kind === "tfjs") {
    const files = tfjsFiles(parsed(fileBytes(path, MAX_SHAPES)), basename(path)).map((file) =>
      beside(dirname(path), file),
    );
    return [path, ...files.filter((file) => file !== null)];
  }
  if (kind !== "index") return [path];
  const config = shardsMissing(path) ? beside(dirname(path), CONFIG) : null;
  return config === null ? [path, ...shardPaths(path)] : [path, config];
}
