/** What a model file is, by its name and its first bytes; the bytes have the last word. */

import { FormatError } from "./error.ts";
import { jsonKeys } from "./json.ts";
import type { ByteSource } from "./source.ts";
import { readDirectory } from "./zip/directory.ts";

export type Kind = "onnx" | "safetensors" | "npz" | "npy" | "torch" | "hdf5" | "keras";

/** Kinds of files that are recognised and not read. */
const NOT_READ: Readonly<Record<string, string>> = {
  ".pb": "a TensorFlow graph",
  ".tflite": "a TensorFlow Lite model",
  ".gguf": "a GGUF file",
};

const READ_INSTEAD = "export it as .onnx, or save the weights as .safetensors or .npz";

const SUFFIXES: Readonly<Record<string, Kind>> = {
  ".onnx": "onnx",
  ".safetensors": "safetensors",
  ".npz": "npz",
  ".npy": "npy",
  ".pt": "torch",
  ".pth": "torch",
  ".bin": "torch",
  ".ckpt": "torch",
  ".h5": "hdf5",
  ".hdf5": "hdf5",
  ".keras": "keras",
};

/** What a person calls a file of the kind where its name does not say it. */
const CALLED: Readonly<Record<Kind, string>> = {
  onnx: ".onnx",
  safetensors: ".safetensors",
  npz: ".npz",
  npy: ".npy",
  torch: "a PyTorch file",
  hdf5: "an HDF5 file (.h5)",
  keras: "a Keras archive (.keras)",
};

/** With its point, in small letters; "" where there is none. @example suffixOf("a/b.ONNX") // ".onnx" */
export const suffixOf = (path: string): string => /[^/\\](\.[^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => bytes[i] === char.charCodeAt(0));
}

/** PyTorch's archives hold a pickle, Keras's a model's layers, NumPy's only arrays. */
function zipKind(source: ByteSource): Kind {
  const members = readDirectory(source, "zip").map(({ name }) => name);
  if (members.some((name) => name.endsWith("data.pkl"))) return "torch";
  return members.includes("config.json") && members.includes("model.weights.h5") ? "keras" : "npz";
}

/** What the first bytes say; null where they say nothing (ONNX has no magic bytes). @throws FormatError */
export function kindByContent(path: string, source: ByteSource): Kind | null {
  const start = source.read(0, Math.min(32, source.size));
  if (startsWith(start, "\x93NUMPY")) return "npy";
  if (startsWith(start, "\x89HDF\r\n\x1a\n")) return "hdf5";
  if (startsWith(start, "PK\x03\x04") || startsWith(start, "PK\x05\x06")) return zipKind(source);
  // A header's length is under 2^32, and "{" follows; its first bytes may be those of a pickle (0x80, 2 … 5), which has no four zeros there.
  if (start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0)) return "safetensors";
  // Any pickle: the reader says whether it is PyTorch's.
  if (start[0] === 0x80 && start[1] !== undefined && start[1] >= 2 && start[1] <= 5) return "torch";
  const known: readonly (readonly [string, string])[] = [
    ["GGUF", "a GGUF file"],
    ["{", "a JSON text"],
    ["version https://git-lfs", "a Git LFS pointer and not the file itself"],
  ];
  for (const [magic, what] of known) {
    if (startsWith(start, magic)) throw new FormatError(`${path}: this is ${what}, ${READ_INSTEAD}`, 0);
  }
  return null;
}

/**
 * The kind of a model file.
 *
 * @throws FormatError where name and bytes contradict each other, or neither is known here
 * @example kindOf("model.onnx", bytesSource(bytes)) // "onnx"
 */
export function kindOf(path: string, source: ByteSource): Kind {
  if (source.size === 0) throw new FormatError(`${path}: the file is empty, save it again`, 0);
  const suffix = suffixOf(path);
  const other = NOT_READ[suffix];
  if (other !== undefined) throw new FormatError(`${path}: ${other} is not yet read here, ${READ_INSTEAD}`);
  const bySuffix = SUFFIXES[suffix] ?? null;
  const start = source.read(0, Math.min(4, source.size));
  if ((bySuffix === "onnx" || bySuffix === "safetensors") && startsWith(start, "PK\x03\x04")) {
    throw new FormatError(`${path}: the name says ${suffix}, the first bytes say a zip archive, rename the file`, 0);
  }
  const byContent = kindByContent(path, source);
  if (bySuffix === "safetensors" && byContent === null) return bySuffix;
  if (bySuffix !== null && byContent !== null && byContent !== bySuffix) {
    throw new FormatError(
      `${path}: the name says ${suffix}, the first bytes say ${CALLED[byContent]}, rename the file`,
      0,
    );
  }
  if (bySuffix === "torch" && byContent === null) {
    throw new FormatError(
      `${path}: the name says ${suffix}, the first bytes are not PyTorch's, give a file of torch.save`,
      0,
    );
  }
  if ((bySuffix === "hdf5" || bySuffix === "keras") && byContent === null) {
    throw new FormatError(`${path}: the name says ${suffix}, the first bytes are not Keras's, save it again`, 0);
  }
  const kind = bySuffix ?? byContent;
  if (kind === null) {
    throw new FormatError(
      `${path}: unknown kind of file, give .onnx, .safetensors, .npz, .pt, .keras or .h5, or a line like "784 > 10"`,
    );
  }
  return kind;
}

export type JsonKind = "index" | "config" | "shapes" | "tfjs" | "keras";

/**
 * What a JSON text is of: a sharded model, a Hugging Face configuration, a TF.js model, a Keras model's layers, or shapes.
 *
 * @throws FormatError for JSON of another kind
 */
export function jsonKindOf(path: string, bytes: Uint8Array): JsonKind {
  const keys = jsonKeys(bytes, "JSON");
  if (keys.has("weight_map") || /\.(safetensors|bin)\.index\.json$/.test(path)) return "index";
  if (keys.has("model_type") || keys.has("architectures")) return "config";
  if (keys.has("modelTopology") || keys.has("weightsManifest")) return "tfjs";
  if (keys.has("class_name") && keys.has("config")) return "keras";
  const other = ["class_name", "config", "format", "nodes"].find((key) => keys.has(key));
  if (other === undefined) return "shapes";
  throw new FormatError(
    `${path}: a JSON description of another kind (it has ${JSON.stringify(other)}), give an index, a config.json, a Keras model or a list of shapes`,
    0,
  );
}
