/** Conversion to the 16-bit types: every result, and the numbers between and around each two. */

import { expect, test } from "vitest";
import { bfloat16Bits, bfloat16Value, float16Bits, float16Value } from "../../src/formats/dtype.ts";
import { type Narrow, narrow } from "../../src/kernels/index.ts";
import { createKey, fillBits } from "../../src/random/index.ts";

const WAYS: readonly [Narrow, (bits: number) => number, (value: number) => number][] = [
  ["f16", float16Value, float16Bits],
  ["bf16", bfloat16Value, bfloat16Bits],
];

/** Patterns of float32 whose conversion differs from the scalar one. */
function wrong(bits: Uint32Array, dtype: Narrow, scalar: (value: number) => number): string[] {
  const values = new Float32Array(bits.buffer);
  const ours = new Uint16Array(values.length);
  expect(narrow(values, dtype, ours)).toBe(true);
  const found: string[] = [];
  values.forEach((value, i) => {
    if (found.length < 5 && ours[i] !== scalar(value)) found.push(`${bits[i]!.toString(16)}: ${ours[i]!.toString(16)}`);
  });
  return found;
}

test.each(WAYS)("%s: all 65,536 results, their middles, and the neighbours of both", (dtype, value, scalar) => {
  const exact = new Float32Array(65_536);
  for (let i = 0; i < 65_536; i++) exact[i] = value(i);
  const patterns = new Uint32Array(exact.buffer);
  const around: number[] = [];
  for (let i = 0; i < 65_536; i++) {
    const here = patterns[i]!;
    const next = patterns[Math.min(i + 1, 65_535)]!;
    const middle = Math.floor((here + next) / 2);
    for (const centre of [here, middle]) for (const step of [-1, 0, 1]) around.push((centre + step) >>> 0);
  }
  expect(wrong(Uint32Array.from(around), dtype, scalar)).toEqual([]);
});

test.each(WAYS)("%s: a million patterns at random, NaN and subnormal ones among them", (dtype, _, scalar) => {
  const bits = new Uint32Array(2 ** 20);
  fillBits(bits, createKey(1, "narrow"), 0);
  expect(wrong(bits, dtype, scalar)).toEqual([]);
});

test("lengths that are no multiple of a register", () => {
  for (const length of [0, 1, 7, 9, 16_383, 16_385]) {
    const out = new Uint16Array(length + 1);
    narrow(new Float32Array(length).fill(1), "bf16", out);
    expect(out.subarray(0, length)).toEqual(new Uint16Array(length).fill(0x3f80));
    expect(out[length]).toBe(0);
  }
});
