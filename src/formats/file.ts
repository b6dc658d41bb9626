/**
 * Model and data files on disk (Node): the one place that decides by suffix and first bytes what a file is. A format's reader is
 * loaded when a file is of that format.
 */

import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import type { Model } from "../model/types.ts";
import type { Data, NamedData } from "./data/index.ts";
import { FormatError, namedError } from "./error.ts";
import { checkSize, fileBytes, fileSource, insideFolder, systemError } from "./file-source.ts";
import { kindByContent, kindOf } from "./kind.ts";
import type { ByteSource } from "./source.ts";

export { fileSha256 } from "./file-source.ts";

export interface OpenOptions {
  /** Samples that an open batch axis is bound to. Default 1. */
  readonly batch?: number;
}

/** Protobuf's own limit. */
const MAX_ONNX = 2 ** 31;
/** A file of samples is held in memory. */
const MAX_DATA = 2 ** 30;

/** External data of an ONNX file: beside the model or below, symbolic links resolved before that is judged. */
function externalData(path: string): (location: string) => ByteSource | null {
  const folder = realpathSync(dirname(path));
  const opened = new Map<string, ByteSource | null>();
  const open = (location: string): ByteSource | null => {
    const real = insideFolder(
      folder,
      location,
      () =>
        new FormatError(
          `${path}: external data ${JSON.stringify(location)} lies outside the model's folder, copy it in`,
        ),
    );
    return real === null ? null : fileSource(real);
  };
  return (location) => {
    const known = opened.get(location);
    if (known !== undefined) return known;
    const source = open(location);
    opened.set(location, source);
    return source;
  };
}

/** An architecture line has a ">" and is not the name of a file. */
export function isLine(text: string): boolean {
  return text.includes(">") && !existsSync(text);
}

/** Bytes of an ONNX file and its external data, as `writeOnnx` needs them again. @throws FormatError */
export function onnxFile(path: string) {
  return { bytes: fileBytes(path, MAX_ONNX), external: externalData(path) };
}

function checkNotEmpty(path: string): void {
  if (fileSource(path).size === 0) throw new FormatError(`${path}: the file is empty, save it again`, 0);
}

/** A parser given hostile bytes must fail as a FormatError; anything else is a fault of ours and says so in one line. */
function inFile<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw systemError(namedError(path, error), path);
  }
}

/** The same for readers that wait. */
async function inFileLater<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw systemError(namedError(path, error), path);
  }
}

/**
 * Opens a model: an .onnx file, a Keras model (.keras, .h5) or a Keras or TF.js model's JSON with the weights beside it; weights
 * in .safetensors (also in shards, by their index), .npz, .h5 or a PyTorch .pt; an architecture line; or shapes alone: a
 * .safetensors header, a .json list of shapes, a Hugging Face config.json. A folder as Hugging Face keeps models stands for
 * what is in it.
 *
 * Weights files are not loaded: `model.read(name)` reads one tensor. External data of an ONNX file is looked for in the
 * model's own folder only.
 *
 * @throws FormatError in one line, with the byte offset where there is one
 * @example await openModel("model.onnx", { batch: 8 })
 * @example await openModel("784 > 256 relu > 10")
 */
export async function openModel(pathOrLine: string, { batch = 1 }: OpenOptions = {}): Promise<Model> {
  if (isLine(pathOrLine)) {
    const { readLine } = await import("./line/index.ts");
    return readLine(pathOrLine, { batch });
  }
  const path = await inFolder(pathOrLine);
  if (isJson(path)) {
    const { openJson } = await import("./file-json.ts");
    return inFile(path, () => openJson(path, batch));
  }
  const kind = inFile(path, () => kindOf(path, fileSource(path)));
  const name = basename(path);
  switch (kind) {
    case "onnx": {
      const { readOnnx, skeletonOf } = await import("./onnx/index.ts");
      const external = externalData(path);
      return inFile(path, () => {
        const source = fileSource(path);
        checkSize(path, source.size, MAX_ONNX);
        const { bytes, values } = skeletonOf(source);
        return readOnnx(bytes, { name, batch, external, values });
      });
    }
    case "safetensors": {
      const { readSafetensors } = await import("./safetensors/index.ts");
      return inFile(path, () => readSafetensors(fileSource(path), { name }));
    }
    case "npz": {
      const { readNpz } = await import("./npz/index.ts");
      return inFile(path, () => readNpz(fileSource(path), { name }));
    }
    case "torch": {
      const { readPt } = await import("./pt/index.ts");
      return inFile(path, () => readPt(fileSource(path), { name }));
    }
    case "keras": {
      const { readKerasArchive } = await import("./keras/index.ts");
      return inFileLater(path, () => readKerasArchive(fileSource(path), { name, batch }));
    }
    case "hdf5": {
      const { readHdf5 } = await import("./keras/index.ts");
      return inFileLater(path, () => readHdf5(fileSource(path), { name, batch }));
    }
    case "npy":
      throw new FormatError(`${path}: one array is not a model, save all weights with np.savez`);
  }
}

/**
 * Reads samples from a .csv, .npy or .npz file.
 *
 * @throws FormatError in one line
 * @example (await readData("digits.csv")).shape // [1797, 64]
 */
export async function readData(path: string): Promise<Data> {
  checkNotEmpty(path);
  const suffix = extname(path).toLowerCase();
  if (![".csv", ".tsv", ".txt", ".npy", ".npz"].includes(suffix)) {
    throw new FormatError(`${path}: unknown kind of data, give .csv, .npy or .npz`);
  }
  const bytes = fileBytes(path, MAX_DATA);
  const { readCsv, readNpyData, readNpzData } = await import("./data/index.ts");
  const name = path;
  if (suffix === ".npy") return inFile(path, () => readNpyData(bytes, { name }));
  if (suffix === ".npz") return inFile(path, () => readNpzData(bytes, { name }));
  if (inFile(path, () => kindByContent(path, fileSource(path))) !== null) {
    throw new FormatError(`${path}: the name says ${suffix}, the first bytes say otherwise, rename the file`, 0);
  }
  return inFile(path, () => readCsv(new TextDecoder().decode(bytes), { name }));
}

const isJson = (path: string): boolean => extname(path).toLowerCase() === ".json";

/** The file that a path leads to: a folder as Hugging Face keeps models stands for its weights or its configuration. */
async function inFolder(path: string): Promise<string> {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const { folderModel } = await import("./file-json.ts");
  return folderModel(path);
}

/** The files that a model is read from: the one that the path leads to, then those that it refers to. @throws FormatError */
export async function modelFiles(path: string): Promise<string[]> {
  const file = await inFolder(path);
  if (!isJson(file)) return [file];
  const { jsonFiles } = await import("./file-json.ts");
  return jsonFiles(file);
}

/** Arrays of a .npz by name, for a model of several inputs. Errors: FormatError. */
export async function readNamedData(path: string): Promise<NamedData> {
  checkNotEmpty(path);
  if (extname(path).toLowerCase() !== ".npz") {
    throw new FormatError(`${path}: several inputs need an array each, give an .npz with their names`);
  }
  const bytes = fileBytes(path, MAX_DATA);
  const { readNpzNamedData } = await import("./data/index.ts");
  return inFile(path, () => readNpzNamedData(bytes, { name: path }));
}

/** True where both paths lead to the same file. */
export function sameFile(a: string, b: string): boolean {
  try {
    const [left, right] = [statSync(a), statSync(b)];
    return left.dev === right.dev && left.ino === right.ino;
  } catch {
    return false;
  }
}
