/** NumPy's generators, against what NumPy 1.24 gave. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type BitSource, nextLong } from "../../../src/random/numpy/bit-source.ts";
import { createNumpyGenerator } from "../../../src/random/numpy/generator.ts";
import { createPcg64 } from "../../../src/random/numpy/pcg64.ts";
import { createPhilox64 } from "../../../src/random/numpy/philox64.ts";
import { type Entropy, seedSequence } from "../../../src/random/numpy/seed-sequence.ts";
import { type Case, golden, type Tensor, worst } from "../torch/golden.ts";

/** A seed as the calls write it: `42`, `2**40 + 5`, `0xdead`, `[0, 2**32, 5]`. */
function seedOf(text: string): Entropy {
  const one = (part: string): bigint =>
    part.split("+").reduce((sum, term) => {
      const [base = "0", power] = term.trim().split("**");
      return sum + (power === undefined ? BigInt(base) : BigInt(base) ** BigInt(power));
    }, 0n);
  return text.startsWith("[") ? text.slice(1, -1).split(",").map(one) : one(text);
}

const match = (pattern: RegExp, file: string): (readonly [Case, RegExpExecArray])[] =>
  golden(file).flatMap((each) => {
    const found = pattern.exec(each.call);
    return found === null ? [] : [[each, found] as const];
  });
const hex = (values: readonly bigint[]) => values.map((value) => value.toString(16).padStart(16, "0"));
const hash = (bytes: ArrayBufferLike) => createHash("sha256").update(new Uint8Array(bytes)).digest("hex");
const take = (source: BitSource, count: number) => Array.from({ length: count }, () => nextLong(source));

describe("SeedSequence", () => {
  const file = "numpy-seedsequence";
  const plain = match(
    /^r = np\.random\.SeedSequence\((.*)\)\.(pool|generate_state)(?:\((\d+)(, np\.uint64)?\))?$/,
    file,
  );
  test("all plain cases are there", () => expect(plain).toHaveLength(24));
  test.each(plain)("$call", ({ result }, [, seed = "", what, count, long]) => {
    const sequence = seedSequence(seedOf(seed));
    if (what === "pool") expect([...sequence.pool]).toEqual(result.values);
    else if (long) expect(hex(sequence.longs(Number(count)))).toEqual(result.hex);
    else expect([...sequence.words(Number(count))]).toEqual(result.values);
  });

  test.each([0, 1, 42])("children of %s, keys and larger pools", (seed) => {
    const [spawned, keyed, large] = ["spawn", "spawn_key", "pool_size8"].map(
      (id) => golden(file).find((each) => each.id === `${id} ${seed}`)!.result,
    );
    const own = seedSequence(seed);
    const children = [own.child(0), own.child(1), own.child(2), own.child(1).child(0), own.child(1).child(1)];
    children.forEach((child, i) => {
      expect(Object.values(spawned!)[i]).toMatchObject({
        pool: { values: [...child.pool] },
        state: { values: [...child.words(4)] },
      });
    });
    const withKey = seedSequence(seed, { spawnKey: [3, 2 ** 33] });
    expect(Object.values(keyed!)).toMatchObject([{ values: [...withKey.pool] }, { values: [...withKey.words(4)] }]);
    const eight = seedSequence(seed, { poolSize: 8 });
    expect(Object.values(large!)).toMatchObject([{ values: [...eight.pool] }, { values: [...eight.words(4)] }]);
  });

  test("a negative or broken seed is refused", () => {
    expect(() => seedSequence(-1)).toThrow("numpy stream: a seed is not negative, got -1");
    expect(() => seedSequence(0.5)).toThrow("numpy stream: a seed is a whole number, got 0.5");
  });
});

describe("bit generators", () => {
  const file = "numpy-bit-generators";
  test.each(match(/^r = np\.random\.(PCG64|Philox)\((\d+)\)\.random_raw\((\d+)\)$/, file))(
    "$call",
    ({ result }, [, kind, seed = "", count]) => {
      const source = kind === "PCG64" ? createPcg64(BigInt(seed)) : createPhilox64(BigInt(seed));
      expect(hex(take(source, Number(count)))).toEqual(result.hex);
    },
  );

  test.each(match(/^r = np_state\(np\.random\.PCG64\((\d+)\)\.state\)$/, file))(
    "$call",
    ({ result }, [, seed = ""]) => {
      const { state, increment } = createPcg64(BigInt(seed)).state();
      expect(result.state).toEqual({ state: String(state), inc: String(increment) });
    },
  );

  test("advanced and jumped: 1000003 draws, and twice (φ − 1)·2^128 of them", () => {
    const find = (id: string) => golden(file).find((each) => each.id === id)!.result.hex;
    expect(hex(take(createPcg64(42, { steps: 1000003n }), 6))).toEqual(find("PCG64 advance"));
    const jump = 210306068529402873165736369884012333109n;
    expect(hex(take(createPcg64(42, { steps: 2n * jump }), 6))).toEqual(find("PCG64 jumped"));
    expect(hex(take(createPhilox64(0, { key: [1n, 2n] }), 12))).toEqual(find("Philox key"));
    const counter = (1n << 64n) | (2n << 128n) | (3n << 192n);
    expect(hex(take(createPhilox64(0, { key: [5n, 0n], counter }), 12))).toEqual(find("Philox key counter"));
  });
});

describe("Generator", () => {
  const file = "numpy-generator";
  const calls = match(
    /^r = np\.random\.default_rng\((\d+)\)\.(random|standard_normal|uniform|normal)\(([^)]*?)(, dtype=np\.float32)?\)$/,
    file,
  );
  test("all of these calls are there", () => expect(calls).toHaveLength(18));
  test.each(calls)("$call", ({ result }, [, seed = "", kind, args = "", single]) => {
    const numbers = args.split(",").map(Number);
    const generator = createNumpyGenerator(BigInt(seed));
    const out = single ? new Float32Array(numbers.at(-1)!) : new Float64Array(numbers.at(-1)!);
    const [first = 0, second = 0] = numbers;
    if (kind === "random") generator.random(out);
    else if (kind === "standard_normal") generator.standardNormal(out);
    else if (out instanceof Float64Array) generator[kind === "uniform" ? "uniform" : "normal"](out, first, second);
    expect(worst(out, result)).toBe(0);
  });

  test.each([0, 42])("a million of each from seed %s, tails among them", (seed) => {
    const find = (id: string) => golden(file).find((each) => each.id === `${id} ${seed}`)!.result;
    const million = 1_000_000;
    for (const out of [new Float64Array(million), new Float32Array(million)]) {
      const kind = out instanceof Float32Array ? " f32" : "";
      createNumpyGenerator(seed).random(out);
      expect(hash(out.buffer)).toBe(find(`sha256 random${kind}`));
      createNumpyGenerator(seed).standardNormal(out);
      const { index, value } = find(`normal tails${kind}`) as unknown as { index: Tensor; value: Tensor };
      const places = (index.values ?? []).map(Number);
      expect(places.length).toBeGreaterThan(20);
      const tails = out instanceof Float32Array ? new Float32Array(places.length) : new Float64Array(places.length);
      places.forEach((place, i) => {
        tails[i] = out[place]!;
      });
      // Beyond the last layer the value goes through log1p, where C libraries and JavaScript may differ in the last place.
      expect(worst(tails, value)).toBeLessThanOrEqual(2);
      // Under seed 0 they do not, and the whole million is equal to the bit.
      if (seed === 0) expect(hash(out.buffer)).toBe(find(`sha256 normal${kind}`));
    }
  });

  test("float32 draws share a word, doubles leave the half that is kept alone", () => {
    for (const seed of [0, 42, 1099511627781]) {
      const parts = Object.values(golden(file).find((each) => each.id === `mixed ${seed}`)!.result) as Tensor[];
      const generator = createNumpyGenerator(seed);
      const sizes = [new Float32Array(3), new Float64Array(2), new Float32Array(2)];
      sizes.forEach((out, i) => {
        generator.random(out);
        expect(worst(out, parts[i]!)).toBe(0);
      });
      [new Float32Array(3), new Float64Array(2)].forEach((out, i) => {
        generator.standardNormal(out);
        expect(worst(out, parts[3 + i]!)).toBe(0);
      });
    }
  });

  test("over Philox", () => {
    for (const seed of [0, 42, 1099511627781]) {
      const parts = Object.values(golden(file).find((each) => each.id === `philox random ${seed}`)!.result) as Tensor[];
      const generator = createNumpyGenerator(seed, { source: createPhilox64(seed) });
      const [random, doubles, floats] = [new Float64Array(8), new Float64Array(8), new Float32Array(9)];
      generator.random(random);
      generator.standardNormal(doubles);
      generator.standardNormal(floats);
      for (const [i, out] of [random, doubles, floats].entries()) expect(worst(out, parts[i]!)).toBe(0);
    }
  });
});
