/** Products of lines in blocks are the sums one after another. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { effortFor, packLines, productsOf } from "../../../src/check/statistics/index.ts";
import type { Slice } from "../../../src/check/statistics/types.ts";

test("every product is the plain sum, to the last bit: the order of its additions is the same", () => {
  const lines = fc.integer({ min: 1, max: 23 });
  fc.assert(
    fc.property(
      lines,
      fc.integer({ min: 1, max: 9 }),
      fc.integer(),
      fc.double({ min: -1, max: 1 }),
      (of, length, seed, mean) => {
        const vectors = Float32Array.from({ length: of * length }, (_, i) => Math.sin(seed + i * 1.7));
        const place = (i: number) => i;
        const rows = { along: "rows", count: of, length, at: place, vectors, line: length, step: 1, of } as const;
        // The same numbers where lines are columns of a matrix.
        const turned = vectors.map((_, i) => vectors[(i % of) * length + Math.floor(i / of)]!);
        const columns = { ...rows, along: "columns", vectors: turned, line: 1, step: of } as const;
        expect(packLines(columns, Math.max(1, of - 2), mean)).toEqual(packLines(rows, Math.max(1, of - 2), mean));
        const slice: Slice = rows;
        const count = Math.max(1, of - 2);
        const packed = packLines(slice, count, mean);
        const products = productsOf(packed);
        for (let i = 0; i < count; i++) {
          const a = Math.floor((i * of) / count) * length;
          for (let j = 0; j <= i; j++) {
            const b = Math.floor((j * of) / count) * length;
            let sum = 0;
            for (let k = 0; k < length; k++) sum += (vectors[a + k]! - mean) * (vectors[b + k]! - mean);
            expect(products[i * count + j]).toBe(sum);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** A model of so many square matrices. */
const modelOf = (matrices: number, side: number) => ({
  parameters: new Map(
    Array.from({ length: matrices }, (_, i) => [
      `w${i}`,
      { name: `w${i}`, shape: [side, side], dtype: "f32", role: "weight", stored: { kind: "absent" } } as const,
    ]),
  ),
});

test("few matrices get all the work they want, many a share, large ones two multiplications a number", () => {
  expect(effortFor(modelOf(16, 64))(64 * 64)).toEqual({ work: 2 ** 22, sample: 2 ** 15 });
  expect(effortFor(modelOf(2048, 64))(64 * 64)).toEqual({ work: 2 ** 26 / 2048, sample: 2 ** 12 });
  expect(effortFor(modelOf(2048, 512))(512 * 512).work).toBe(2 * 512 * 512);
});
