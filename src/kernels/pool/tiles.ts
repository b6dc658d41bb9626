/** Values as the bytes of a file, drawn ahead by several threads. */

import type { Fill } from "../fill.ts";
import type { Narrow } from "../narrow.ts";
import { kernelMemoryOf, sharedFloat32 } from "./memory.ts";
import type { Place } from "./messages.ts";
import { fillFrom, type ParallelOptions, PIECE } from "./parallel.ts";
import type { Pool } from "./pool.ts";

/** Tiles that wait for the consumer or are being drawn. A disk is fed by a few threads. */
const AHEAD = 6;

/** One fill of `length` values. */
export interface Stretch {
  readonly fill: Fill;
  readonly length: number;
  /** Default: that of all. */
  readonly dtype?: "f32" | Narrow;
}

export interface TilesOptions extends Omit<ParallelOptions, "onProgress" | "pool"> {
  readonly dtype?: "f32" | Narrow;
  /** Values of a tile. The bytes do not depend on it. */
  readonly tile?: number;
}

/** What a task is given to write into, and its bytes when it is done. */
interface Room {
  place(dtype: "f32" | Narrow): Place;
  bytes(answer: ArrayBuffer | null, length: number): Uint8Array;
}

const FAILED = "pool: a thread sent no bytes, draw again with one thread";

/** Rooms of `size` bytes, used again and again: one memory that threads and consumer share, or buffers that go to and fro. */
function createRooms(count: number, size: number): Room[] {
  const shared = sharedFloat32(Math.ceil((count * size) / 4));
  const kernel = kernelMemoryOf(shared);
  return Array.from({ length: count }, (_, i): Room => {
    if (kernel !== null) {
      const at = shared.byteOffset + i * size;
      return {
        place: (dtype) => ({ kind: "kernel-memory", ...kernel, at, dtype }),
        bytes: (_, length) => new Uint8Array(shared.buffer, at, length),
      };
    }
    let room: ArrayBuffer | null = null;
    return {
      place: (dtype) => ({ kind: "answer", dtype, room }),
      bytes: (answer, length) => {
        if (answer === null) throw new Error(FAILED);
        room = answer;
        return new Uint8Array(answer, 0, length);
      },
    };
  });
}

function* piecesOf(stretches: readonly Stretch[], tile: number): Generator<Stretch> {
  for (const { fill, length, ...rest } of stretches)
    for (let from = 0; from < length; from += tile)
      yield { ...rest, fill: fillFrom(fill, from), length: Math.min(tile, length - from) };
}

const bytesOf = (dtype: "f32" | Narrow): number => (dtype === "f32" ? 4 : 2);

/**
 * Stretches one after the other as the little-endian bytes of a file, drawn ahead by several threads: at most six tiles are
 * in memory, however slow the consumer. No tile holds values of two stretches. A tile is the consumer's until it asks for the next;
 * it may lie in memory that threads share.
 *
 * @throws the signal's reason when it is aborted; Error when a thread fails
 */
export async function* sharedTiles(
  pool: Pool,
  stretches: readonly Stretch[],
  { dtype: usual = "f32", tile = PIECE, signal }: TilesOptions = {},
): AsyncGenerator<Uint8Array> {
  const pieces = piecesOf(stretches, tile);
  const longest = stretches.reduce((most, { length }) => Math.max(most, length), 0);
  const count = Math.min(pool.size * 2, AHEAD);
  // Whole cache lines, beyond what kernels write in steps of eight values.
  const size = Math.ceil((Math.min(tile, longest) * 4) / 64) * 64;
  const ahead: { readonly room: Room; readonly length: number; readonly task: Promise<ArrayBuffer | null> }[] = [];
  const ask = (room: Room) => {
    const { value } = pieces.next();
    if (!value) return;
    const { fill, length, dtype = usual } = value;
    const task = pool.run({ fill, length, place: room.place(dtype) });
    // Looked at when its turn comes; until then a failure is not unhandled.
    task.catch(() => undefined);
    ahead.push({ room, length: length * bytesOf(dtype), task });
  };
  for (const room of createRooms(count, size)) ask(room);
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    const answer = await next.task;
    signal?.throwIfAborted();
    yield next.room.bytes(answer, next.length);
    ask(next.room);
  }
}

/**
 * `sharedTiles` in memory of their own, which every writer takes: a browser's files and sockets refuse what threads share.
 *
 * @throws what `sharedTiles` throws
 */
export async function* encodedTiles(
  pool: Pool,
  stretches: readonly Stretch[],
  options: TilesOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const tile of sharedTiles(pool, stretches, options)) yield Uint8Array.from(tile);
}
