/** A tensor far larger than what may be held is read through one tile, and only once. */

import { expect, test } from "vitest";
import { parameterStatistics } from "../../../src/check/index.ts";
import { readSafetensors, safetensorsHeader } from "../../../src/formats/safetensors/index.ts";
import type { ByteSource } from "../../../src/formats/source.ts";

const MEGABYTE = 2 ** 20;
const SHAPE = [60_000, 4096];
const BYTES = 4 * SHAPE[0]! * SHAPE[1]!;

/** A file of almost a gigabyte that is nowhere: the value of element i is i mod 5. */
function generated(): { readonly source: ByteSource; readonly read: () => { bytes: number; longest: number } } {
  const head = safetensorsHeader([{ name: "table.weight", dtype: "f32", shape: SHAPE }]);
  let bytes = 0;
  let longest = 0;
  const fill = (offset: number, target: Uint8Array) => {
    bytes += target.length;
    longest = Math.max(longest, target.length);
    const values = new Float32Array(target.buffer, target.byteOffset, target.length / 4);
    const first = (offset - head.length) / 4;
    for (let i = 0; i < values.length; i++) values[i] = (first + i) % 5;
  };
  const source: ByteSource = {
    size: head.length + BYTES,
    read: (offset, length) => {
      if (offset + length <= head.length) return head.subarray(offset, offset + length);
      const target = new Uint8Array(length);
      fill(offset, target);
      return target;
    },
    readInto: fill,
  };
  return { source, read: () => ({ bytes, longest }) };
}

test("a tensor of a gigabyte takes tiles of a megabyte", () => {
  const { source, read } = generated();
  const model = readSafetensors(source);
  const before = process.memoryUsage();
  const found = parameterStatistics(model, "table.weight")!;
  const after = process.memoryUsage();
  expect(read()).toEqual({ bytes: BYTES, longest: MEGABYTE });
  // Sums of 64,096 lines, 2^18 elements of whole lines, 2^15 of a sample: under 4 MB; collected garbage may add some.
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * MEGABYTE);
  // 0 … 4 in equal number: mean 2, variance 2.
  expect(found.mean).toBeCloseTo(2, 6);
  expect(found.std).toBeCloseTo(Math.SQRT2, 6);
  expect(found.zeros).toBe(Math.ceil((SHAPE[0]! * SHAPE[1]!) / 5));
}, 60_000);
