/** Models and weights that Keras saved: `.keras` archives, `.h5` files; any other HDF5 file as weights. */

import type { Model } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { type Hdf5, type Hdf5Array, openHdf5 } from "../hdf5/index.ts";
import { type ByteSource, bytesSource } from "../source.ts";
import { type StoredTensor, weightsOnly } from "../weights.ts";
import { memberOffset, readDirectory, readMember, type ZipMember } from "../zip/index.ts";
import type { Json } from "./config.ts";
import { fromKeras } from "./order.ts";
import { type KerasModel, readKeras } from "./read.ts";
import { nameOfNumbered, type Places, placesByName, placesByNumber } from "./variables.ts";

export interface SavedOptions {
  readonly name?: string;
  /** Samples that the open first axis is bound to. */
  readonly batch?: number;
}

/** Layers of a hundred thousand-layer model take a hundred bytes each, ten times over. */
const MAX_CONFIG = 2 ** 27;

function parsed(text: string, what: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError(`${what}: its model is not JSON, save it again`);
  }
}

function allOf(file: Hdf5, array: Hdf5Array): Float32Array | Float64Array {
  const values = array.dtype === "f64" ? new Float64Array(array.elements) : new Float32Array(array.elements);
  let at = 0;
  for (const tile of file.tiles(array)) {
    values.set(tile, at);
    at += tile.length;
  }
  return values;
}

/** The layers with the values of the file, in the graph's order of axes. */
function withValues({ model, layouts }: KerasModel, file: Hdf5, places: Places): Model {
  const arrayOf = (parameter: string) => places.get(layouts.get(parameter)?.stored ?? "");
  const read = (parameter: string) => {
    const [array, layout] = [arrayOf(parameter), layouts.get(parameter)];
    if (array === undefined || layout === undefined) return null;
    return fromKeras(Float32Array.from(allOf(file, array)), layout);
  };
  const parameters = new Map(
    [...model.parameters].map(([parameter, info]) => {
      const array = arrayOf(parameter);
      if (array === undefined) return [parameter, info];
      const dtype = array.dtype;
      const whole = { kind: "whole", initializer: array.path } as const;
      return [parameter, { ...info, dtype, stored: info.stored.kind === "absent" ? whole : info.stored }];
    }),
  );
  const missing = [...model.parameters.keys()].filter((parameter) => arrayOf(parameter) === undefined);
  const note = {
    code: "assumed",
    message: "some of the model's parameters have no values of their shape in the file",
    tensors: missing,
  } as const;
  return { ...model, parameters, notes: missing.length > 0 ? [...model.notes, note] : model.notes, read };
}

/** Attributes over 64 kB are stored in pieces: name0, name1, … */
function textAttribute(texts: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  const whole = texts.get(name);
  if (whole !== undefined) return whole;
  const pieces: string[] = [];
  for (let i = 0; ; i++) {
    const piece = texts.get(`${name}${i}`);
    if (piece === undefined) return pieces;
    pieces.push(...piece);
  }
}

/** Arrays of a Keras weights group, in the order of its layers and their variables. */
function inLayerOrder(file: Hdf5, root: string): Hdf5Array[] {
  const join = (...parts: string[]) => parts.filter((part) => part !== "").join("/");
  const ordered: Hdf5Array[] = [];
  for (const layer of textAttribute(file.texts(root), "layer_names")) {
    for (const weight of textAttribute(file.texts(join(root, layer)), "weight_names")) {
      const array = file.arrays.get(join(root, layer, weight));
      if (array !== undefined) ordered.push(array);
    }
  }
  return ordered;
}

function storedTensor(file: Hdf5, array: Hdf5Array, name: string): StoredTensor {
  const { dtype, shape } = array;
  return { name, dtype, shape, values: () => allOf(file, array), tiles: () => file.tiles(array) };
}

/** Names of arrays without a model: the variables' own where Keras says them. */
function namedArrays(file: Hdf5): { readonly name: string; readonly array: Hdf5Array }[] {
  const root = file.arrays.size > 0 && textAttribute(file.texts(""), "layer_names").length > 0 ? "" : "model_weights";
  const ordered = inLayerOrder(file, root);
  if (ordered.length > 0) {
    return ordered.map((array) => {
      const path = root === "" ? array.path : array.path.slice(root.length + 1);
      // "dense/dense/kernel:0" is the group of the layer and the variable's name.
      const [layer = "", ...rest] = path.replace(/:0$/, "").split("/");
      return { name: rest[0] === layer ? rest.join("/") : [layer, ...rest].join("/"), array };
    });
  }
  const counts = new Map<string, number>();
  const folder = (path: string) => path.slice(0, path.lastIndexOf("/"));
  const arrays = [...file.arrays.values()].filter(({ path }) => !/(^|\/)(optimizer|optimizer_weights)\//.test(path));
  for (const { path } of arrays) counts.set(folder(path), (counts.get(folder(path)) ?? 0) + 1);
  return arrays.map((array) => ({ name: nameOfNumbered(array.path, counts.get(folder(array.path)) ?? 1), array }));
}

/**
 * An HDF5 file: a model with its layers (`model.save("x.h5")`), Keras's weights, or arrays of any kind by their paths.
 *
 * @throws FormatError in one line
 * @example await readHdf5(fileSource("model.h5"), { name: "model.h5" })
 */
export async function readHdf5(
  source: ByteSource,
  { name = "model.h5", batch = 1 }: SavedOptions = {},
): Promise<Model> {
  const file = await openHdf5(source, name);
  const [config] = textAttribute(file.texts(""), "model_config");
  if (config !== undefined) {
    const read = readKeras(parsed(config, name), { name, batch, format: "keras" });
    const arrays = inLayerOrder(file, "model_weights");
    return withValues(read, file, placesByName(arrays, read.layouts.values()));
  }
  const named = namedArrays(file);
  if (named.length === 0) throw new FormatError(`${name}: no arrays of numbers in the file, save the weights again`);
  const tensors = named.map(({ name: tensor, array }) => storedTensor(file, array, tensor));
  return weightsOnly(tensors, { format: "h5", name });
}

const MODEL = "config.json";
const WEIGHTS = "model.weights.h5";

/** A stored member is read where it lies; a compressed one is taken out whole. */
function memberSource(archive: ByteSource, member: ZipMember, what: string): ByteSource {
  if (member.method === "deflated") return bytesSource(readMember(archive, member, what));
  const start = memberOffset(archive, member, what);
  const { readInto } = archive;
  return {
    size: member.size,
    read: (offset, length) => archive.read(start + offset, length),
    ...(readInto && { readInto: (offset, target) => readInto(start + offset, target) }),
  };
}

/**
 * A `.keras` archive: the layers, and the weights beside them.
 *
 * @throws FormatError in one line
 * @example await readKerasArchive(fileSource("model.keras"), { name: "model.keras" })
 */
export async function readKerasArchive(
  source: ByteSource,
  { name = "model.keras", batch = 1 }: SavedOptions = {},
): Promise<Model> {
  const members = new Map(readDirectory(source, name).map((member) => [member.name, member]));
  const member = (file: string): ZipMember => {
    const found = members.get(file);
    if (found === undefined) throw new FormatError(`${name}: no ${file} in the archive, save the model again`);
    return found;
  };
  const layers = member(MODEL);
  if (layers.size > MAX_CONFIG) throw new FormatError(`${name}: ${MODEL} is larger than ${MAX_CONFIG} bytes`);
  const topology = parsed(new TextDecoder().decode(readMember(source, layers, name)), name);
  const read = readKeras(topology, { name, batch, format: "keras" });
  const file = await openHdf5(memberSource(source, member(WEIGHTS), name), `${name}, ${WEIGHTS}`);
  const places = placesByNumber([...file.arrays.values()], topology, read.layouts.values());
  return withValues(read, file, places);
}
