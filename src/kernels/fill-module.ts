/** The module `fill`: one instance a thread, the tile that it works in, and fills of any range by whole blocks. */

import { BLOCK_WORDS, checkRange, type Key } from "../random/index.ts";
import { createMemory, loadModule, reserve } from "./module.ts";
import fillModule from "./wasm/fill.ts";

type Fill<Numbers extends readonly number[]> = (at: number, block: number, count: number, ...numbers: Numbers) => void;

export interface FillExports {
  firstFree(): number;
  roomBytes(): number;
  setRoom(at: number): void;
  setKey(k0: number, k1: number, k2: number, k3: number): void;
  readonly bits: Fill<[]>;
  readonly uniform: Fill<[step: number, middle: number, lower: number, upper: number]>;
  readonly normal: Fill<[mean: number, scale: number, lower: number, upper: number]>;
  readonly truncatedCentral: Fill<
    [mean: number, std: number, lower: number, upper: number, step: number, middle: number, broad: number]
  >;
  readonly truncatedTailed: Fill<
    [mean: number, std: number, lower: number, upper: number, step: number, below: number, above: number]
  >;
  toFloat16(at: number, end: number, out: number): void;
  toBfloat16(at: number, end: number, out: number): void;
}

export interface FillKernel {
  readonly exports: FillExports;
  readonly memory: WebAssembly.Memory;
  /** Address of the tile, and the tile as numbers. */
  readonly at: number;
  readonly values: Float32Array;
}

/** Words of a tile: 64 KiB, which stays in a core's own cache until it is copied out. */
export const TILE_WORDS = 4 * BLOCK_WORDS;
/** Kernels write whole rounds of words. */
const ROUND_WORDS = 32;
/** What lies behind a tile, so that no two threads' parts share a line of cache. */
export const SLACK = 64;

/**
 * An instance over `memory`. Several threads may have one over the same shared memory, each with its own `slot`.
 *
 * @returns null where there is no SIMD
 */
export function createFillKernel(memory: WebAssembly.Memory, slot = 0): FillKernel | null {
  const exports = loadModule<FillExports>(fillModule, memory);
  if (exports === null) return null;
  const room = exports.firstFree() + slot * slotBytes(exports);
  const at = room + exports.roomBytes();
  reserve(memory, at + TILE_WORDS * 4 + SLACK);
  exports.setRoom(room);
  return { exports, memory, at, values: new Float32Array(memory.buffer, at, TILE_WORDS) };
}

const slotBytes = (exports: FillExports) => exports.roomBytes() + TILE_WORDS * 4 + SLACK;

/** Where values can begin in a memory that `slots` threads share: on a page, for what the kernels' own memory leaves. */
export function valuesBegin({ exports }: FillKernel, slots: number): number {
  return Math.ceil((exports.firstFree() + slots * slotBytes(exports)) / 65_536) * 65_536;
}

let ours: FillKernel | null | undefined;

/** This thread's own; null where the reference in `random` has to do the work. */
export function fillKernel(): FillKernel | null {
  if (ours === undefined) ours = typeof WebAssembly === "undefined" ? null : createFillKernel(createMemory(65_536));
  return ours;
}

/** `count` words, a multiple of 32, of the blocks from `block` on, as values at address `at`. */
export type MakeBlocks = (exports: FillExports, at: number, block: number, count: number) => void;

/**
 * Elements `start … start + out.length` of a key's stream by `make`: into the tile and copied out, or in place where `out`
 * lies in the kernel's memory.
 */
export function fillBlocks(
  kernel: FillKernel,
  out: Float32Array,
  { words }: Key,
  start: number,
  make: MakeBlocks,
): void {
  checkRange(start, out.length);
  const { exports, memory, at, values } = kernel;
  exports.setKey(words[0], words[1], words[2], words[3]);
  const direct = out.buffer === memory.buffer;
  for (let done = 0; done < out.length; ) {
    const block = Math.floor((start + done) / BLOCK_WORDS);
    const from = start + done - block * BLOCK_WORDS;
    const left = out.length - done;
    const whole = from === 0 && direct ? Math.floor(left / BLOCK_WORDS) * BLOCK_WORDS : 0;
    if (whole > 0) {
      make(exports, out.byteOffset + done * 4, block, whole);
      done += whole;
      continue;
    }
    // In place, a range that begins inside a block is brought to the next one.
    const to = Math.min(direct ? BLOCK_WORDS : TILE_WORDS, from + left);
    make(exports, at, block, Math.ceil(to / ROUND_WORDS) * ROUND_WORDS);
    out.set(values.subarray(from, to), done);
    done += to - from;
  }
}
