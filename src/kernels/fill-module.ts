/** The module `fill`, loaded once a thread, and the tile that it works in. */

import { BLOCK_WORDS, checkRange, type Key } from "../random/index.ts";
import { loadModule, reserve } from "./module.ts";
import fillModule from "./wasm/fill.ts";

interface FillExports {
  readonly memory: WebAssembly.Memory;
  tile(): number;
  words(block: number, k0: number, k1: number, k2: number, k3: number, count: number): void;
  uniformSymmetric(at: number, end: number, step: number): void;
  uniformBetween(at: number, end: number, step: number, middle: number, lower: number, upper: number): void;
}

export interface FillKernel {
  readonly exports: FillExports;
  /** Address of the tile, and the same memory as numbers. */
  readonly at: number;
  readonly values: Float32Array;
}

/** Words of a tile: 64 KiB, so that a tile stays in the processor's nearest caches between its two passes. */
export const TILE_WORDS = 8 * BLOCK_WORDS;

let kernel: FillKernel | null | undefined;

/** Null where the reference in `random` has to do the work. */
export function fillKernel(): FillKernel | null {
  kernel ??= makeKernel();
  return kernel;
}

function makeKernel(): FillKernel | null {
  const exports = loadModule<FillExports>(fillModule);
  if (exports === null) return null;
  const at = exports.tile();
  reserve(exports.memory, at + TILE_WORDS * 4);
  return { exports, at, values: new Float32Array(exports.memory.buffer, at, TILE_WORDS) };
}

/**
 * Words `start … start + out.length` of a key's stream, turned into values by `transform` and copied out, tile by tile.
 *
 * @param unit words that are used together; whole units are transformed.
 * @param transform gets the addresses of the first word and of the end.
 */
export function fillTiles(
  { exports, at, values }: FillKernel,
  out: Float32Array,
  { words: [k0, k1, k2, k3] }: Key,
  start: number,
  unit: number,
  transform: (at: number, end: number) => void,
): void {
  checkRange(start, out.length);
  for (let done = 0; done < out.length; ) {
    const block = Math.floor((start + done) / BLOCK_WORDS);
    const from = start + done - block * BLOCK_WORDS;
    const to = Math.min(TILE_WORDS, from + out.length - done);
    const first = from - (from % unit);
    const count = Math.ceil(to / unit) * unit;
    exports.words(block, k0, k1, k2, k3, count);
    transform(at + first * 4, at + count * 4);
    out.set(values.subarray(from, to), done);
    done += to - from;
  }
}
