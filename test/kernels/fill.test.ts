/** Kernels against the reference: the same bits, whatever is asked for. */

import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createFillKernel, fillKernel, valuesBegin } from "../../src/kernels/fill-module.ts";
import { type Fill, fillBits, narrow, runFill } from "../../src/kernels/index.ts";
import { createMemory } from "../../src/kernels/module.ts";
import { createKey, fillBits as referenceBits, truncatedWay } from "../../src/random/index.ts";

type Numbers = Float32Array | Uint32Array;

/** Where bits differ first, in words; null where they do not. */
function difference(ours: Numbers, theirs: Numbers): string | null {
  const [a, b] = [ours, theirs].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  const at = a!.findIndex((word, i) => word !== b![i]);
  return at < 0 ? null : `${at} of ${a!.length}: ${a![at]!.toString(16)} for ${b![at]!.toString(16)}`;
}

/** Around the ends of blocks (4096) and tiles (16,384), and far out. */
const starts = fc.oneof(
  fc.nat(40_000),
  fc.constantFrom(0, 1, 4095, 4096, 16_383, 16_384),
  fc.integer({ min: 2 ** 43 - 20_000, max: 2 ** 43 + 20_000 }),
  fc.integer({ min: 0, max: 2 ** 52 - 50_000 }),
);
const lengths = fc.oneof(fc.nat(40), fc.nat(40_000));
const keys = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((seed) => createKey(seed, "w"));
const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 1e-45, 1e-38, 3e-30, 3e38, -3e38, 0.1, -0.1, 1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);
const bounds = fc.oneof(
  fc.tuple(numbers, numbers).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
  numbers.map((a) => [-Math.abs(a), Math.abs(a)] as const),
);
/** Cuts in standard deviations: symmetric, one-sided, in a tail, narrow. */
const cut = fc.oneof(
  fc.constantFrom(0, 1, 2, 2.001, 2.5, 3, 3.1, 6.6, 8, 9, 12, Number.POSITIVE_INFINITY),
  fc.double({ noNaN: true, min: 0, max: 12 }),
);
const cuts = fc.oneof(
  cut.map((a) => [-a, a] as const),
  fc.tuple(cut, cut).map(([a, b]) => [-a, b] as const),
  fc.tuple(cut, cut).map(([a, b]) => [a, b] as const),
  fc.tuple(cut, cut).map(([a, b]) => [-a, -b] as const),
);

const fills: Readonly<Record<string, fc.Arbitrary<Fill>>> = {
  uniform: fc
    .record({ key: keys, start: starts, bounds })
    .map(({ key, start, bounds: [low, high] }) => ({ kind: "uniform", key, start, low, high })),
  normal: fc
    .record({ key: keys, start: starts, mean: numbers, std: numbers.map(Math.abs) })
    .map((given) => ({ kind: "normal", ...given })),
  "truncated normal": fc
    .record({
      key: keys,
      start: starts,
      mean: fc.oneof(fc.constant(0), numbers),
      std: fc.constantFrom(1, 0.02, 0.5, 3),
      cuts,
    })
    .map(({ key, start, mean, std, cuts: [a, b] }) => {
      const ends = [mean + std * a, mean + std * b].sort((x, y) => x - y);
      return { kind: "truncated-normal" as const, key, start, mean, std, low: ends[0]!, high: ends[1]! };
    })
    .filter(drawable),
};

function drawable({ mean, std, low, high }: Fill & { readonly kind: "truncated-normal" }): boolean {
  try {
    truncatedWay(mean, std, low, high);
    return true;
  } catch {
    return false;
  }
}

test("there are kernels to test here", () => expect(fillKernel()).not.toBeNull());

test.each(Object.keys(fills))("%s: the reference's bits for any numbers, start and length", (name) => {
  fc.assert(
    fc.property(fills[name]!, lengths, (fill, length) => {
      const [ours, theirs] = [new Float32Array(length), new Float32Array(length)];
      runFill(ours, fill);
      runFill(theirs, fill, null);
      expect(difference(ours, theirs)).toBeNull();
    }),
    { numRuns: 200 },
  );
});

test("words: the reference's", () => {
  fc.assert(
    fc.property(keys, starts, lengths, (key, start, length) => {
      const [ours, theirs] = [new Uint32Array(length), new Uint32Array(length)];
      fillBits(ours, key, start);
      referenceBits(theirs, key, start);
      expect(difference(ours, theirs)).toBeNull();
    }),
    { numRuns: 100 },
  );
});

test("every way of a truncated normal is drawn, and by kernels where it is not far", () => {
  const kinds = fc.sample(fills["truncated normal"]!, 1000).map((fill) => {
    if (fill.kind !== "truncated-normal") return fill.kind;
    return truncatedWay(fill.mean, fill.std, fill.low, fill.high).kind;
  });
  expect(new Set(kinds)).toEqual(new Set(["wide", "usual", "broad", "tailed", "far"]));
});

test("any partition of a range joins to the same bits", () => {
  fc.assert(
    fc.property(
      fc.oneof(...Object.values(fills)),
      fc.array(fc.oneof(fc.nat(20), fc.nat(9000)), { minLength: 1, maxLength: 6 }),
      (fill, pieces) => {
        const length = pieces.reduce((sum, piece) => sum + piece, 0);
        const [whole, parts] = [new Float32Array(length), new Float32Array(length)];
        runFill(whole, fill);
        let at = 0;
        for (const piece of pieces) {
          const rest = fill.kind === "constant" ? fill : { ...fill, start: fill.start + at };
          runFill(parts.subarray(at, at + piece), rest);
          at += piece;
        }
        expect(difference(parts, whole)).toBeNull();
      },
    ),
    { numRuns: 100 },
  );
});

test.each([false, true])("in the kernel's own memory, shared: %s, nothing but the range is written", (shared) => {
  const memory = createMemory(2 ** 22, shared);
  const kernel = createFillKernel(memory, 1)!;
  const begin = valuesBegin(kernel, 2);
  fc.assert(
    fc.property(fc.oneof(...Object.values(fills)), lengths, fc.nat(5000), (fill, length, offset) => {
      const all = new Float32Array(memory.buffer, begin, 50_000).fill(7);
      runFill(all.subarray(offset, offset + length), fill, kernel);
      const expected = new Float32Array(50_000).fill(7);
      runFill(expected.subarray(offset, offset + length), fill, null);
      expect(difference(all, expected)).toBeNull();
    }),
    { numRuns: 60 },
  );
});

test("errors are the reference's", () => {
  const key = createKey(0, "w");
  const out = new Float32Array(1);
  expect(() => runFill(out, { kind: "uniform", key, start: 0, low: 1, high: 0 })).toThrow(/bounds are finite/);
  expect(() => runFill(out, { kind: "normal", key, start: 0, mean: 0, std: -1 })).toThrow(/not negative/);
  expect(() => runFill(out, { kind: "truncated-normal", key, start: 0, mean: 0, std: 1, low: 50, high: 51 })).toThrow(
    /holds no probability/,
  );
  expect(() => runFill(out, { kind: "normal", key, start: -1, mean: 0, std: 1 })).toThrow(/whole number from 0/);
});

test("where there is no SIMD, or compiling is forbidden, the reference draws and rounds", async () => {
  const expected = new Float32Array(3000);
  const fill: Fill = { kind: "normal", key: createKey(5, "w"), start: 9, mean: 0, std: 1 };
  runFill(expected, fill, null);
  for (const broken of ["old", "forbidden"] as const) {
    vi.resetModules();
    const validate = vi.spyOn(WebAssembly, "validate").mockImplementation(() => {
      if (broken === "forbidden") throw new Error("refused by the content security policy");
      return false;
    });
    const { encodeNumbers } = await import("../../src/formats/dtype.ts");
    const without = await import("../../src/kernels/index.ts");
    const ours = new Float32Array(3000);
    without.runFill(ours, fill);
    const halves = encodeNumbers(ours, "bf16");
    validate.mockRestore();
    vi.resetModules();
    expect(without.narrow(ours, "bf16", new Uint16Array(3000))).toBe(false);
    expect(difference(ours, expected)).toBeNull();
    const patterns = new Uint16Array(3000);
    expect(narrow(ours, "bf16", patterns)).toBe(true);
    expect(new Uint16Array(halves.buffer)).toEqual(patterns);
  }
});
