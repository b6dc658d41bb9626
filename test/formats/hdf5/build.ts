/** HDF5 files made by the library itself, for tests. */

import { type Dataset, File, Group, ready } from "h5wasm";

type Numbers = Parameters<Group["create_dataset"]>[0]["data"];

export interface Make {
  readonly data: Numbers;
  readonly shape?: number[];
  readonly dtype?: string;
  readonly chunks?: number[];
  readonly compression?: number;
  readonly attributes?: Readonly<Record<string, string | string[]>>;
}

/** Groups on the way to `path` are made. */
function groupAt(file: File, path: readonly string[]): Group {
  let group: Group = file;
  for (const part of path) {
    const found = group.get(part);
    group = found instanceof Group ? found : group.create_group(part);
  }
  return group;
}

let made = 0;

/**
 * An HDF5 file's bytes.
 *
 * @param arrays by path.
 * @param attributes of groups by path, "" is the root.
 */
export async function hdf5Bytes(
  arrays: Readonly<Record<string, Make>>,
  attributes: Readonly<Record<string, Readonly<Record<string, string | string[]>>>> = {},
): Promise<Uint8Array> {
  const { FS } = await ready;
  const name = `/made${made++}.h5`;
  const file = new File(name, "w");
  for (const [path, { attributes: own = {}, ...rest }] of Object.entries(arrays)) {
    const parts = path.split("/");
    const leaf = parts.pop() ?? "";
    const dataset: Dataset = groupAt(file, parts).create_dataset({ name: leaf, ...rest });
    for (const [key, value] of Object.entries(own)) dataset.create_attribute(key, value);
  }
  for (const [path, own] of Object.entries(attributes)) {
    const group = groupAt(file, path === "" ? [] : path.split("/"));
    for (const [key, value] of Object.entries(own)) group.create_attribute(key, value);
  }
  file.close();
  const bytes = FS.readFile(name);
  FS.unlink(name);
  return bytes;
}
