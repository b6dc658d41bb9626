/**
 * An ONNX file without the values of its large tensors: what the graph is read from. Where the values would lie the bytes are
 * never touched, so that they take neither time nor memory; they are read from the file when they are asked for.
 */

import type { ByteSource } from "../source.ts";

/** Raw values of fewer bytes are taken with the rest: skipping costs a read of its own. */
const LARGE = 65_536;
/** Bytes that are read behind what is needed, since fields are small. */
const AHEAD = 16_384;
/** A tag and a length: a varint takes ten bytes at most. */
const HEAD = 20;

const BYTES = 2;
/** ModelProto.graph, GraphProto.initializer, TensorProto.raw_data: the way to the values. */
const PATH = [7, 5, 9];

interface Reading {
  readonly source: ByteSource;
  readonly bytes: Uint8Array;
  /** What lies before this has been read, but for the values that were left out. */
  to: number;
  /** Where values were left out, in order. */
  readonly gaps: Range[];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Skeleton {
  /** The file, with zeros where values were left out. */
  readonly bytes: Uint8Array;
  /** The whole file: what was left out is read from where the skeleton came from, all else is in memory. */
  readonly values: ByteSource;
}

function need(reading: Reading, from: number, end: number): void {
  if (end <= reading.to) return;
  const { source, bytes } = reading;
  const start = Math.max(from, reading.to);
  const until = Math.min(source.size, Math.max(end, start + AHEAD));
  bytes.set(source.read(start, until - start), start);
  reading.to = until;
}

/** Value and end of a varint that says where something ends; null where it is none: the parser will say what is wrong. */
function length(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let at = start, factor = 1; at < end && factor < 2 ** 49; at++, factor *= 128) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return null;
}

const FIXED: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [5, 4],
]);

/** Reads the message in start … end − 1; false where it is damaged, and then nothing is left out behind that place. */
function walk(reading: Reading, start: number, end: number, depth: number): boolean {
  for (let at = start; at < end; ) {
    need(reading, at, Math.min(end, at + HEAD));
    const tag = length(reading.bytes, at, end);
    if (tag === null) return false;
    const type = tag.value % 8;
    let size = FIXED.get(type);
    let from = tag.end;
    if (size === undefined) {
      const next = length(reading.bytes, from, end);
      // Varints of more than 49 bits are negative numbers: ten bytes.
      if (type === 0) {
        size = next === null ? 10 : next.end - from;
      } else if (type === BYTES && next !== null) {
        size = next.value;
        from = next.end;
      } else return false;
    }
    if (size > end - from) return false;
    const inside = type === BYTES && (tag.value - type) / 8 === PATH[depth];
    if (inside && depth + 1 < PATH.length) {
      if (!walk(reading, from, from + size, depth + 1)) return false;
    } else if (inside && size >= LARGE) reading.gaps.push({ start: from, end: from + size });
    else need(reading, from, from + size);
    at = from + size;
  }
  return true;
}

/** No value in start … end − 1 was left out. */
function holds(gaps: readonly Range[], start: number, end: number): boolean {
  let low = 0;
  for (let high = gaps.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (gaps[middle]!.end <= start) low = middle + 1;
    else high = middle;
  }
  return low === gaps.length || gaps[low]!.start >= end;
}

/** A graph of hundreds of small tensors would else be as many times open, stat and close. */
function valuesBehind({ source, bytes, gaps }: Reading): ByteSource {
  const isInMemory = (offset: number, length: number) =>
    offset >= 0 && length >= 0 && offset + length <= source.size && holds(gaps, offset, offset + length);
  const read = (offset: number, length: number) =>
    isInMemory(offset, length) ? bytes.subarray(offset, offset + length) : source.read(offset, length);
  return {
    size: source.size,
    read,
    readInto: (offset, target) => {
      if (source.readInto && !isInMemory(offset, target.length)) source.readInto(offset, target);
      else target.set(read(offset, target.length));
    },
  };
}

/**
 * An ONNX file without the raw values of initializers of 64 KiB and more.
 *
 * @throws FormatError where the file cannot be read
 * @example
 * const { bytes, values } = skeletonOf(fileSource("model.onnx"));
 * const model = readOnnx(bytes, { values });
 */
export function skeletonOf(source: ByteSource): Skeleton {
  const bytes = new Uint8Array(source.size);
  const reading: Reading = { source, bytes, to: 0, gaps: [] };
  if (!walk(reading, 0, source.size, 0)) need(reading, reading.to, source.size);
  return { bytes, values: valuesBehind(reading) };
}
