/** Products of every pair of lines: the Gram matrix behind ranks, spectra and tests of independence. */

import type { Slice } from "./types.ts";
import { workspace } from "./work.ts";

/** Lines in a row, each of `length` numbers. */
export interface Packed {
  readonly count: number;
  readonly length: number;
  readonly at: Float64Array;
}

const packing = workspace();
const multiplying = workspace();

/**
 * `count` evenly spread lines of a slice less `mean`, as doubles: conversions cost more than the products. They last until the
 * next are packed.
 */
export function packLines(slice: Slice, count: number, mean = 0): Packed {
  const { length, vectors, line, step } = slice;
  const packed = packing(count * length);
  const starts = Int32Array.from({ length: count }, (_, i) => Math.floor((i * slice.count) / count) * line);
  if (step === 1) {
    for (let i = 0; i < count; i++) {
      const from = starts[i]!;
      for (let j = 0; j < length; j++) packed[i * length + j] = vectors[from + j]! - mean;
    }
  } else {
    // Columns of rows that lie one after another: each row is gone through once.
    for (let j = 0; j < length; j++) {
      for (let i = 0; i < count; i++) packed[i * length + j] = vectors[starts[i]! + j * step]! - mean;
    }
  }
  return { count, length, at: packed };
}

/**
 * G[i·count + j] = Σ_k a_ik·a_jk for j ≤ i; what lies above the diagonal is of no use, and the next products take the place.
 *
 * Four lines by two at a time: each number that is fetched serves several products (Goto & van de Geijn 2008), three times the
 * speed of one product after another.
 */
export function productsOf({ count, length, at }: Packed): Float64Array {
  const out = multiplying(count * count);
  const last = count - 1;
  for (let i = 0; i < count; i += 4) {
    const i1 = Math.min(i + 1, last);
    const i2 = Math.min(i + 2, last);
    const i3 = Math.min(i + 3, last);
    const a = i * length;
    const b = i1 * length;
    const c = i2 * length;
    const d = i3 * length;
    for (let j = 0; j <= i3; j += 2) {
      const j1 = Math.min(j + 1, last);
      const p = j * length;
      const q = j1 * length;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let k = 0; k < length; k++) {
        const x = at[p + k]!;
        const y = at[q + k]!;
        const w0 = at[a + k]!;
        const w1 = at[b + k]!;
        const w2 = at[c + k]!;
        const w3 = at[d + k]!;
        s0 += w0 * x;
        s1 += w1 * x;
        s2 += w2 * x;
        s3 += w3 * x;
        t0 += w0 * y;
        t1 += w1 * y;
        t2 += w2 * y;
        t3 += w3 * y;
      }
      out[i * count + j] = s0;
      out[i1 * count + j] = s1;
      out[i2 * count + j] = s2;
      out[i3 * count + j] = s3;
      out[i * count + j1] = t0;
      out[i1 * count + j1] = t1;
      out[i2 * count + j1] = t2;
      out[i3 * count + j1] = t3;
    }
  }
  return out;
}
