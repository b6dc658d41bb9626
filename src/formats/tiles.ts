/** Numbers that lie in a row in a file, piece by piece through one buffer: a tensor of any size in a megabyte. */

import type { Dtype } from "../model/types.ts";
import { DTYPE_BYTES, decodeInto, littleEndianMachine, newNumbers } from "./dtype.ts";
import type { ByteSource } from "./source.ts";

type Numbers = Float32Array | Float64Array;

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

/**
 * Buffers that no walk uses at the moment. A file of thousands of small tensors would else ask the system for fresh memory
 * thousands of times: a page's first touch costs many times what reading into it does.
 */
const idle: ArrayBuffer[] = [];
const MOST_IDLE = 4;

function* withBuffers<Piece>(use: (raw: Uint8Array, wide: ArrayBuffer) => Generator<Piece>): Generator<Piece> {
  const raw = idle.pop() ?? new ArrayBuffer(TILE * 8);
  const wide = idle.pop() ?? new ArrayBuffer(TILE * 8);
  try {
    yield* use(new Uint8Array(raw), wide);
  } finally {
    for (const buffer of [wide, raw]) if (idle.length < MOST_IDLE) idle.push(buffer);
  }
}

/** The numbers in the first `length` bytes of `raw`: in place where they are stored as the machine has them. */
function numbersIn(
  raw: Uint8Array,
  length: number,
  wide: ArrayBuffer,
  { dtype, littleEndian }: { readonly dtype: Dtype; readonly littleEndian: boolean },
): Numbers {
  const count = length / DTYPE_BYTES[dtype];
  if (littleEndian === littleEndianMachine) {
    if (dtype === "f32") return new Float32Array(raw.buffer, 0, count);
    if (dtype === "f64") return new Float64Array(raw.buffer, 0, count);
  }
  return decodeInto(raw.subarray(0, length), dtype, newNumbers(dtype, count, wide), { littleEndian });
}

/** Pieces of bytes of any length, less the first `skip`, as numbers; a piece is overwritten when the next is asked for. */
export function tilesOfPieces(
  pieces: Iterable<Uint8Array>,
  {
    skip,
    dtype,
    littleEndian = true,
  }: { readonly skip: number; readonly dtype: Dtype; readonly littleEndian?: boolean },
): Generator<Numbers> {
  return withBuffers(function* (raw, wide) {
    const most = TILE * DTYPE_BYTES[dtype];
    let filled = 0;
    let left = skip;
    for (const piece of pieces) {
      let at = Math.min(left, piece.length);
      left -= at;
      while (at < piece.length) {
        const length = Math.min(most - filled, piece.length - at);
        raw.set(piece.subarray(at, at + length), filled);
        filled += length;
        at += length;
        if (filled < most) continue;
        yield numbersIn(raw, filled, wide, { dtype, littleEndian });
        filled = 0;
      }
    }
    if (filled > 0) yield numbersIn(raw, filled, wide, { dtype, littleEndian });
  });
}

/** The pieces in order; a piece is overwritten when the next is asked for. */
export function tilesOf(
  { read, readInto }: ByteSource,
  { offset, count, dtype, littleEndian = true }: NumberRun,
): Generator<Numbers> {
  return withBuffers(function* (raw, wide) {
    const bytes = DTYPE_BYTES[dtype];
    for (let at = 0; at < count; at += TILE) {
      const length = Math.min(TILE, count - at) * bytes;
      const from = offset + at * bytes;
      if (readInto) readInto(from, raw.subarray(0, length));
      else raw.set(read(from, length));
      yield numbersIn(raw, length, wide, { dtype, littleEndian });
    }
  });
}
