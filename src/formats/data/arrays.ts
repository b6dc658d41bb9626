/** Samples from NumPy's files. */

import { FormatError } from "../error.ts";
import { readNpy } from "../npy/index.ts";
import { type NpzArray, readNpzArrays } from "../npz/index.ts";
import type { Data } from "./types.ts";

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

function withLabels(data: Data, labels: NpzArray, name: string): Data {
  const values = labels.values();
  if (values.length !== data.shape[0]) {
    throw new FormatError(
      `${name}: one label for each of the ${data.shape[0]} samples, got ${values.length} in ${JSON.stringify(labels.name)}`,
    );
  }
  const known = [...new Set(values)].sort((a, b) => a - b);
  const index = new Map(known.map((value, i) => [value, i]));
  return { ...data, labels: Int32Array.from(values, (value) => index.get(value) ?? 0), classes: known.map(String) };
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
  return labels === undefined ? data : withLabels(data, labels, name);
}
