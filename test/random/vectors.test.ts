/** Published vectors of the parts, and frozen vectors of stream version 1 made by an independent NumPy implementation. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  createKey,
  fillBits,
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  type Key,
  STREAM_VERSION,
} from "../../src/random/index.ts";
import { murmur128 } from "../../src/random/murmur.ts";
import { philox } from "../../src/random/philox.ts";

interface Range {
  readonly start: number;
  readonly words: readonly string[];
  readonly [fill: string]: number | readonly string[];
}
interface Vectors {
  readonly stream: number;
  readonly keys: readonly { readonly seed: number; readonly name: string; readonly key: readonly string[] }[];
  readonly seed: number;
  readonly name: string;
  readonly ranges: readonly Range[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL("../golden/stream-v1.json", import.meta.url), "utf8"));
const hex = (words: Iterable<number>) => Array.from(words, (word) => word.toString(16).padStart(8, "0"));
const bits = (values: Float32Array) => hex(new Uint32Array(values.buffer));

test("Philox4x32-10: known answers of Random123 1.14 (kat_vectors)", () => {
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toEqual(["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]);
  const most = 0xffffffff;
  expect(hex(philox([most, most, most, most], [most, most]))).toEqual(["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"]);
  expect(hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toEqual([
    "d16cfe09",
    "94fdcceb",
    "5001e420",
    "24126ea1",
  ]);
});

test("MurmurHash3_x86_128, seed 0: the pangram's published hash", () => {
  const text = new TextEncoder().encode("The quick brown fox jumps over the lazy dog");
  expect(hex(murmur128(text)).join("")).toBe("2f1583c3ecee2c675d7bf66ce5e91d2c");
});

describe("stream version 1", () => {
  test("the vectors are of this version", () => expect(STREAM_VERSION).toBe(vectors.stream));

  test.each(vectors.keys)("key of seed $seed, name $name", ({ seed, name, key }) =>
    expect(hex(createKey(seed, name).words)).toEqual(key),
  );

  test("a seed counts modulo 2^64", () => {
    expect(createKey(2n ** 64n - 1n, "w")).toEqual(createKey(-1, "w"));
    expect(createKey(5n, "w")).toEqual(createKey(5, "w"));
  });

  const fills: Readonly<Record<string, (out: Float32Array, key: Key, start: number) => void>> = {
    "uniform -1 1": (out, key, start) => fillUniform(out, key, start, -1, 1),
    "uniform 0.25 3": (out, key, start) => fillUniform(out, key, start, 0.25, 3),
    "normal 0 1": (out, key, start) => fillNormal(out, key, start, 0, 1),
    "normal 0.5 0.02": (out, key, start) => fillNormal(out, key, start, 0.5, 0.02),
    "truncated 1": (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, -2, 2),
    "truncated -3 3": (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, -3, 3),
    "truncated -4 1": (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, -4, 1),
    "truncated 4 inf": (out, key, start) => fillTruncatedNormal(out, key, start, 0, 1, 4, Number.POSITIVE_INFINITY),
  };
  const key = createKey(vectors.seed, vectors.name);

  test.each(vectors.ranges)("words from $start", ({ start, words }) => {
    const out = new Uint32Array(words.length);
    fillBits(out, key, start);
    expect(hex(out)).toEqual(words);
  });

  for (const [name, fill] of Object.entries(fills))
    test.each(vectors.ranges)(`${name} from $start`, (range) => {
      const out = new Float32Array(range.words.length);
      fill(out, key, range.start);
      expect(bits(out)).toEqual(range[name]);
    });
});
