/** PyTorch's CPU draws, against values that PyTorch 1.13 made with its AVX2 build. */

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createTorchGenerator } from "../../../src/random/torch/generator.ts";
import { createMersenneTwister } from "../../../src/random/torch/mersenne-twister.ts";
import { type Case, distances, golden, type Tensor, worst } from "./golden.ts";

type Values = Float32Array | Float64Array;

/** `torch.empty(shape[, dtype]).call(args)` as the goldens write it. */
const CALL =
  /^torch\.manual_seed\((-?\d+)\); r = torch\.empty\(([\d, ]+?)(?:, dtype=torch\.(\w+))?\)\.(uniform_|normal_)\(([^)]*)\)(?: .*)?$/;

function run({ call }: Case): { values: Values; dtype: string } | null {
  const match = CALL.exec(call);
  if (match === null) return null;
  const [, seed = "", shape = "", dtype = "float32", kind, args = ""] = match;
  if (dtype !== "float32" && dtype !== "float64") return null;
  const size = shape.split(",").reduce((product, axis) => product * Number(axis), 1);
  const values = dtype === "float64" ? new Float64Array(size) : new Float32Array(size);
  const [first = 0, second = 1] = args === "" ? [] : args.split(",").map(Number);
  const generator = createTorchGenerator(BigInt(seed));
  if (kind === "uniform_") generator.uniform(values, first, second);
  else generator.normal(values, first, second);
  return { values, dtype };
}

test("MT19937: its authors' first words for seed 5489, and the 10,000th (C++11, 26.5.5)", () => {
  const { next } = createMersenneTwister(5489);
  expect([next(), next(), next()]).toEqual([3499211612, 581869302, 3890346734]);
  for (let i = 3; i < 9999; i++) next();
  expect(next()).toBe(4123659995);
});

test.each(golden("torch-uniform").filter((each) => run(each) !== null))("$id: $call", (each) => {
  // Uniform values are arithmetic on whole numbers: equal, in float64 too.
  expect(worst(run(each)!.values, each.result)).toBe(0);
});

test.each(golden("torch-normal").filter((each) => run(each) !== null))("$id: $call", (each) => {
  const { values, dtype } = run(each)!;
  // float32: polynomials in a known order from 16 elements on, doubles rounded to float32 below: equal.
  if (dtype === "float32") expect(worst(values, each.result)).toBe(0);
  else {
    // float64 goes through the C library's log, sine and cosine, which may differ from JavaScript's in the last place;
    // where std·z and the mean nearly cancel, that is more places of the result.
    const [mean = 0, std = 1] = (/normal_\(([^)]+)\)/.exec(each.call)?.[1] ?? "0, 1").split(",").map(Number);
    distances(values, each.result).forEach((distance, i) => {
      const value = Math.abs(values[i]!);
      const largest = Math.max(value, Math.abs(mean), std * 4);
      expect(distance * value).toBeLessThanOrEqual(value > 0 ? 2 * largest : 0);
    });
  }
});

test("a hundred thousand and three normals, to the bit", () => {
  const each = golden("torch-normal").find(({ id }) => id === "sha256-100003-f32")!;
  const values = new Float32Array(100_003);
  createTorchGenerator(0).normal(values, 0, 1);
  const hash = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
  expect(JSON.stringify(each.result)).toContain(hash);
});

/** Cases of several draws from one generator, by what each draw is. */
const SEQUENCES: Readonly<Record<string, readonly number[]>> = {
  "seq-5-5": [5, 5, 4],
  "seq-5-20-5": [5, 20, 5],
  "seq-20-3-33": [20, 3, 33],
};

test.each(Object.entries(SEQUENCES))("%s: the spare of a serial pair waits for the next serial call", (id, sizes) => {
  const { call, result } = golden("torch-normal").find((each) => each.id === id)!;
  const generator = createTorchGenerator(Number(/manual_seed\((\d+)\)/.exec(call)?.[1]));
  const tensors: unknown = result;
  expect(Array.isArray(tensors) && tensors.length).toBe(sizes.length);
  sizes.forEach((size, i) => {
    const values = new Float32Array(size);
    generator.normal(values, 0, 1);
    expect(worst(values, Object.values(result)[i] as Tensor)).toBe(0);
  });
});

test("permutations and whole numbers", () => {
  for (const { id, call, result } of golden("torch-mt19937")) {
    const seed = BigInt(/manual_seed\((-?\d+)\)/.exec(call)?.[1] ?? "0");
    const generator = createTorchGenerator(seed);
    const order = /^randperm(\d+)$/.exec(id);
    if (order) expect([...generator.permutation(Number(order[1]))]).toEqual(result.values);
    if (/^random_-seed/.test(id) || id === "raw-1300")
      expect(generator.integers(result.values!.length, 2 ** 32 - 1)).toEqual(result.values);
    if (id === "randint") expect(generator.integers(20, 1000)).toEqual(result.values);
    if (id === "randint-neg") expect(generator.integers(20, 11).map((value) => value - 5)).toEqual(result.values);
  }
});
