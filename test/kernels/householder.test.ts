/** Reflections by SIMD against the reference, and both against what reflections are. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { drawOrthogonal } from "../../src/init/orthogonal.ts";
import { createReference, createSimd, formColumns } from "../../src/kernels/index.ts";
import { createKey } from "../../src/random/index.ts";

const same = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

/** The reference in tiles of eight columns, whatever the default is. */
const narrow = (length: number) => createReference(length, 8);

function sameBits(rows: number, columns: number, seed: number): void {
  const key = createKey(seed, "w");
  const expected = drawOrthogonal(key, rows, columns, 0.7, { create: createReference });
  expect(same(drawOrthogonal(key, rows, columns, 0.7, { create: createSimd }), expected)).toBe(true);
  expect(same(drawOrthogonal(key, rows, columns, 0.7, { create: narrow }), expected)).toBe(true);
}

test("this engine has SIMD", () => expect(createSimd(4, 8)).not.toBeNull());

test("the reference's bits for any shape", () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 110 }));
  fc.assert(
    fc.property(side, side, fc.nat(), (rows, columns, seed) => sameBits(rows, columns, seed)),
    {
      numRuns: 60,
      examples: [
        [1, 1, 0],
        [1, 300, 0],
        [300, 1, 0],
        [32, 32, 0],
        [33, 33, 0],
        [64, 65, 0],
        [129, 97, 0],
        // Tiles of 16 columns, and of eight.
        [2900, 40, 0],
        [8300, 17, 0],
      ],
    },
  );
}, 60_000);

test("an instance that grew too large to be kept gives the same bits as the next", () => {
  // 17 MiB: 140,000 rows of 96 + 128 bytes.
  const key = createKey(5, "w");
  const large = drawOrthogonal(key, 140_000, 1, 1);
  let square = 0;
  for (const x of large) square += x * x;
  // Roundings of 140,000 squares that add up to 1, each 2⁻²⁴ of its size.
  expect(Math.abs(square - 1)).toBeLessThan(12 * 2 ** -24);
  sameBits(50, 40, 6);
});

test("two reflections by hand", () => {
  // v = (1, 1, 0): swaps and negates the first two axes. v = (0, 1, 2): factor 2/5.
  const out = new Float64Array(6);
  formColumns(
    {
      length: 3,
      count: 2,
      vectors(_, values, factors) {
        values.set([1, 1, 0, 0, 1, 2]);
        factors.set([1, 2 / 5]);
      },
    },
    Float64Array.of(1, -1),
    (tile, width, from, to) => {
      for (let i = 0; i < 3; i++) for (let c = from; c < to; c++) out[i * 2 + c] = tile[i * width + c - from]!;
    },
  );
  // H₀e₀ = (0, −1, 0); H₁(−e₁) = (0, −3/5, 4/5), H₀ of it = (3/5, 0, 4/5). Products below 1 in float32: two roundings.
  const exact = [0, 0.6, -1, 0, 0, 0.8];
  exact.forEach((value, i) => {
    expect(Math.abs(out[i]! - value)).toBeLessThan(2 ** -23);
  });
});

test("a reflection of factor 0 does nothing", () => {
  const out = new Float32Array(4);
  formColumns({ length: 2, count: 2, vectors: () => {} }, Float64Array.of(1, -1), (tile, width) => {
    for (let i = 0; i < 2; i++) for (let c = 0; c < 2; c++) out[i * 2 + c] = tile[i * width + c]!;
  });
  expect(Array.from(out)).toEqual([1, 0, 0, -1]);
});
