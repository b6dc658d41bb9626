/** Model and data files on disk (Node): the one place that decides by suffix and first bytes what a file is. */

import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import type { Model } from "../model/types.ts";
import type { Data, NamedData } from "./data/index.ts";
import { FormatError } from "./error.ts";
import { folderModel, jsonFiles, openJson } from "./file-json.ts";
import { insideFolder } from "./file-shards.ts";
import { fileBytes, fileSource, systemError } from "./file-source.ts";

import type { ByteSource } from "./source.ts";
import { readDirectory } from "./zip/index.ts";

export { fileSha256 } from "./file-source.ts";

export interface OpenOptions {
  /** Samples that an open batch axis is bound to. Default 1. */
  readonly batch?: number;
}

/** Protobuf's own limit. */
const MAX_ONNX = 2 ** 31;
/** A file of samples is held in memory. */
const MAX_DATA = 2 ** 30;

/** Kinds of files that are recognised and not read. */
const NOT_READ: Readonly<Record<string, string>> = {
  ".keras": "a Keras archive",
  ".h5": "an HDF5 file",
  ".hdf5": "an HDF5 file",
  ".pb": "a TensorFlow graph",
  ".tflite": "a TensorFlow Lite model",
  ".gguf": "a GGUF file",
};

const READ_INSTEAD = "export it as .onnx, or save the weights as .safetensors or .npz";

type Kind = "onnx" | "safetensors" | "npz" | "npy" | "torch";

const SUFFIXES: Readonly<Record<string, Kind>> = {
  ".onnx": "onnx",
  ".safetensors": "safetensors",
  ".npz": "npz",
  ".npy": "npy",
  ".pt": "torch",
  ".pth": "torch",
  ".bin": "torch",
  ".ckpt": "torch",
};

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => bytes[i] === char.charCodeAt(0));
}

/** What the first bytes say; null where they say nothing (ONNX has no magic bytes). */
function kindByContent(start: Uint8Array, path: string): Kind | null {
  if (startsWith(start, "\x93NUMPY")) return "npy";
  if (startsWith(start, "PK\x03\x04") || startsWith(start, "PK\x05\x06")) return zipKind(path);
  // Any pickle: the reader says whether it is PyTorch's.
  if (start[0] === 0x80 && start[1] !== undefined && start[1] >= 2 && start[1] <= 5) return "torch";
  if (start[8] === 0x7b && start[6] === 0 && start[7] === 0) return "safetensors";
  const known: readonly (readonly [string, string])[] = [
    ["\x89HDF\r\n\x1a\n", "an HDF5 file"],
    ["GGUF", "a GGUF file"],
    ["{", "a JSON text"],
    ["version https://git-lfs", "a Git LFS pointer and not the file itself"],
  ];
  for (const [magic, what] of known) {
    if (startsWith(start, magic)) throw new FormatError(`${path}: this is ${what}, ${READ_INSTEAD}`, 0);
  }
  return null;
}

/** PyTorch's archives hold a pickle, NumPy's only arrays. */
function zipKind(path: string): Kind {
  const members = inFile(path, () => readDirectory(fileSource(path), "zip"));
  return members.some(({ name }) => name.endsWith("data.pkl")) ? "torch" : "npz";
}

function kindOf(path: string, start: Uint8Array): Kind {
  const suffix = extname(path).toLowerCase();
  const other = NOT_READ[suffix];
  if (other !== undefined) throw new FormatError(`${path}: ${other} is not yet read here, ${READ_INSTEAD}`);
  const bySuffix = SUFFIXES[suffix] ?? null;
  if ((bySuffix === "onnx" || bySuffix === "safetensors") && startsWith(start, "PK\x03\x04")) {
    throw new FormatError(`${path}: the name says ${suffix}, the first bytes say a zip archive, rename the file`, 0);
  }
  const byContent = kindByContent(start, path);
  if (bySuffix === "safetensors" && byContent === null) return bySuffix;
  if (bySuffix !== null && byContent !== null && byContent !== bySuffix) {
    const found = byContent === "torch" ? "a PyTorch file" : `.${byContent}`;
    throw new FormatError(`${path}: the name says ${suffix}, the first bytes say ${found}, rename the file`, 0);
  }
  if (bySuffix === "torch" && byContent === null) {
    throw new FormatError(
      `${path}: the name says ${suffix}, the first bytes are not PyTorch's, give a file of torch.save`,
      0,
    );
  }
  const kind = bySuffix ?? byContent;
  if (kind === null) {
    throw new FormatError(
      `${path}: unknown kind of file, give .onnx, .safetensors, .npz or .pt, or a line like "784 > 10"`,
    );
  }
  return kind;
}

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

function firstBytes(path: string): Uint8Array {
  const source = fileSource(path);
  if (source.size === 0) throw new FormatError(`${path}: the file is empty, save it again`, 0);
  return source.read(0, Math.min(32, source.size));
}

/** A parser given hostile bytes must fail as a FormatError; anything else is a fault of ours and says so in one line. */
function inFile<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) {
      const named = error.message.startsWith(path) ? error.message : `${path}: ${error.message}`;
      throw new FormatError(named.replace(/ \(byte \d+\)$/, ""), error.offset);
    }
    throw systemError(error, path);
  }
}

/**
 * Opens a model: an .onnx file, weights in .safetensors (also in shards, by their index), .npz or a PyTorch .pt, an
 * architecture line, or shapes alone: a .safetensors header, a .json list of shapes, a Hugging Face config.json; a
 * Keras or TF.js model's JSON, with the weights beside it. A folder as
 * Hugging Face keeps models stands for what is in it.
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
  const path = inFolder(pathOrLine);
  if (extname(path).toLowerCase() === ".json") {
    return inFile(path, () => openJson(path, batch));
  }
  const kind = kindOf(path, firstBytes(path));
  const name = basename(path);
  if (kind === "onnx") {
    const { readOnnx } = await import("./onnx/index.ts");
    const { bytes, external } = onnxFile(path);
    return inFile(path, () => readOnnx(bytes, { name, batch, external }));
  }
  if (kind === "safetensors") {
    const { readSafetensors } = await import("./safetensors/index.ts");
    return inFile(path, () => readSafetensors(fileSource(path), { name }));
  }
  if (kind === "npz") {
    const { readNpz } = await import("./npz/index.ts");
    return inFile(path, () => readNpz(fileSource(path), { name }));
  }
  if (kind === "torch") {
    const { readPt } = await import("./pt/index.ts");
    return inFile(path, () => readPt(fileSource(path), { name }));
  }
  throw new FormatError(`${path}: one array is not a model, save all weights with np.savez`);
}

/**
 * Reads samples from a .csv, .npy or .npz file.
 *
 * @throws FormatError in one line
 * @example (await readData("digits.csv")).shape // [1797, 64]
 */
export async function readData(path: string): Promise<Data> {
  const start = firstBytes(path);
  const suffix = extname(path).toLowerCase();
  if (![".csv", ".tsv", ".txt", ".npy", ".npz"].includes(suffix)) {
    throw new FormatError(`${path}: unknown kind of data, give .csv, .npy or .npz`);
  }
  const bytes = fileBytes(path, MAX_DATA);
  const { readCsv, readNpyData, readNpzData } = await import("./data/index.ts");
  const name = path;
  if (suffix === ".npy") return inFile(path, () => readNpyData(bytes, { name }));
  if (suffix === ".npz") return inFile(path, () => readNpzData(bytes, { name }));
  if (kindByContent(start, path) !== null) {
    throw new FormatError(`${path}: the name says ${suffix}, the first bytes say otherwise, rename the file`, 0);
  }
  return inFile(path, () => readCsv(new TextDecoder().decode(bytes), { name }));
}

/** The file that a path leads to: a folder as Hugging Face keeps models stands for its weights or its configuration. */
function inFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? folderModel(path) : path;
}

/** The files that a model is read from: the one that the path leads to, then those that it refers to. @throws FormatError */
export function modelFiles(path: string): string[] {
  const file = inFolder(path);
  return extname(file).toLowerCase() === ".json" ? jsonFiles(file) : [file];
}

/** Arrays of a .npz by name, for a model of several inputs. Errors: FormatError. */
export async function readNamedData(path: string): Promise<NamedData> {
  firstBytes(path);
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
