import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bfloat16Bits,
  bfloat16Value,
  decodeNumbers,
  encodeNumbers,
  float16Bits,
  float16Value,
} from "../../src/formats/dtype.ts";

/** Every finite value of a 16-bit format with its pattern, ascending, positive ones only. */
function positives(value: (bits: number) => number): { value: number; bits: number }[] {
  return Array.from({ length: 0x8000 }, (_, bits) => ({ value: value(bits), bits })).filter((entry) =>
    Number.isFinite(entry.value),
  );
}

/** The definition: nearest value, even pattern at a tie; beyond half a step above the largest, infinity. */
function nearest(table: readonly { value: number; bits: number }[], x: number, infinity: number): number {
  const top = table.at(-1)!;
  const step = top.value - table.at(-2)!.value;
  if (x >= top.value + step / 2) return infinity;
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table[middle]!.value <= x) low = middle;
    else high = middle - 1;
  }
  const below = table[low]!;
  const above = table[Math.min(low + 1, table.length - 1)]!;
  const [down, up] = [x - below.value, above.value - x];
  if (down === up) return below.bits % 2 === 0 ? below.bits : above.bits;
  return down < up ? below.bits : above.bits;
}

const formats = [
  { name: "f16", value: float16Value, bits: float16Bits, infinity: 0x7c00 },
  { name: "bf16", value: bfloat16Value, bits: bfloat16Bits, infinity: 0x7f80 },
] as const;

for (const { name, value, bits, infinity } of formats) {
  test(`${name}: every one of the 65,536 patterns survives the way to a number and back`, () => {
    const changed: number[] = [];
    for (let pattern = 0; pattern < 65_536; pattern++) {
      const number = value(pattern);
      if (Number.isNaN(number) ? !Number.isNaN(value(bits(number))) : bits(number) !== pattern) changed.push(pattern);
    }
    expect(changed).toEqual([]);
  });

  test(`${name}: half way between neighbours goes to the even pattern, a hair off goes to the nearer`, () => {
    const table = positives(value);
    const wrong: number[] = [];
    for (let i = 0; i + 1 < table.length; i++) {
      const middle = (table[i]!.value + table[i + 1]!.value) / 2;
      for (const x of [middle, middle * (1 + 2 ** -22), middle * (1 - 2 ** -22)]) {
        const narrow = Math.fround(x);
        if (bits(narrow) !== nearest(table, narrow, infinity)) wrong.push(narrow);
      }
    }
    expect(wrong).toEqual([]);
  });

  test(`${name}: any float32 goes to the nearest value`, () => {
    const table = positives(value);
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: 0 }), (x) => {
        expect(bits(x)).toBe(nearest(table, x, infinity));
        expect(bits(-x)).toBe(nearest(table, x, infinity) | 0x8000);
      }),
      { numRuns: 2000 },
    );
  });
}

test("numbers survive encoding and decoding in their own dtype", () => {
  const cases = [
    ["f64", [Math.PI, -0, 1e300]],
    ["f32", [1.5, -0, Math.fround(0.1)]],
    ["i64", [-(2 ** 53), 7]],
    ["u64", [2 ** 53, 0]],
    ["i32", [-(2 ** 31), 5]],
    ["u32", [2 ** 32 - 1]],
    ["i16", [-32_768]],
    ["u16", [65_535]],
    ["i8", [-128]],
    ["u8", [255]],
    ["bool", [0, 1]],
  ] as const;
  for (const [dtype, values] of cases) {
    expect([...decodeNumbers(encodeNumbers(Float64Array.from(values), dtype), dtype)]).toEqual([...values]);
  }
});

test("bytes that are not whole elements are refused", () => {
  expect(() => decodeNumbers(new Uint8Array(7), "f32")).toThrow("decode: f32 takes 4 bytes an element, got 7 bytes");
});

test("room is used where it is large enough, and holds the same bytes", () => {
  const values = Float32Array.of(1, -2.5, 1e-40, Number.NaN, 65_520, -0);
  for (const dtype of ["f16", "bf16"] as const) {
    const fresh = encodeNumbers(values, dtype);
    const room = new Uint16Array(8);
    const roomy = encodeNumbers(values, dtype, room);
    expect(roomy.buffer).toBe(room.buffer);
    expect([...roomy]).toEqual([...fresh]);
    expect([...encodeNumbers(values, dtype, new Uint16Array(3))]).toEqual([...fresh]);
  }
});
