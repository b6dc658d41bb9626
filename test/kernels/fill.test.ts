/** Kernels against the reference: the same bits, whatever is asked for. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { fillUniform } from "../../src/kernels/index.ts";
import { createKey, type Key, fillUniform as referenceUniform } from "../../src/random/index.ts";

const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex");

type Fill = (out: Float32Array, key: Key, start: number) => void;

/** Around the ends of blocks (2048) and tiles (16,384), and far out. */
const starts = fc.oneof(
  fc.nat(40_000),
  fc.constantFrom(0, 1, 2047, 2048, 16_383, 16_384),
  fc.integer({ min: 2 ** 43 - 20_000, max: 2 ** 43 + 20_000 }),
  fc.integer({ min: 0, max: 2 ** 53 - 50_000 }),
);
const lengths = fc.oneof(fc.nat(40), fc.nat(40_000));
const seeds = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });

function sameBits(fill: Fill, reference: Fill, seed: bigint, start: number, length: number): void {
  const key = createKey(seed, "w");
  const [ours, theirs] = [new Float32Array(length), new Float32Array(length)];
  fill(ours, key, start);
  reference(theirs, key, start);
  expect(bits(ours)).toBe(bits(theirs));
}

test("uniform: the reference's bits for any bounds, start and length", () => {
  const bound = fc.oneof(
    fc.constantFrom(0, -0, 1, -1, 1e-45, 1e-38, 3e-30, 3.4e38, -3.4e38, 0.1, -0.1, 1e300),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  const bounds = fc.oneof(
    fc.tuple(bound, bound).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    bound.map((a) => [-Math.abs(a), Math.abs(a)] as const),
  );
  fc.assert(
    fc.property(seeds, starts, lengths, bounds, (seed, start, length, [low, high]) => {
      sameBits(
        (out, key, from) => fillUniform(out, key, from, low, high),
        (out, key, from) => referenceUniform(out, key, from, low, high),
        seed,
        start,
        length,
      );
    }),
    { numRuns: 300 },
  );
});
