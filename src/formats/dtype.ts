/**
 * Numbers as the bytes of a file and back, for every dtype of the library.
 *
 * Narrowing to float16 (IEEE 754 binary16) and bfloat16 (the upper half of a float32) rounds to nearest, ties to even;
 * too large becomes ±∞, as PyTorch and NumPy do it. Widening is exact.
 */

import { narrow } from "../kernels/index.ts";
import type { Dtype } from "../model/types.ts";
import { FormatError } from "./error.ts";

export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u64: 8,
  u32: 4,
  u16: 2,
  u8: 1,
  bool: 1,
};

export type FloatDtype = "f64" | "f32" | "f16" | "bf16";

export function isFloat(dtype: Dtype): dtype is FloatDtype {
  return dtype === "f64" || dtype === "f32" || dtype === "f16" || dtype === "bf16";
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);
export const littleEndianMachine = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The binary16 pattern nearest to a float32 given by its bits, ties to even. */
function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // 65,520 (0x477ff000) is half way between the largest finite value and the next power of two.
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size >= 0x38800000) {
    // Normal: drop 13 fraction bits; a carry runs into the exponent, which is the next binade.
    const rounded = size + 0xfff + ((size >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // 2^-25 and below is at most half of the least subnormal.
  if (size <= 0x33000000) return sign;
  // Subnormal: the significand with its leading bit, in units of 2^-24.
  const shift = 126 - (size >>> 23);
  const significand = (size & 0x7fffff) | 0x800000;
  const floor = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (floor + (rest > half || (rest === half && (floor & 1) === 1) ? 1 : 0));
}

/** The bfloat16 pattern nearest to a float32 given by its bits, ties to even; NaN stays NaN. */
function bfloatOfBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) & 0x8000) | 0x7fc0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** binary16 pattern of `value` after rounding it to float32. @example float16Bits(1) // 0x3c00 */
export function float16Bits(value: number): number {
  scratch[0] = value;
  return halfOfBits(scratchBits[0]!);
}

/** bfloat16 pattern of `value` after rounding it to float32. @example bfloat16Bits(1) // 0x3f80 */
export function bfloat16Bits(value: number): number {
  scratch[0] = value;
  return bfloatOfBits(scratchBits[0]!) & 0xffff;
}

/** The number that a binary16 pattern stands for, exactly. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The number that a bfloat16 pattern stands for, exactly. */
export function bfloat16Value(bits: number): number {
  scratchBits[0] = (bits & 0xffff) << 16;
  return scratch[0]!;
}

let halves: Float32Array | null = null;

/** The number behind each of the 65,536 binary16 patterns: ten times as fast as taking them apart. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => float16Value(bits));
  return halves;
}

type Getter = (view: DataView, at: number, little: boolean) => number;

const GET: Readonly<Record<Dtype, Getter>> = {
  f64: (view, at, little) => view.getFloat64(at, little),
  f32: (view, at, little) => view.getFloat32(at, little),
  f16: (view, at, little) => float16Value(view.getUint16(at, little)),
  bf16: (view, at, little) => bfloat16Value(view.getUint16(at, little)),
  i64: (view, at, little) => Number(view.getBigInt64(at, little)),
  i32: (view, at, little) => view.getInt32(at, little),
  i16: (view, at, little) => view.getInt16(at, little),
  i8: (view, at) => view.getInt8(at),
  u64: (view, at, little) => Number(view.getBigUint64(at, little)),
  u32: (view, at, little) => view.getUint32(at, little),
  u16: (view, at, little) => view.getUint16(at, little),
  u8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

/** Dtypes whose every value is a float32. */
const FITS_FLOAT32: ReadonlySet<Dtype> = new Set(["f32", "f16", "bf16", "i16", "i8", "u16", "u8", "bool"]);

/** Room for `count` numbers: a Float32Array where it holds every value of the dtype, a Float64Array else. */
export function newNumbers(
  dtype: Dtype,
  count: number,
  buffer = new ArrayBuffer(count * (FITS_FLOAT32.has(dtype) ? 4 : 8)),
): Float32Array | Float64Array {
  return FITS_FLOAT32.has(dtype) ? new Float32Array(buffer, 0, count) : new Float64Array(buffer, 0, count);
}

/**
 * The numbers in `bytes`: a Float32Array where it holds every value of the dtype, a Float64Array else (64-bit integers
 * beyond 2^53 are rounded). Booleans are 0 and 1. Always a copy.
 *
 * @throws FormatError when the bytes are not a whole number of elements
 */
export function decodeNumbers(
  bytes: Uint8Array,
  dtype: Dtype,
  { littleEndian = true }: { readonly littleEndian?: boolean } = {},
): Float32Array | Float64Array {
  const size = DTYPE_BYTES[dtype];
  if (bytes.length % size !== 0) {
    throw new FormatError(
      `decode: ${dtype} takes ${size} bytes an element, got ${bytes.length} bytes, the data is cut`,
    );
  }
  return decodeInto(bytes, dtype, newNumbers(dtype, bytes.length / size), { littleEndian });
}

/** The same into `values`, made by `newNumbers` for as many as `bytes` holds. */
export function decodeInto(
  bytes: Uint8Array,
  dtype: Dtype,
  values: Float32Array | Float64Array,
  { littleEndian = true }: { readonly littleEndian?: boolean } = {},
): Float32Array | Float64Array {
  const size = DTYPE_BYTES[dtype];
  const count = values.length;
  if ((dtype === "f32" || dtype === "f64") && littleEndian === littleEndianMachine) {
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
    return values;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === "f16") {
    const table = halfTable();
    for (let i = 0; i < count; i++) values[i] = table[view.getUint16(i * 2, littleEndian)]!;
    return values;
  }
  if (dtype === "bf16") {
    const bits = new Uint32Array(values.buffer, values.byteOffset, count);
    for (let i = 0; i < count; i++) bits[i] = view.getUint16(i * 2, littleEndian) << 16;
    return values;
  }
  const get = GET[dtype];
  for (let i = 0; i < count; i++) values[i] = get(view, i * size, littleEndian);
  return values;
}

type Setter = (view: DataView, at: number, value: number) => void;

const whole = (value: number): bigint => BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);

const SET: Readonly<Record<Exclude<Dtype, "f32" | "f16" | "bf16">, Setter>> = {
  f64: (view, at, value) => view.setFloat64(at, value, true),
  i64: (view, at, value) => view.setBigInt64(at, whole(value), true),
  i32: (view, at, value) => view.setInt32(at, value, true),
  i16: (view, at, value) => view.setInt16(at, value, true),
  i8: (view, at, value) => view.setInt8(at, value),
  u64: (view, at, value) => view.setBigUint64(at, whole(value), true),
  u32: (view, at, value) => view.setUint32(at, value, true),
  u16: (view, at, value) => view.setUint16(at, value, true),
  u8: (view, at, value) => view.setUint8(at, value),
  bool: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1),
};

/**
 * Little-endian bytes of `values` in `dtype`; the bytes may share memory with `values` where nothing had to change.
 *
 * @param room where the bytes of float16 and bfloat16 may go, if it is large enough: writing piece after piece then makes no garbage.
 */
export function encodeNumbers(values: Float32Array | Float64Array, dtype: Dtype, room?: Uint16Array): Uint8Array {
  if (dtype === "f32" || dtype === "f16" || dtype === "bf16") {
    const single = values instanceof Float32Array ? values : Float32Array.from(values);
    if (dtype !== "f32") return encodeHalves(single, dtype, room);
    if (littleEndianMachine) return new Uint8Array(single.buffer, single.byteOffset, single.byteLength);
    const out = new DataView(new ArrayBuffer(single.length * 4));
    for (let i = 0; i < single.length; i++) out.setFloat32(i * 4, single[i]!, true);
    return new Uint8Array(out.buffer);
  }
  const size = DTYPE_BYTES[dtype];
  const out = new Uint8Array(values.length * size);
  const view = new DataView(out.buffer);
  const set = SET[dtype];
  for (let i = 0; i < values.length; i++) set(view, i * size, values[i]!);
  return out;
}

function encodeHalves(values: Float32Array, dtype: "f16" | "bf16", room?: Uint16Array): Uint8Array {
  const count = values.length;
  const out = room !== undefined && room.length >= count ? room.subarray(0, count) : new Uint16Array(count);
  if (!narrow(values, dtype, out)) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, count);
    if (dtype === "f16") for (let i = 0; i < count; i++) out[i] = halfOfBits(bits[i]!);
    else for (let i = 0; i < count; i++) out[i] = bfloatOfBits(bits[i]!);
  }
  if (!littleEndianMachine) for (let i = 0; i < count; i++) out[i] = (out[i]! >>> 8) | (out[i]! << 8);
  return new Uint8Array(out.buffer, out.byteOffset, count * 2);
}
