/** Numbers that lie in a row in a file, piece by piece through one buffer: a tensor of any size in a megabyte. */

import type { Dtype } from "../model/types.ts";
import { DTYPE_BYTES, decodeNumbers, littleEndianMachine } from "./dtype.ts";
import type { ByteSource } from "./source.ts";

export interface NumberRun {
  /** In bytes. */
  readonly offset: number;
  /** Of elements. */
  readonly count: number;
  readonly dtype: Dtype;
  /** Default true. */
  readonly littleEndian?: boolean;
}

/** Elements of a piece: a megabyte of float32 stays in a second-level cache between reading and counting. */
const TILE = 262_144;

/** Pieces of bytes of any length, less the first `skip`, as numbers; a piece is overwritten when the next is asked for. */
export function* tilesOfPieces(
  pieces: Iterable<Uint8Array>,
  {
    skip,
    dtype,
    littleEndian = true,
  }: { readonly skip: number; readonly dtype: Dtype; readonly littleEndian?: boolean },
): Generator<Float32Array | Float64Array> {
  const buffer = new Uint8Array(TILE * DTYPE_BYTES[dtype]);
  const asIs = dtype === "f32" && littleEndian === littleEndianMachine;
  const numbers = (length: number) =>
    asIs
      ? new Float32Array(buffer.buffer, 0, length / 4)
      : decodeNumbers(buffer.subarray(0, length), dtype, { littleEndian });
  let filled = 0;
  let left = skip;
  for (const piece of pieces) {
    let at = Math.min(left, piece.length);
    left -= at;
    while (at < piece.length) {
      const length = Math.min(buffer.length - filled, piece.length - at);
      buffer.set(piece.subarray(at, at + length), filled);
      filled += length;
      at += length;
      if (filled < buffer.length) continue;
      yield numbers(filled);
      filled = 0;
    }
  }
  if (filled > 0) yield numbers(filled);
}

/** The pieces in order; a piece is overwritten when the next is asked for. */
export function* tilesOf(
  source: ByteSource,
  { offset, count, dtype, littleEndian = true }: NumberRun,
): Generator<Float32Array | Float64Array> {
  const bytes = DTYPE_BYTES[dtype];
  const size = Math.min(count, TILE);
  const { readInto } = source;
  const asIs = littleEndian === littleEndianMachine && readInto !== undefined;
  const buffer = !asIs
    ? null
    : dtype === "f32"
      ? new Float32Array(size)
      : dtype === "f64"
        ? new Float64Array(size)
        : null;
  const raw = readInto === undefined || buffer !== null ? null : new Uint8Array(size * bytes);
  for (let at = 0; at < count; at += TILE) {
    const length = Math.min(TILE, count - at);
    const from = offset + at * bytes;
    if (buffer && readInto) {
      readInto(from, new Uint8Array(buffer.buffer, 0, length * bytes));
      yield buffer.subarray(0, length);
    } else if (raw && readInto) {
      readInto(from, raw.subarray(0, length * bytes));
      yield decodeNumbers(raw.subarray(0, length * bytes), dtype, { littleEndian });
    } else yield decodeNumbers(source.read(from, length * bytes), dtype, { littleEndian });
  }
}
