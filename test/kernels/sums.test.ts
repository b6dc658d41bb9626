/** Sums by SIMD against the reference, and the reference against sums the long way. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK_NUMBERS, type BlockSums, createSumsReference, createSumsSimd } from "../../src/kernels/index.ts";

const reference = createSumsReference();
const simd = createSumsSimd();

test("this engine has SIMD", () => expect(simd).not.toBeNull());

interface Block {
  readonly values: Float32Array;
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
}

function told(by: BlockSums, { values, from, rows, columns }: Block) {
  by.take(values, from, rows, columns);
  const { sums, squares, ...bounds } = by.sumRows();
  const row = [[...sums.subarray(0, rows)], [...squares.subarray(0, rows)]];
  const column = [new Float64Array(columns).fill(0.1), new Float64Array(columns).fill(0.3)] as const;
  by.addColumns(...column);
  return { row, bounds, column };
}

const numbers = fc.float({ noNaN: false });
const blocks = fc
  .record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 23 }), from: fc.nat(5) })
  .chain(({ rows, columns, from }) =>
    fc
      .array(numbers, { minLength: from + rows * columns, maxLength: from + rows * columns })
      .map((raw): Block => ({ values: Float32Array.from(raw), from, rows, columns })),
  );

test("the same bits for any numbers, NaN, infinities and zeros of both signs among them", () => {
  fc.assert(
    fc.property(blocks, (block) => {
      if (simd) expect(told(simd, block)).toEqual(told(reference, block));
    }),
    { numRuns: 500 },
  );
});

test("a full block, in one row, in one column, and between", () => {
  const values = Float32Array.from({ length: BLOCK_NUMBERS }, (_, i) => Math.sin(i * 1.7) + 3);
  for (const columns of [1, 3, 256, 257, BLOCK_NUMBERS]) {
    const block = { values, from: 0, rows: Math.floor(BLOCK_NUMBERS / columns), columns };
    if (simd) expect(told(simd, block)).toEqual(told(reference, block));
  }
});

test("are the sums: each of n terms adds at most n·ε of the sum of their sizes", () => {
  const [rows, columns] = [5, 37];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => (i % 7 === 0 ? 0 : Math.cos(i * i) + 2));
  const { row, bounds, column } = told(reference, { values, from: 0, rows, columns });
  const epsilon = rows * columns * 2 ** -52;
  for (let i = 0; i < rows; i++) {
    const line = values.slice(i * columns, (i + 1) * columns);
    const apart = Array.from(line, (x) => x - (line[0] ?? 0));
    const sum = apart.reduce((all, x) => all + x, 0);
    expect(Math.abs((row[0]?.[i] ?? Number.NaN) - sum)).toBeLessThanOrEqual(epsilon * 3 * columns);
    const square = apart.reduce((all, x) => all + x * x, 0);
    expect(Math.abs((row[1]?.[i] ?? Number.NaN) - square)).toBeLessThanOrEqual(epsilon * 9 * columns);
  }
  for (let j = 0; j < columns; j++) {
    const line = Array.from({ length: rows }, (_, i) => values[i * columns + j] ?? Number.NaN);
    const sum = line.reduce((all, x) => all + x, 0.1);
    expect(Math.abs((column[0][j] ?? Number.NaN) - sum)).toBeLessThanOrEqual(epsilon * 3 * rows);
  }
  expect(bounds).toEqual({
    min: Math.min(...values),
    max: Math.max(...values),
    zeros: values.filter((x) => x === 0).length,
  });
});
