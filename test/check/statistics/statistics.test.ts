/** The single pass against sums taken the long way, in pieces of any size. */

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { statisticsOf } from "../../../src/check/index.ts";
import { type Room, sharedRoom } from "../../../src/check/statistics/index.ts";
import { normal, sample } from "../../../src/init/index.ts";
import { BLOCK_NUMBERS } from "../../../src/kernels/index.ts";

function* piecesOf(values: Float32Array, size: number) {
  // One buffer, overwritten: what is kept must be a copy.
  const buffer = new Float32Array(size);
  for (let at = 0; at < values.length; at += size) {
    const piece = values.subarray(at, at + size);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

test("moments, bounds, zeros and line sums do not depend on how the values are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), {
        minLength: 1,
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 13 }),
      (raw, columns, size) => {
        const rows = Math.max(1, Math.floor(raw.length / columns));
        const values = Float32Array.from({ length: rows * columns }, (_, i) => raw[i % raw.length]!);
        const found = statisticsOf({ shape: [rows, columns], dtype: "f32" }, piecesOf(values, size));
        const numbers = [...values];
        const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
        const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
        const largest = Math.max(...numbers.map(Math.abs), 1e-300);
        // Every sum of n terms is off by at most n·ε times the sum of their sizes.
        const ulp = numbers.length * 2 ** -52;
        expect(Math.abs(found.mean - mean)).toBeLessThanOrEqual(8 * ulp * largest);
        expect(Math.abs(found.std ** 2 - variance)).toBeLessThanOrEqual(32 * ulp * largest ** 2);
        // Which of two zeros comes first tells nothing.
        expect(found.min).toBe(Math.min(...numbers) + 0);
        expect(found.max).toBe(Math.max(...numbers) + 0);
        expect(found.zeros).toBe(numbers.filter((x) => x === 0).length);
        expect([...(found.whole ?? [])]).toEqual(numbers);
        for (let row = 0; row < rows; row++) {
          const sum = numbers.slice(row * columns, (row + 1) * columns).reduce((all, x) => all + x, 0);
          expect(Math.abs(found.rows!.sums[row]! - sum)).toBeLessThanOrEqual(8 * ulp * largest * columns);
        }
        for (let column = 0; column < columns; column++) {
          const sum = numbers.filter((_, i) => i % columns === column).reduce((all, x) => all + x, 0);
          expect(Math.abs(found.columns!.sums[column]! - sum)).toBeLessThanOrEqual(8 * ulp * largest * rows);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("rows longer than what passes at once are summed all the same", () => {
  const columns = BLOCK_NUMBERS + 4464;
  const values = sample(normal(0, 1), [3, columns], { seed: 4, name: "wide" });
  const [piece, pieces] = [values.length, 1000].map((size) =>
    statisticsOf({ shape: [3, columns], dtype: "f32" }, piecesOf(values, size)),
  );
  for (let row = 0; row < 3; row++) {
    const sum = values.subarray(row * columns, (row + 1) * columns).reduce((all, x) => all + x, 0);
    // 7e4 terms of size about 1: each addition rounds a sum below 1e3 by 2⁻⁵³ of it.
    for (const found of [piece, pieces]) expect(Math.abs(found!.rows!.sums[row]! - sum)).toBeLessThan(1e-8);
  }
  const last = [0, 1, 2].reduce((sum, row) => sum + values[(row + 1) * columns - 1]!, 0);
  expect(Math.abs(piece!.columns!.sums[columns - 1]! - last)).toBeLessThan(1e-14);
});

test("NaN and infinities are counted and left out", () => {
  const values = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY, 0);
  const found = statisticsOf({ shape: [6], dtype: "f32" }, [values]);
  expect(found).toMatchObject({ count: 6, nan: 1, infinite: 2, zeros: 1, min: 0, max: 3 });
  expect(found.mean).toBeCloseTo(4 / 3, 14);
  expect([...found.sample]).toEqual([1, 3, 0]);
});

test("numbers whose squares leave float64 do not", () => {
  const found = statisticsOf({ shape: [2], dtype: "f64" }, [Float64Array.of(1e200, 3e200)]);
  expect(found.mean).toBe(2e200);
  expect(found.max).toBe(3e200);
});

test("a mean far from zero costs the variance no digits", () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => 1e6 + (i % 2));
  // Values 1e6 and 1e6 + 1 in equal number: the variance is 1/4. Shifted sums keep it to a few ε.
  expect(statisticsOf({ shape: [10_000], dtype: "f64" }, [values]).std).toBeCloseTo(0.5, 12);
});

test("a tensor too large to keep gives whole lines and a sample from every column", () => {
  const [rows, columns] = [2048, 1024];
  const values = sample(normal(0, 1), [rows, columns], { seed: 1, name: "w" });
  for (const shape of [
    [rows, columns],
    [columns, rows],
  ]) {
    const found = statisticsOf({ shape, dtype: "f32" }, piecesOf(values, 100_003));
    expect(found.whole).toBeNull();
    const [, width = 1] = shape;
    const { at, along, length, vectors, line, step } = found.slice!;
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < length; j += 97) {
        const index = along === "rows" ? at(i) * width + j : j * width + at(i);
        expect(vectors[i * line + j * step]).toBe(values[index]);
      }
    }
    expect(found.sample.length).toBeGreaterThan(30_000);
    expect(new Set(Array.from(found.sampleAt, (index) => index % width)).size).toBe(width);
    found.sampleAt.forEach((index, i) => {
      if (found.sample[i] !== values[index]) throw new Error(`sample ${i}`);
    });
  }
});

test("pieces that are too few are refused, and empty tensors are not", () => {
  expect(() => statisticsOf({ shape: [4], dtype: "f32" }, [new Float32Array(3)])).toThrow("has 4 values, got 3");
  expect(statisticsOf({ shape: [0, 4], dtype: "f32" }, [])).toMatchObject({ count: 0, zeros: 0 });
});

test("tensors in one room one after another are told as in rooms of their own", () => {
  const room = sharedRoom();
  for (const [rows, columns] of [
    [40, 30],
    [2, 700_000],
    [3, 5],
    [1024, 1024],
    [9, 9],
  ] as const) {
    const values = sample(normal(0, 1), [rows, columns], { seed: rows, name: "w" });
    const told = (options: { readonly room?: Room }) => {
      const found = statisticsOf({ shape: [rows, columns], dtype: "f32" }, piecesOf(values, 10_007), options);
      const { mean, std, kurtosis, sample, whole, slice } = found;
      const bytes = [sample, whole, slice?.vectors].map(
        (part) => part && createHash("sha256").update(part).digest("hex"),
      );
      return { mean, std, kurtosis, bytes };
    };
    expect(told({ room })).toEqual(told({}));
  }
});
