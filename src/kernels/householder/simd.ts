/** `reference.ts` by SIMD, bit for bit: four rows with eight columns at a time in registers. */

import { loadModule, reserve } from "../module.ts";
import reflectModule from "../wasm/reflect.ts";
import { BLOCK, type Reflector, upTo } from "./types.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  free(): number;
  products(w: number, v: number, p: number, rows: number, width: number, size: number): void;
  reflect(
    q: number,
    p: number,
    v: number,
    t: number,
    w: number,
    u: number,
    rows: number,
    width: number,
    size: number,
  ): void;
}

/** An instance that has grown beyond this is not kept. */
const KEPT_BYTES = 16 * 2 ** 20;
/** Beyond this the reference does the work: a memory ends at 4 GiB, and engines refuse earlier. */
const MOST_BYTES = 2 ** 30;

let kept: Exports | null | undefined;

function instance(bytes: number): Exports | null {
  if (kept === undefined) kept = loadModule<Exports>(reflectModule);
  if (kept === null || bytes > MOST_BYTES) return null;
  const exports = bytes > KEPT_BYTES ? loadModule<Exports>(reflectModule) : kept;
  if (exports !== null) reserve(exports.memory, bytes);
  return exports;
}

/** For `length` rows, a multiple of 4; null where the reference has to do the work. One at a time is in use. */
export function createSimd(length: number, width: number): Reflector | null {
  if (kept === undefined) kept = loadModule<Exports>(reflectModule);
  if (kept === null) return null;
  let end = kept.free();
  const take = (bytes: number) => {
    const at = end;
    end += upTo(64, bytes);
    return at;
  };
  const columns = Math.max(width, BLOCK);
  const q = take(length * width * 8);
  const p = take(length * width * 4);
  const v = take(length * BLOCK * 4);
  const t = take(BLOCK * BLOCK * 8);
  const w = take(BLOCK * columns * 8);
  const u = take(BLOCK * columns * 4);
  const exports = instance(end);
  if (exports === null) return null;
  const { buffer } = exports.memory;
  const vectors = new Float32Array(buffer, v, length * BLOCK);
  const triangle = new Float64Array(buffer, t, BLOCK * BLOCK);
  return {
    width,
    tile: new Float64Array(buffer, q, length * width),
    rounded: new Float32Array(buffer, p, length * width),
    gram(block) {
      vectors.set(block.vectors);
      exports.products(w, v, v, block.rows, BLOCK, block.size);
      return new Float64Array(buffer, w, BLOCK * BLOCK);
    },
    apply({ first, size, rows, vectors: own, triangle: ownTriangle }) {
      vectors.set(own);
      triangle.set(ownTriangle);
      exports.reflect(q + first * width * 8, p + first * width * 4, v, t, w, u, rows, width, size);
    },
  };
}
