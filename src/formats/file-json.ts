/** JSON files on disk: an index, a configuration, a list of shapes; told apart by what is in them. */

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Model } from "../model/types.ts";
import { FormatError } from "./error.ts";
import { insideFolder, openShards, shardPaths, shardsMissing } from "./file-shards.ts";
import { fileBytes } from "./file-source.ts";
import { MAX_CONFIG, readConfig } from "./huggingface/index.ts";
import { jsonKeys } from "./json.ts";
import { MAX_SHAPES, readShapes } from "./shapes/index.ts";
import { MAX_INDEX, parseShardIndex } from "./shards/index.ts";

const INDEXES = ["model.safetensors.index.json", "pytorch_model.bin.index.json"] as const;
/** In the order in which Hugging Face's loaders look. */
const WEIGHTS = ["model.safetensors", INDEXES[0], "pytorch_model.bin", INDEXES[1]] as const;
const CONFIG = "config.json";

export type JsonKind = "index" | "config" | "shapes";

/** Null for JSON of another kind. */
function kindOf(path: string, bytes: Uint8Array): JsonKind | null {
  const keys = jsonKeys(bytes, "JSON");
  if (keys.has("weight_map")) return "index";
  if (keys.has("model_type") || keys.has("architectures")) return "config";
  const other = ["modelTopology", "class_name", "config", "format", "nodes"].find((key) => keys.has(key));
  if (other === undefined) return "shapes";
  throw new FormatError(
    `${path}: a JSON description of another kind (it has ${JSON.stringify(other)}), give an index, a config.json or a list of shapes`,
    0,
  );
}

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

/** @throws FormatError with the byte offset */
export function openJson(path: string): Model {
  const bytes = fileBytes(path, MAX_SHAPES);
  switch (kindOf(path, bytes)) {
    case "index":
      return openIndex(path);
    case "config":
      return openConfig(path);
    default:
      return readShapes(bytes, { name: basename(path) });
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
  const kind = kindOf(path, fileBytes(path, MAX_SHAPES));
  if (kind === "config") {
    const index = indexOf(path);
    return index === null ? [path] : [path, index.path];
  }
  if (kind !== "index") return [path];
  const config = shardsMissing(path) ? beside(dirname(path), CONFIG) : null;
  return config === null ? [path, ...shardPaths(path)] : [path, config];
}
