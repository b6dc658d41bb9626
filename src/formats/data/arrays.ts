/** Samples from NumPy's files. */

import { FormatError } from "../error.ts";
import { readNpy } from "../npy/index.ts";
import { type NpzArray, readNpzArrays } from "../npz/index.ts";
import type { Data, NamedData } from "./types.ts";

function asInputs(values: Float32Array | Float64Array, shape: readonly number[], name: string): Data {
  if (shape.length === 0 || values.length === 0) {
    throw new FormatError(
      `${name}: an array of samples has one axis or more and no empty one, got [${shape.join(", ")}]`,
    );
  }
  const inputs = values instanceof Float32Array ? values : Float32Array.from(values);
  return { inputs, shape: shape.length === 1 ? [shape[0]!, 1] : shape, labels: null, classes: [] };
}

/** A .npy array as samples along its first axis. @throws FormatError */
export function readNpyData(bytes: Uint8Array, { name = "npy" }: { readonly name?: string } = {}): Data {
  const { values, shape } = readNpy(bytes, { name });
  return asInputs(values, shape, name);
}

const INPUTS = /^(x|x_train|inputs?|data|features|images|arr_0)$/i;
const LABELS = /^(y|y_train|labels?|targets?|class(es)?|species|arr_1)$/i;

function classesOf(labels: NpzArray, count: number, name: string): Pick<Data, "labels" | "classes"> {
  const values = labels.values();
  if (values.length !== count) {
    throw new FormatError(
      `${name}: one label for each of the ${count} samples, got ${values.length} in ${JSON.stringify(labels.name)}`,
    );
  }
  const known = [...new Set(values)].sort((a, b) => a - b);
  const index = new Map(known.map((value, i) => [value, i]));
  return { labels: Int32Array.from(values, (value) => index.get(value) ?? 0), classes: known.map(String) };
}

/**
 * An .npz archive: the array called x, inputs, data, features or images (or the only one) holds samples, one called y,
 * labels or targets their labels.
 *
 * @throws FormatError
 */
export function readNpzData(bytes: Uint8Array, { name = "npz" }: { readonly name?: string } = {}): Data {
  const arrays = readNpzArrays(bytes, { name });
  const inputs = arrays.length === 1 ? arrays[0] : arrays.find((array) => INPUTS.test(array.name));
  if (inputs === undefined) {
    const names = arrays.slice(0, 8).map((array) => array.name);
    throw new FormatError(`${name}: no array called x, inputs or data, got ${names.join(", ") || "none"}, rename one`);
  }
  const data = asInputs(inputs.values(), inputs.header.shape, name);
  const labels = arrays.find((array) => array !== inputs && LABELS.test(array.name));
  return labels === undefined ? data : { ...data, ...classesOf(labels, data.shape[0] ?? 0, name) };
}

/**
 * The arrays of an .npz archive by name, each with samples along its first axis, and the labels (an array called y, labels
 * or targets) where there are some.
 *
 * @throws FormatError where arrays have different numbers of samples
 */
export function readNpzNamedData(bytes: Uint8Array, { name = "npz" }: { readonly name?: string } = {}): NamedData {
  const all = readNpzArrays(bytes, { name });
  const labels = all.find((array) => LABELS.test(array.name));
  const inputs = all.filter((array) => array !== labels);
  const [first] = inputs;
  if (first === undefined) throw new FormatError(`${name}: no arrays of samples, add one for each input`);
  const count = first.header.shape[0] ?? 0;
  const arrays = new Map(
    inputs.map((array) => {
      const { inputs: values, shape } = asInputs(array.values(), array.header.shape, name);
      if (shape[0] !== count) {
        throw new FormatError(
          `${name}: every array has as many samples as ${JSON.stringify(first.name)}, ${count}, got ${shape[0]} in ${JSON.stringify(array.name)}`,
        );
      }
      return [array.name, values] as const;
    }),
  );
  return { count, arrays, ...(labels === undefined ? { labels: null, classes: [] } : classesOf(labels, count, name)) };
}
