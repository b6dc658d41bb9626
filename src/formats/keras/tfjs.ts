/** A TF.js layers model: `model.json` with its manifest, and the binary files beside it. */

import type { Dtype, Model } from "../../model/types.ts";
import { DTYPE_BYTES, decodeNumbers } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { elementCount, shown } from "../shape.ts";
import type { ByteSource } from "../source.ts";
import {
  arrayAt,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  textAt,
  wholesAt,
} from "./config.ts";
import { fromKeras } from "./order.ts";
import { type KerasModel, readKeras } from "./read.ts";

/** A tensor's place in the files of its group, laid end to end. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly stored: Dtype;
  /** value = stored·scale + min, where the file is quantized. */
  readonly affine: { readonly scale: number; readonly min: number } | null;
  readonly offset: number;
  readonly bytes: number;
  readonly group: number;
}

interface Manifest {
  /** Paths of each group's files. */
  readonly groups: readonly (readonly string[])[];
  readonly entries: ReadonlyMap<string, Entry>;
}

const DTYPES: Readonly<Record<string, Dtype>> = {
  float32: "f32",
  float16: "f16",
  int32: "i32",
  uint8: "u8",
  uint16: "u16",
  bool: "bool",
};

function dtypeOf(name: string, where: string): Dtype {
  const dtype = Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
  if (dtype === undefined) throw new FormatError(`${where}: dtype ${shown(name)} is not read, convert the model again`);
  return dtype;
}

/** How the bytes are to be read: the dtype itself, half of it, or whole numbers on a line. */
function storageOf(weight: JsonObject, where: string): Pick<Entry, "stored" | "affine"> {
  const plain = dtypeOf(textAt(weight, "dtype", where), where);
  if (!isObject(weight.quantization)) return { stored: plain, affine: null };
  const { quantization } = weight;
  const stored = dtypeOf(textAt(quantization, "dtype", where), where);
  if (stored === "f16") return { stored, affine: null };
  const affine = { scale: numberAt(quantization, "scale", where), min: numberAt(quantization, "min", where) };
  return { stored, affine };
}

function parseManifest(groups: readonly Json[], where: string): Manifest {
  const entries = new Map<string, Entry>();
  const paths = groups.map((value, group) => {
    const here = `${where}, weightsManifest[${group}]`;
    if (!isObject(value)) throw new FormatError(`${here}: an object is expected, save the model again`);
    let offset = 0;
    for (const weight of arrayAt(value, "weights", here)) {
      if (!isObject(weight)) throw new FormatError(`${here}: a weight is an object, save the model again`);
      const name = textAt(weight, "name", here);
      const label = `${here}, ${shown(name)}`;
      const shape = wholesAt(weight, "shape", label);
      const storage = storageOf(weight, label);
      const bytes = elementCount(shape, label) * DTYPE_BYTES[storage.stored];
      if (entries.has(name)) throw new FormatError(`${label}: listed twice, save the model again`);
      entries.set(name, { name, shape, ...storage, offset, bytes, group });
      offset += bytes;
    }
    return arrayAt(value, "paths", here).map((path) => {
      if (typeof path === "string" && path !== "") return path;
      throw new FormatError(`${here}: paths holds texts, save the model again`);
    });
  });
  return { groups: paths, entries };
}

const manifestOf = (root: JsonObject, where: string): Manifest =>
  parseManifest(isArray(root.weightsManifest) ? root.weightsManifest : [], where);

/** Paths of the files that a `model.json` refers to. @throws FormatError */
export function tfjsFiles(json: Json, name: string): string[] {
  return manifestOf(checkFormat(json, name), name).groups.flat();
}

/** Bytes `offset … offset + length` of files laid end to end. */
function readAcross(files: readonly ByteSource[], offset: number, length: number, where: string): Uint8Array {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (offset + length > total)
    throw new FormatError(
      `${where}: ${offset + length} bytes are needed, its files have ${total}, copy them again`,
      total,
    );
  const out = new Uint8Array(length);
  let start = 0;
  for (const file of files) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + file.size);
    if (to > from) out.set(file.read(from - start, to - from), from - offset);
    start += file.size;
  }
  return out;
}

function checkFormat(json: Json, where: string): JsonObject {
  if (!isObject(json)) throw new FormatError(`${where}: a model is a JSON object, got ${typeof json}`);
  if (json.format === "graph-model")
    throw new FormatError(`${where}: a TF.js graph model has no layers, convert it as a layers model, or export .onnx`);
  return json;
}

/**
 * A model saved by TF.js (`model.save`) or converted from Keras (`tensorflowjs_converter`), its weights read when asked for.
 *
 * @param json the parsed `model.json`.
 * @param open a file of the manifest by its path, null where it is missing.
 * @throws FormatError: a layer or weight that cannot be, a file that is missing or cut
 * @example readTfjs(JSON.parse(text), { name: "model.json", open: (path) => sources.get(path) ?? null })
 */
export function readTfjs(
  json: Json,
  {
    name = "model.json",
    batch = 1,
    open,
  }: { readonly name?: string; readonly batch?: number; readonly open: (path: string) => ByteSource | null },
): KerasModel {
  const root = checkFormat(json, name);
  const topology = objectAt(root, "modelTopology", name);
  const manifest = manifestOf(root, name);
  const shapes = new Map([...manifest.entries].map(([weight, { shape }]) => [weight, shape]));
  const read = readKeras(topology, { name, batch, format: "tfjs", shapes });
  const opened = new Map<number, ByteSource[]>();
  const filesOf = (group: number): ByteSource[] => {
    const known = opened.get(group);
    if (known !== undefined) return known;
    const files = (manifest.groups[group] ?? []).map((path) => {
      const source = open(path);
      if (source === null) throw new FormatError(`${name}: its file ${shown(path)} is missing, put it beside`);
      return source;
    });
    opened.set(group, files);
    return files;
  };
  const valuesOf = (parameter: string): Float32Array | null => {
    const entry = manifest.entries.get(parameter);
    const layout = read.layouts.get(parameter);
    if (entry === undefined || layout === undefined) return null;
    const where = `${name}, ${shown(parameter)}`;
    const bytes = readAcross(filesOf(entry.group), entry.offset, entry.bytes, where);
    const plain = Float32Array.from(decodeNumbers(bytes, entry.stored));
    const { affine } = entry;
    const values = affine === null ? plain : plain.map((value) => value * affine.scale + affine.min);
    return fromKeras(values, layout);
  };
  const parameters = new Map(
    [...read.model.parameters].map(([parameter, info]) => {
      const stored = manifest.entries.has(parameter) && info.stored.kind === "absent";
      return [parameter, stored ? { ...info, stored: { kind: "whole", initializer: parameter } as const } : info];
    }),
  );
  const model: Model = { ...read.model, parameters, read: valuesOf };
  return { ...read, model };
}
