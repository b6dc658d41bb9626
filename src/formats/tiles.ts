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
