/**
 * The header of a .npy array: magic, version, length, and a Python dictionary as text.
 * Format: numpy.lib.format, versions 1.0 to 3.0 (NEP 1). Nothing is evaluated: the three known keys are scanned.
 */

import type { Dtype } from "../../model/types.ts";
import { DTYPE_BYTES } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { elementCount, MAX_AXES, shown } from "../shape.ts";

export interface NpyHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly littleEndian: boolean;
  /** Where the elements begin. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** Bytes that tell how long the header is. */
export const NPY_PREFIX = 12;

/** NumPy itself writes about 100 bytes and refuses to evaluate more than 10,000 by default. */
const MAX_HEADER = 65_536;

const DESCRIPTIONS: Readonly<Record<string, Dtype>> = {
  f8: "f64",
  f4: "f32",
  f2: "f16",
  i8: "i64",
  i4: "i32",
  i2: "i16",
  i1: "i8",
  u8: "u64",
  u4: "u32",
  u2: "u16",
  u1: "u8",
  b1: "bool",
};

export const NPY_DTYPE_NAMES: ReadonlyMap<Dtype, string> = new Map(
  Object.entries(DESCRIPTIONS).map(([code, dtype]) => [dtype, `${DTYPE_BYTES[dtype] === 1 ? "|" : "<"}${code}`]),
);

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

export function isNpy(start: Uint8Array): boolean {
  return MAGIC.every((byte, i) => start[i] === byte);
}

/** Where the elements begin, from the first `NPY_PREFIX` bytes (fewer if the file is shorter). */
export function npyDataOffset(start: Uint8Array, what: string): number {
  if (!isNpy(start)) throw new FormatError(`${what}: not a .npy array (wrong magic bytes), give a file NumPy wrote`, 0);
  const [major = 0, minor = 0] = start.subarray(6, 8);
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FormatError(`${what}: .npy versions 1.0 to 3.0 are read, got ${major}.${minor}, save it again`, 6);
  }
  const wide = major > 1;
  if (start.length < (wide ? 12 : 10)) throw new FormatError(`${what}: the file is cut in the header`, start.length);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > MAX_HEADER) {
    throw new FormatError(
      `${what}: a .npy header is at most ${MAX_HEADER} bytes, got ${length}, the file is damaged`,
      8,
    );
  }
  return (wide ? 12 : 10) + length;
}

const DICTIONARY = /^\{\s*((?:'[a-z_]+'\s*:\s*(?:'[^'\\]*'|True|False|\([\d,\sL]*\))\s*(?:,\s*)?)*)\}\s*$/;
const MEMBER = /'([a-z_]+)'\s*:\s*('[^'\\]*'|True|False|\([\d,\sL]*\))\s*(,|$)\s*/g;

/** The dictionary's members as text, each once. */
function members(text: string, what: string, offset: number): Map<string, string> {
  const body = DICTIONARY.exec(text)?.[1];
  if (body === undefined) {
    const object = /'descr'\s*:\s*\[/.test(text) ? "arrays of records are not read" : "the header is not understood";
    throw new FormatError(`${what}: ${object}, save one plain array of numbers`, offset);
  }
  const found = new Map<string, string>();
  for (const [, key, value] of body.matchAll(MEMBER)) {
    if (key === undefined || value === undefined) continue;
    if (found.has(key))
      throw new FormatError(`${what}: ${shown(key)} comes twice in the header, save it again`, offset);
    found.set(key, value);
  }
  return found;
}

function shapeOf(text: string | undefined): readonly number[] | null {
  const inner = /^\(([\d,\sL]*)\)$/.exec(text ?? "")?.[1];
  if (inner === undefined) return null;
  const parts = inner.split(",").map((part) => part.trim());
  // A trailing comma leaves one empty part: "(3,)"; "()" is a single number.
  if (parts.at(-1) === "") parts.pop();
  if (parts.length > MAX_AXES || parts.some((part) => !/^\d{1,16}L?$/.test(part))) return null;
  return parts.map((part) => Number(part.replace("L", "")));
}

function describe(text: string | undefined, what: string, offset: number) {
  const match = /^'([<>|=]?)([a-zA-Z]\w*)'$/.exec(text ?? "");
  const code = match?.[2] ?? "";
  const dtype = Object.hasOwn(DESCRIPTIONS, code) ? DESCRIPTIONS[code] : undefined;
  if (match === null || dtype === undefined) {
    const why =
      code === "O" ? "an array of Python objects is never read" : `known are ${Object.keys(DESCRIPTIONS).join(" ")}`;
    throw new FormatError(`${what}: element type ${shown(text ?? "none")}: ${why}, save numbers`, offset);
  }
  return { dtype, littleEndian: match[1] !== ">" };
}

/**
 * Parses the header at the start of an array of `size` bytes; `start` reaches at least to the data.
 *
 * @throws FormatError with the offset within the array
 */
export function parseNpyHeader(start: Uint8Array, size: number, what: string): NpyHeader {
  const dataOffset = npyDataOffset(start.subarray(0, NPY_PREFIX), what);
  const textAt = start[6] === 1 ? 10 : 12;
  if (start.length < dataOffset) throw new FormatError(`${what}: the file is cut in the header`, start.length);
  const text = new TextDecoder("latin1").decode(start.subarray(textAt, dataOffset)).trim();
  const found = members(text, what, textAt);
  const { dtype, littleEndian } = describe(found.get("descr"), what, textAt);
  const order = found.get("fortran_order");
  const shape = shapeOf(found.get("shape"));
  if (shape === null || (order !== "True" && order !== "False")) {
    throw new FormatError(`${what}: the header needs shape and fortran_order, save it again`, textAt);
  }
  const dataBytes = elementCount(shape, what, textAt) * DTYPE_BYTES[dtype];
  if (size - dataOffset !== dataBytes) {
    throw new FormatError(
      `${what}: ${dtype} of shape [${shape.join(", ")}] takes ${dataBytes} bytes, got ${size - dataOffset}, the file is damaged`,
      dataOffset,
    );
  }
  return { dtype, shape, fortranOrder: order === "True" && shape.length > 1, littleEndian, dataOffset, dataBytes };
}
