/**
 * Protocol-buffer wire format, read with every length checked against the message that encloses it.
 *
 * General readers trust lengths: they step past the end, backwards or for ever. This one hands out spans of the one
 * buffer (no copies) and stops at the first byte that does not fit.
 * Source: protobuf.dev/programming-guides/encoding.
 */

import { FormatError } from "../error.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** A part of the file: bytes start … end − 1. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Wire {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** One field: its number and wire type; `value` for a varint (as a signed 64-bit integer), start and end of the payload. */
export type Visit = (field: number, type: number, value: number, start: number, end: number) => void;

export function wireOf(bytes: Uint8Array): Wire {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

export function fail(what: string, offset: number | null): never {
  throw new FormatError(`reading ONNX: ${what}`, offset);
}

const TWO_32 = 2 ** 32;

let varintEnd = 0;

/** Signed 64-bit varint at `start`; afterwards `varintEnd` is the byte behind it. Exact up to 2^53. */
function varint(wire: Wire, start: number, end: number): number {
  const { bytes } = wire;
  let low = 0;
  let high = 0;
  let position = start;
  for (let shift = 0; shift < 70; shift += 7) {
    if (position >= end) fail("an integer runs past the end of its message; the file is cut off or damaged", start);
    const byte = bytes[position++];
    const bits = byte & 0x7f;
    if (shift < 28) low += bits * 2 ** shift;
    else if (shift === 28) {
      low += (bits & 0x0f) * 2 ** 28;
      high += bits >>> 4;
    } else if (shift < 63) high += bits * 2 ** (shift - 32);
    else high += (bits & 1) * 2 ** 31;
    if (byte < 0x80) {
      varintEnd = position;
      return high >= 2 ** 31 ? (high - TWO_32) * TWO_32 + low : high * TWO_32 + low;
    }
  }
  return fail("an integer is longer than ten bytes; the file is damaged", start);
}

/** Visits the fields of the message in bytes start … end − 1, in their order. */
export function eachField(wire: Wire, start: number, end: number, visit: Visit): void {
  let position = start;
  while (position < end) {
    const at = position;
    const tag = varint(wire, position, end);
    position = varintEnd;
    const field = Math.floor(tag / 8);
    const type = tag & 7;
    if (field < 1 || field >= 2 ** 29) fail(`field number ${field} is out of range; the file is damaged`, at);
    if (type === VARINT) {
      const value = varint(wire, position, end);
      const from = position;
      position = varintEnd;
      visit(field, type, value, from, position);
      continue;
    }
    let length = 0;
    if (type === BYTES) {
      length = varint(wire, position, end);
      position = varintEnd;
    } else if (type === FIXED32) length = 4;
    else if (type === FIXED64) length = 8;
    else fail(`wire type ${type} is not one ONNX uses; the file is damaged or not ONNX`, at);
    if (length < 0 || length > end - position) {
      fail(
        `field ${field} claims ${length} bytes where ${end - position} are left; the file is cut off or damaged`,
        at,
      );
    }
    visit(field, type, 0, position, position + length);
    position += length;
  }
}

/** A repeated integer field, packed or not, appended to `out`. */
export function readIntegers(wire: Wire, type: number, value: number, span: Span, out: number[]): void {
  if (type === VARINT) {
    out.push(value);
    return;
  }
  if (type !== BYTES) fail("a list of integers has the wrong wire type", span.start);
  let position = span.start;
  while (position < span.end) {
    out.push(varint(wire, position, span.end));
    position = varintEnd;
  }
}

/** Number of varints in a packed span: bytes whose continuation bit is clear. */
export function countVarints(wire: Wire, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (wire.bytes[i] < 0x80) count++;
  if (end > start && wire.bytes[end - 1] >= 0x80) fail("a list of integers ends inside an integer", end - 1);
  return count;
}

const decoder = new TextDecoder("utf-8");
const codes: number[] = [];

export function readText(wire: Wire, type: number, start: number, end: number, limit: number): string {
  if (type !== BYTES) fail(`a text has wire type ${type}`, start);
  if (end - start > limit) fail(`a name of ${end - start} bytes; at most ${limit} are read`, start);
  // Names are ASCII and short: taking the characters in one call is cheaper than a decoder, and than adding one by one.
  if (end - start <= 128) {
    codes.length = end - start;
    let ascii = true;
    for (let i = start; i < end; i++) {
      const byte = wire.bytes[i];
      codes[i - start] = byte;
      if (byte >= 0x80) ascii = false;
    }
    if (ascii) return String.fromCharCode.apply(null, codes);
  }
  return decoder.decode(wire.bytes.subarray(start, end));
}
