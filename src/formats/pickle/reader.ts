/** The bytes of a pickle, taken one argument after another, never beyond the end. */

import { FormatError } from "../error.ts";

export interface Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the pickle lies in the file, for messages. */
  readonly base: number;
  at: number;
}

/** Longest string or integer taken: names and numbers of real files stay far below. */
const MAX_TEXT = 1_048_576;
const MAX_INTEGER = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("latin1");

export function newReader(bytes: Uint8Array, base: number, at = 0): Reader {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), base, at };
}

export function pickleError(reader: Reader, what: string, at = reader.at): FormatError {
  return new FormatError(`pickle: ${what}`, reader.base + at);
}

/** Start of the next `length` bytes, which are then behind. */
export function take(reader: Reader, length: number): number {
  const start = reader.at;
  if (!(length >= 0) || length > reader.bytes.length - start) {
    throw pickleError(reader, `${length} bytes wanted where ${reader.bytes.length - start} are left, the file is cut`);
  }
  reader.at = start + length;
  return start;
}

export const takeUint8 = (reader: Reader): number => reader.view.getUint8(take(reader, 1));
export const takeUint16 = (reader: Reader): number => reader.view.getUint16(take(reader, 2), true);
export const takeUint32 = (reader: Reader): number => reader.view.getUint32(take(reader, 4), true);
export const takeInt32 = (reader: Reader): number => reader.view.getInt32(take(reader, 4), true);
export const takeUint64 = (reader: Reader): number => Number(reader.view.getBigUint64(take(reader, 8), true));
/** The one number that pickles hold big-endian. */
export const takeDouble = (reader: Reader): number => reader.view.getFloat64(take(reader, 8), false);

function textBytes(reader: Reader, length: number): Uint8Array {
  if (length > MAX_TEXT)
    throw pickleError(reader, `a string is at most ${MAX_TEXT} bytes, got ${length}, the file is damaged`);
  const start = take(reader, length);
  return reader.bytes.subarray(start, start + length);
}

export function takeText(reader: Reader, length: number): string {
  const start = reader.at;
  const bytes = textBytes(reader, length);
  try {
    return utf8.decode(bytes);
  } catch {
    throw pickleError(reader, "a string must be UTF-8, the file is damaged", start);
  }
}

/** Python 2's byte strings. */
export const takeLatin1 = (reader: Reader, length: number): string => latin1.decode(textBytes(reader, length));

/** Raw bytes stay a view of the file: their size is bounded by it. */
export function takeBytes(reader: Reader, length: number): Uint8Array {
  const start = take(reader, length);
  return reader.bytes.subarray(start, start + length);
}

/** Up to the end of the line, which is taken too. */
export function takeLine(reader: Reader): string {
  const start = reader.at;
  const end = reader.bytes.indexOf(0x0a, start);
  if (end < 0 || end - start > MAX_TEXT) throw pickleError(reader, "a line does not end, the file is damaged");
  const text = takeText(reader, end - start);
  reader.at = end + 1;
  return text;
}

/** Two's complement, little-endian; a bigint only where a number would not hold it. */
export function takeInteger(reader: Reader, length: number): number | bigint {
  if (length > MAX_INTEGER) {
    throw pickleError(reader, `an integer is at most ${MAX_INTEGER} bytes, got ${length}, the file is damaged`);
  }
  const start = take(reader, length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(reader.bytes[start + i]!);
  if (length > 0 && reader.bytes[start + length - 1]! >= 128) value -= 1n << BigInt(8 * length);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
