/** Which stored array holds which parameter: the names that Keras's own files use. */

import type { Hdf5Array } from "../hdf5/index.ts";
import type { Json } from "./config.ts";
import { type KerasLayout, variableShape } from "./draft.ts";
import { isModel, type Layer, parseTopology } from "./topology.ts";

/** In the order in which Keras's layers make their variables: those that are trained, then statistics. */
const ORDER = [
  "embeddings",
  "depthwise_kernel",
  "pointwise_kernel",
  "kernel",
  "recurrent_kernel",
  "bias",
  "gamma",
  "beta",
  "alpha",
  "moving_mean",
  "moving_variance",
] as const;

const orderOf = (stored: string): number => ORDER.findIndex((name) => stored.endsWith(`/${name}`));

/** What one stored array is, by the stored name of the parameters. */
export type Places = ReadonlyMap<string, Hdf5Array>;

/**
 * `model.save("x.h5")` and `save_weights("x.h5")`: arrays bear the variables' names. They hold more than ours: the cell of a
 * recurrent layer, the model around a layer, ":0".
 */
export function placesByName(arrays: readonly Hdf5Array[], layouts: Iterable<KerasLayout>): Map<string, Hdf5Array> {
  const free = arrays.map((array) => ({ array, parts: array.path.replace(/:0$/, "").split("/"), used: false }));
  const found = new Map<string, Hdf5Array>();
  for (const layout of layouts) {
    const { stored } = layout;
    if (found.has(stored)) continue;
    const wanted = stored.split("/");
    const fits = free.find(
      ({ array, parts, used }) =>
        !used &&
        parts.at(-1) === wanted.at(-1) &&
        within(wanted, parts) &&
        array.shape.join() === variableShape(layout).join(),
    );
    if (fits === undefined) continue;
    fits.used = true;
    found.set(stored, fits.array);
  }
  return found;
}

/** Whether all of `wanted` come in `parts`, in order. */
function within(wanted: readonly string[], parts: readonly string[]): boolean {
  let at = 0;
  for (const part of parts) if (part === wanted[at]) at++;
  return at === wanted.length;
}

/** Keras's own way from a class to a name of files: "Conv2DTranspose" is "conv2d_transpose", "PReLU" "p_re_lu". */
export const fileName = (kind: string): string =>
  kind
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();

/** Folder of each layer in a `.keras` archive: its class with a count, within its model's. */
function foldersOf(layers: readonly Layer[], prefix: string, found: Map<string, string>): void {
  const counts = new Map<string, number>();
  for (const { name, kind, config } of layers) {
    const base = fileName(kind);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const folder = `${prefix}layers/${count === 0 ? base : `${base}_${count}`}`;
    if (!isModel(kind)) found.set(name, folder);
    else foldersOf(parseTopology({ class_name: kind, config }, name).layers, `${folder}/`, found);
  }
}

/** Arrays of a layer by the folder that holds them, in Keras's order. */
function variablesIn(arrays: readonly Hdf5Array[], folder: string): Hdf5Array[] {
  const number = ({ path }: Hdf5Array) => Number(path.slice(path.lastIndexOf("/") + 1));
  return arrays
    .filter(({ path }) => path.startsWith(`${folder}/`) && /\/vars\/\d+$/.test(path) && !/seed_generator/.test(path))
    .sort((a, b) => number(a) - number(b));
}

/** Within a layer's folder: a wrapped direction has its own. */
function folderOf(stored: string, layer: string): string {
  const [first = "", ...rest] = stored.slice(layer.length + 1).split("/");
  if (rest.length === 0) return "";
  return first.startsWith("backward_") ? "/backward_layer" : "/forward_layer";
}

/**
 * A `.keras` archive: arrays are numbered, in folders named after classes.
 *
 * Source: Keras 3, saving/saving_lib.py (`_save_container_state`); 2.13 calls the folder `_layer_checkpoint_dependencies`.
 */
export function placesByNumber(
  arrays: readonly Hdf5Array[],
  topology: Json,
  layouts: Iterable<KerasLayout>,
): Map<string, Hdf5Array> {
  const old = arrays.some(({ path }) => path.startsWith("_layer_checkpoint_dependencies/"));
  const folders = new Map<string, string>();
  foldersOf(parseTopology(topology, "config.json").layers, "", folders);
  const groups = new Map<string, KerasLayout[]>();
  for (const layout of new Map([...layouts].map((each) => [each.stored, each])).values()) {
    const layer = layerOf(layout.stored, folders);
    if (layer === null) continue;
    const folder = `${folders.get(layer)}${folderOf(layout.stored, layer)}`;
    groups.set(folder, [...(groups.get(folder) ?? []), layout]);
  }
  const found = new Map<string, Hdf5Array>();
  for (const [folder, members] of groups) {
    const path = old ? folder.replaceAll("layers/", "_layer_checkpoint_dependencies/") : folder;
    const stored = variablesIn(arrays, path);
    const ordered = members.sort((a, b) => orderOf(a.stored) - orderOf(b.stored));
    for (const [i, layout] of ordered.entries()) {
      const array = stored[i];
      if (array !== undefined && array.shape.join() === variableShape(layout).join()) found.set(layout.stored, array);
    }
  }
  return found;
}

/** A layer's name may hold slashes: the longest that fits. */
function layerOf(stored: string, folders: ReadonlyMap<string, string>): string | null {
  for (let end = stored.lastIndexOf("/"); end > 0; end = stored.lastIndexOf("/", end - 1)) {
    const name = stored.slice(0, end);
    if (folders.has(name)) return name;
  }
  return null;
}

/** Names for the numbered arrays of a layer without its configuration, by class and count; null where that does not tell. */
const BY_CLASS: Readonly<Record<string, readonly string[]>> = {
  dense: ["kernel", "bias"],
  conv1d: ["kernel", "bias"],
  conv2d: ["kernel", "bias"],
  conv3d: ["kernel", "bias"],
  conv1d_transpose: ["kernel", "bias"],
  conv2d_transpose: ["kernel", "bias"],
  conv3d_transpose: ["kernel", "bias"],
  depthwise_conv1d: ["kernel", "bias"],
  depthwise_conv2d: ["kernel", "bias"],
  separable_conv1d: ["depthwise_kernel", "pointwise_kernel", "bias"],
  separable_conv2d: ["depthwise_kernel", "pointwise_kernel", "bias"],
  einsum_dense: ["kernel", "bias"],
  cell: ["kernel", "recurrent_kernel", "bias"],
  embedding: ["embeddings"],
  batch_normalization: ["gamma", "beta", "moving_mean", "moving_variance"],
  layer_normalization: ["gamma", "beta"],
  group_normalization: ["gamma", "beta"],
};

/**
 * A numbered array's name where the model's layers are not in the file: "layers/dense_1/vars/0" is "dense_1/kernel".
 *
 * @param count arrays beside it, itself among them.
 */
export function nameOfNumbered(path: string, count: number): string {
  const match = /^(.*)\/vars\/(\d+)$/.exec(path);
  if (match === null) return path;
  const [, folder = "", number = ""] = match;
  const layer = folder.replace(/(^|\/)(layers|_layer_checkpoint_dependencies)\//g, "$1");
  const kind = (layer.split("/").at(-1) ?? "").replace(/_\d+$/, "");
  const names = Object.hasOwn(BY_CLASS, kind) ? BY_CLASS[kind] : undefined;
  const sure = names !== undefined && (count === names.length || names.indexOf("bias") === count);
  return `${layer}/${(sure ? names[Number(number)] : undefined) ?? number}`;
}
