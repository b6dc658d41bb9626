/** An HDF5 file → its arrays of numbers and the texts that groups bear. */

import type { Dataset, File } from "h5wasm";
import type { Dtype } from "../../model/types.ts";
import { DTYPE_BYTES, decodeNumbers } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { elementCount, shown } from "../shape.ts";
import type { ByteSource } from "../source.ts";
import { boxes } from "./boxes.ts";
import { hdf5Library, type OpenFile } from "./library.ts";

export interface Hdf5Array {
  /** Without the slash in front, e.g. "model_weights/dense/kernel:0". */
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly littleEndian: boolean;
  readonly elements: number;
}

export interface Hdf5 {
  /** In the order of their paths. */
  readonly arrays: ReadonlyMap<string, Hdf5Array>;
  /** Attributes of a group or array that are texts or lists of texts; "" is the root. */
  readonly texts: (path: string) => ReadonlyMap<string, readonly string[]>;
  /** An array's numbers in row-major order, in pieces. */
  readonly tiles: (array: Hdf5Array) => Generator<Float32Array | Float64Array>;
}

/** More than any model has; a file's own directory is what is large then. */
const MAX_OBJECTS = 500_000;
/** Elements of a piece. */
const TILE = 262_144;
/** Deflate's limit: what is stored compressed cannot grow more. */
const MAX_RATIO = 1032;

/** HDF5's classes of numbers: whole, floating point, and names for whole numbers (NumPy's bool). */
const [INTEGER, FLOAT, BITS, OPAQUE, ENUM] = [0, 1, 4, 5, 8];

/** Null for what is not a number here: texts, compounds, references. */
function dtypeOf({ type, size, signed }: Dataset["metadata"], tag: string | undefined): Dtype | null {
  if (size === 2 && tag === "bfloat16") return "bf16";
  if (type === FLOAT) return size === 2 ? "f16" : size === 4 ? "f32" : size === 8 ? "f64" : null;
  if (type === ENUM && size === 1) return "bool";
  if (type !== INTEGER) return null;
  if (size === 1) return signed ? "i8" : "u8";
  if (size === 2) return signed ? "i16" : "u16";
  if (size === 4) return signed ? "i32" : "u32";
  return size === 8 ? (signed ? "i64" : "u64") : null;
}

const isNumber = (type: number): boolean => [INTEGER, FLOAT, BITS, OPAQUE, ENUM].includes(type);

function textsOf(file: File, path: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const object = path === "" ? file : file.get(path);
  if (object === null || !("attrs" in object)) return found;
  for (const [name, attribute] of Object.entries(object.attrs)) {
    const { value } = attribute;
    if (typeof value === "string") found.set(name, [value]);
    else if (Array.isArray(value)) {
      const texts = value.filter((entry) => typeof entry === "string");
      if (texts.length === value.length) found.set(name, texts);
    }
  }
  return found;
}

/** What is stored elsewhere is not read: other files are none of the model's. */
function checkPlace(dataset: Dataset, what: string): void {
  if ((dataset.metadata.virtual_sources ?? []).length > 0)
    throw new FormatError(`${what}: its values lie in other files, save it with its values`);
}

function arrayOf(open: OpenFile, path: string, source: ByteSource, what: string): Hdf5Array | null {
  const object = open.call(() => open.file.get(path));
  if (object === null || !("filters" in object)) return null;
  const label = `${what}, ${shown(path)}`;
  const { metadata, filters } = open.call(() => ({ metadata: object.metadata, filters: object.filters }));
  const tag = isNumber(metadata.type) ? open.call(() => textsOf(open.file, path)).get("dtype")?.[0] : undefined;
  const dtype = dtypeOf(metadata, tag);
  if (dtype === null || metadata.shape === null) return null;
  checkPlace(object, label);
  const { shape, littleEndian } = metadata;
  const elements = elementCount(shape, label);
  const limit = filters.length > 0 ? MAX_RATIO * source.size : source.size;
  if (elements * DTYPE_BYTES[dtype] > limit)
    throw new FormatError(`${label}: shape [${shape}] does not fit the file of ${source.size} bytes, it is damaged`);
  return { path, shape, dtype, littleEndian, elements };
}

function* readTiles(open: OpenFile, array: Hdf5Array): Generator<Float32Array | Float64Array> {
  const { module, file, call } = open;
  const { path, shape, dtype, littleEndian } = array;
  const bytes = DTYPE_BYTES[dtype];
  const pointer = module._malloc(Math.min(array.elements, TILE) * bytes);
  try {
    for (const { offset, count, elements } of boxes(shape, TILE)) {
      const wide = (sizes: readonly number[]) => sizes.map(BigInt);
      const part: [bigint[] | null, bigint[] | null, bigint[] | null] =
        shape.length === 0 ? [null, null, null] : [wide(count), wide(offset), wide(shape.map(() => 1))];
      call(() => module.get_dataset_data(file.file_id, `/${path}`, ...part, BigInt(pointer)));
      // The memory may have grown meanwhile: `HEAPU8` is asked for anew.
      yield decodeNumbers(module.HEAPU8.slice(pointer, pointer + elements * bytes), dtype, { littleEndian });
    }
  } finally {
    module._free(pointer);
  }
}

/**
 * Opens an HDF5 file. Its tree is read here, numbers when they are asked for; links to other files are not followed.
 *
 * @param what names the file in errors.
 * @throws FormatError in one line
 * @example (await openHdf5(source, "model.h5")).arrays.get("dense/kernel")?.shape
 */
export async function openHdf5(source: ByteSource, what: string): Promise<Hdf5> {
  const library = await hdf5Library();
  const open = library(source, what);
  const arrays = new Map<string, Hdf5Array>();
  try {
    const paths = open.call(() => open.file.paths());
    if (paths.length > MAX_OBJECTS) throw new FormatError(`${what}: more than ${MAX_OBJECTS} objects`);
    for (const path of paths) {
      const array = arrayOf(open, path, source, what);
      if (array !== null) arrays.set(path, array);
    }
  } finally {
    open.close();
  }
  return {
    arrays,
    texts: (path) => {
      const again = library(source, what);
      try {
        return again.call(() => textsOf(again.file, path));
      } finally {
        again.close();
      }
    },
    *tiles(array) {
      const again = library(source, what);
      try {
        yield* readTiles(again, array);
      } finally {
        again.close();
      }
    },
  };
}
