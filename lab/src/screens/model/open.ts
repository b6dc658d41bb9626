/** What a person gave → a model: one file, or one with those that it refers to. */

import { FormatError, namedError } from "../../../../src/formats/error.ts";
import type { Json } from "../../../../src/formats/keras/index.ts";
import { jsonKindOf, type Kind, kindOf, suffixOf } from "../../../../src/formats/kind.ts";
import type { ByteSource } from "../../../../src/formats/source.ts";
import type { Model } from "../../../../src/model/types.ts";

export interface NamedSource {
  readonly name: string;
  readonly source: ByteSource;
}

/** Protobuf's own limit. */
const MAX_ONNX = 2 ** 31;
/** Layers, shapes or places of tensors: a million of them take about a hundred bytes each. */
const MAX_JSON = 2 ** 27;

const isIndex = (name: string) => /\.(safetensors|bin)\.index\.json$/.test(name);

/** The one that the others belong to: an index, a graph, or the only file. @throws FormatError */
export function mainFile<File extends { readonly name: string }>(files: readonly File[]): File {
  const [first] = files;
  if (first === undefined) throw new FormatError("drop: no file was given, drop one");
  if (files.length === 1) return first;
  const heads = files.filter(({ name }) => isIndex(name));
  const graphs = files.filter(({ name }) => [".onnx", ".json"].includes(suffixOf(name)));
  const [main, ...more] = heads.length > 0 ? heads : graphs;
  if (main !== undefined && more.length === 0) return main;
  throw new FormatError(
    `drop: ${files.length} files, and it is not clear which is the model, drop one, an .onnx with its data files, or an index with its shards`,
  );
}

function bytesOf({ name, source }: NamedSource, most: number): Uint8Array {
  if (source.size > most)
    throw new FormatError(`${name}: at most ${most} bytes are read, got ${source.size}, give a smaller file`);
  return source.read(0, source.size);
}

/** @throws FormatError naming the file */
async function inFile<Result>(name: string, read: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw namedError(name, error);
  }
}

type WeightsKind = Exclude<Kind, "onnx" | "npy">;

async function openWeights({ name, source }: NamedSource, kind: WeightsKind): Promise<Model> {
  if (kind === "safetensors")
    return (await import("../../../../src/formats/safetensors/index.ts")).readSafetensors(source, { name });
  if (kind === "npz") return (await import("../../../../src/formats/npz/index.ts")).readNpz(source, { name });
  if (kind === "keras" || kind === "hdf5") {
    const { readHdf5, readKerasArchive } = await import("../../../../src/formats/keras/index.ts");
    return kind === "keras" ? readKerasArchive(source, { name }) : readHdf5(source, { name });
  }
  return (await import("../../../../src/formats/pt/index.ts")).readPt(source, { name });
}

/** A file that the main one names, by the last part of its path: those that are dropped have no folders. */
function besides(main: NamedSource, files: readonly NamedSource[]): (path: string) => ByteSource | null {
  const others = new Map(files.filter((file) => file !== main).map(({ name, source }) => [name, source]));
  return (path) => others.get(path.split("/").at(-1) ?? "") ?? null;
}

async function openShards(main: NamedSource, bytes: Uint8Array, files: readonly NamedSource[]): Promise<Model> {
  const { joinShards, parseShardIndex } = await import("../../../../src/formats/shards/index.ts");
  const index = parseShardIndex(bytes);
  const beside = besides(main, files);
  const names = [...index.shards.keys()];
  const config = files.find(({ name }) => name === "config.json");
  if (config !== undefined && names.every((name) => beside(name) === null)) {
    const { readConfig } = await import("../../../../src/formats/huggingface/index.ts");
    return readConfig(bytesOf(config, MAX_JSON), { name: main.name, index });
  }
  const open = names.map(async (name) => {
    const source = beside(name);
    if (source === null)
      throw new FormatError(`shard ${JSON.stringify(name)} is missing, drop the index and all shards together`);
    const kind = kindOf(name, source);
    if (kind !== "safetensors" && kind !== "torch")
      throw new FormatError(`shard ${JSON.stringify(name)}: must be .safetensors or a PyTorch file, convert it first`);
    return { name, model: await openWeights({ name, source }, kind) };
  });
  return joinShards(index, await Promise.all(open), { name: main.name });
}

async function openJson(main: NamedSource, files: readonly NamedSource[]): Promise<Model> {
  const { name } = main;
  const bytes = bytesOf(main, MAX_JSON);
  // Its keys have been read strictly: what is left are values.
  const parsed = (): Json => JSON.parse(new TextDecoder().decode(bytes));
  switch (jsonKindOf(name, bytes)) {
    case "index":
      return openShards(main, bytes, files);
    case "config":
      return (await import("../../../../src/formats/huggingface/index.ts")).readConfig(bytes, { name, index: null });
    case "shapes":
      return (await import("../../../../src/formats/shapes/index.ts")).readShapes(bytes, { name });
    case "tfjs":
      return (await import("../../../../src/formats/keras/index.ts")).readTfjs(parsed(), {
        name,
        open: besides(main, files),
      }).model;
    case "keras":
      return (await import("../../../../src/formats/keras/index.ts")).readKeras(parsed(), { name }).model;
  }
}

/**
 * Opens a model. Of .onnx, .safetensors, .npz and .pt only graphs and headers are read here, a tensor when it is asked for.
 *
 * @throws FormatError in one line, naming the file
 */
export async function openFiles(files: readonly NamedSource[]): Promise<Model> {
  const main = mainFile(files);
  const { name, source } = main;
  return inFile(name, async () => {
    if (suffixOf(name) === ".json") return openJson(main, files);
    const kind = kindOf(name, source);
    if (kind === "npy") throw new FormatError("one array is not a model, save all weights with np.savez");
    if (kind !== "onnx") return openWeights(main, kind);
    if (source.size > MAX_ONNX)
      throw new FormatError(
        `at most ${MAX_ONNX} bytes are read, got ${source.size}, keep the weights in external data`,
      );
    const { readOnnx, skeletonOf } = await import("../../../../src/formats/onnx/index.ts");
    const { bytes, values } = skeletonOf(source);
    return readOnnx(bytes, { name, external: besides(main, files), values });
  });
}
