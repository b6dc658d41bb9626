/**
 * The header of a .safetensors file: 8 bytes of length (little-endian), that many bytes of JSON, then the data.
 *
 * Checked before anything is believed, as the original does (huggingface/safetensors 0.4, `Metadata::validate`):
 * lengths against the file, every offset pair against shape × dtype, no overlap, no gap, nothing after the last tensor.
 */

import type { Dtype } from "../../model/types.ts";
import { DTYPE_BYTES } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { type JsonCursor, jsonFail, takeCounts, takeObject, takeString } from "../json.ts";
import { elementCount, MAX_AXES, shown } from "../shape.ts";
import type { AsyncByteSource, ByteSource } from "../source.ts";

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** In the file, not in the data section. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
  /** The file ends with its header: names and shapes are all it has. */
  readonly headerOnly: boolean;
}

/** The original's own limit for the header: enough for a million tensors, too little to exhaust memory. */
const MAX_HEADER = 100_000_000;

const DTYPES: Readonly<Record<string, Dtype>> = {
  F64: "f64",
  F32: "f32",
  F16: "f16",
  BF16: "bf16",
  I64: "i64",
  I32: "i32",
  I16: "i16",
  I8: "i8",
  U64: "u64",
  U32: "u32",
  U16: "u16",
  U8: "u8",
  BOOL: "bool",
};

const NOT_SAFETENSORS = "this is not a .safetensors file or it is cut";

/** Length of the JSON from the first eight bytes, checked against the file's size. */
function headerLength(start: Uint8Array, size: number): number {
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER) {
    throw new FormatError(`safetensors: a header is at most ${MAX_HEADER} bytes, got ${length}, ${NOT_SAFETENSORS}`, 0);
  }
  if (length < 2 || length > size - 8) {
    throw new FormatError(
      `safetensors: the header must fit the file of ${size} bytes, got ${length}, ${NOT_SAFETENSORS}`,
      0,
    );
  }
  return length;
}

function checkSize(size: number): void {
  if (size < 10) throw new FormatError(`safetensors: at least 10 bytes, got ${size}, ${NOT_SAFETENSORS}`, 0);
}

function takeEntry(cursor: JsonCursor, name: string, dataStart: number): SafetensorsEntry {
  const at = cursor.base + cursor.at;
  const fail = (what: string): never => {
    throw new FormatError(`safetensors: tensor ${shown(name)}: ${what}`, at);
  };
  let dtypeName: string | null = null;
  let shape: readonly number[] | null = null;
  let range: readonly number[] | null = null;
  takeObject(cursor, (key) => {
    if (key === "dtype") dtypeName = takeString(cursor);
    else if (key === "shape") shape = takeCounts(cursor, MAX_AXES);
    else if (key === "data_offsets") range = takeCounts(cursor, 2);
    else jsonFail(cursor, `dtype, shape or data_offsets, not ${shown(key)},`);
  });
  return finishEntry({ name, dtypeName, shape, range, dataStart, at, fail });
}

interface RawEntry {
  readonly name: string;
  readonly dtypeName: string | null;
  readonly shape: readonly number[] | null;
  readonly range: readonly number[] | null;
  readonly dataStart: number;
  readonly at: number;
  readonly fail: (what: string) => never;
}

function finishEntry({ name, dtypeName, shape, range, dataStart, at, fail }: RawEntry): SafetensorsEntry {
  if (dtypeName === null || shape === null || range === null) return fail("needs dtype, shape and data_offsets");
  const dtype = Object.hasOwn(DTYPES, dtypeName) ? DTYPES[dtypeName] : undefined;
  if (dtype === undefined) {
    return fail(`dtype must be one of ${Object.keys(DTYPES).join(" ")}, got ${shown(dtypeName)}, convert it first`);
  }
  const [begin, end] = range;
  if (begin === undefined || end === undefined || end < begin) return fail("data_offsets must be [begin, end]");
  const bytes = elementCount(shape, `safetensors: tensor ${shown(name)}`, at) * DTYPE_BYTES[dtype];
  if (end - begin !== bytes) {
    return fail(
      `${dtype} of shape [${shape.join(", ")}] takes ${bytes} bytes, got ${end - begin}, the header is wrong`,
    );
  }
  return { name, dtype, shape, offset: dataStart + begin, bytes };
}

/** Every byte of the data section belongs to exactly one tensor. */
function checkLayout(tensors: readonly SafetensorsEntry[], dataStart: number, size: number): void {
  let next = dataStart;
  for (const { name, offset, bytes } of tensors) {
    if (offset !== next) {
      const what = offset < next ? "overlaps the tensor before it" : "leaves a gap before it";
      throw new FormatError(`safetensors: tensor ${shown(name)} ${what}, write the file again`, offset);
    }
    next = offset + bytes;
  }
  // A header kept without its data is a list of shapes; anything between that and a whole file is damaged.
  if (next !== size && size !== dataStart) {
    const what =
      next > size
        ? `the file is cut, keep its first ${dataStart} bytes for the shapes`
        : "something else follows the tensors";
    throw new FormatError(
      `safetensors: the tensors end at ${next}, the file at ${size}, ${what}`,
      Math.min(next, size),
    );
  }
}

/** Parses the JSON that lies from byte 8 on in a file of `size` bytes. */
function parseHeader(json: Uint8Array, size: number): SafetensorsHeader {
  const cursor: JsonCursor = { bytes: json, base: 8, at: 0 };
  if (json[0] !== 0x7b) jsonFail(cursor, '"{" at the start');
  const dataStart = 8 + json.length;
  const metadata = new Map<string, string>();
  const tensors: SafetensorsEntry[] = [];
  takeObject(cursor, (name) => {
    if (name === "__metadata__") takeObject(cursor, (key) => metadata.set(key, takeString(cursor)));
    else tensors.push(takeEntry(cursor, name, dataStart));
  });
  if (cursor.at !== json.length) jsonFail(cursor, "spaces to the end of the header");
  // Empty tensors share their offset with the next one: the shorter comes first.
  tensors.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  checkLayout(tensors, dataStart, size);
  return { tensors, metadata, headerOnly: size === dataStart && tensors.some(({ bytes }) => bytes > 0) };
}

/**
 * Names, dtypes, shapes and places of a .safetensors file; the data is not read.
 *
 * @throws FormatError with the byte offset for anything that is not a well-formed file
 */
export function readSafetensorsHeader(source: ByteSource): SafetensorsHeader {
  checkSize(source.size);
  const length = headerLength(source.read(0, 8), source.size);
  return parseHeader(source.read(8, length), source.size);
}

/** The same from a source that answers later. */
export async function readSafetensorsHeaderAsync(source: AsyncByteSource): Promise<SafetensorsHeader> {
  checkSize(source.size);
  const length = headerLength(await source.read(0, 8), source.size);
  return parseHeader(await source.read(8, length), source.size);
}
