import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { bfloat16Bits, bfloat16Value, float16Bits, float16Value } from "../../src/formats/dtype.ts";
import { openModel } from "../../src/formats/file.ts";
import { readNpz } from "../../src/formats/npz/index.ts";
import { readSafetensors, readSafetensorsHeader } from "../../src/formats/safetensors/index.ts";
import { bytesSource, memorySink } from "../../src/formats/source.ts";
import { initialize, shardOf, streamWeights, tensorTiles } from "../../src/materialize/index.ts";
import { writeAtomically } from "../../src/materialize/write-atomic.ts";
import { writeWeights } from "../../src/materialize/write-file.ts";
import { shared } from "../formats/corpus-paths.ts";
import { planOf, ROWS } from "./plan.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-materialize-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = planOf(ROWS);
const whole = initialize(plan);

test("the same bits for any tile size", () => {
  fc.assert(
    fc.property(fc.constantFrom(...plan.tensors), fc.integer({ min: 1, max: 700 }), (tensor, tile) => {
      const joined = [...tensorTiles(tensor, { seed: 7, tile })].flatMap((values) => [...values]);
      expect(joined).toEqual([...whole.get(tensor.name)!]);
    }),
    { numRuns: 150 },
  );
});

test("the same bits in any order and any subset; others under another seed", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...ROWS]), (rows) => {
      for (const [name, values] of initialize(planOf(rows))) expect(values).toEqual(whole.get(name));
    }),
    { numRuns: 40 },
  );
  expect(initialize(plan, { names: ["b.weight"] })).toEqual(new Map([["b.weight", whole.get("b.weight")]]));
  expect(initialize(plan, { seed: 8 }).get("a.weight")).not.toEqual(whole.get("a.weight"));
});

test("shards together are the whole, each tensor once, in order, balanced to a tensor", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 30 }), fc.integer({ min: 1, max: 12 }), (sizes, count) => {
      const tensors = sizes.map((bytes, i) => ({ bytes, i }));
      const parts = Array.from({ length: count }, (_, k) => shardOf(tensors, (t) => t.bytes, { index: k + 1, count }));
      expect(parts.flat()).toEqual(tensors);
      const mean = sizes.reduce((a, b) => a + b, 0) / count;
      for (const part of parts) {
        // A run whose middles lie within one mean's width reaches half a tensor out on either side.
        expect(part.reduce((sum, t) => sum + t.bytes, 0)).toBeLessThanOrEqual(mean + Math.max(0, ...sizes) + 1e-9);
      }
    }),
  );
  expect(() => shardOf([], () => 0, { index: 3, count: 2 })).toThrow("shard: i/n with 1 ≤ i ≤ n, got 3/2");
});

test("a .safetensors file holds the values, the dtypes and how it came to be", async () => {
  const path = join(folder, "w.safetensors");
  const written = await writeWeights(path, await openModel("4 > 2"), plan);
  const bytes = new Uint8Array(readFileSync(path));
  expect(written).toEqual({ path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  const model = readSafetensors(bytes);
  expect([...model.parameters.keys()].sort()).toEqual(ROWS.map(({ name }) => name).sort());
  for (const { name } of ROWS) expect([...model.read(name)!]).toEqual([...whole.get(name)!]);
  expect(model.parameters.get("batches")?.dtype).toBe("i64");
  const { metadata } = readSafetensorsHeader(bytesSource(bytes));
  expect(Object.fromEntries(metadata)).toMatchObject({
    scheme: "by-hand",
    seed: "7",
    stream_version: "1",
    format: "pt",
  });
});

test.each([
  ["f16", float16Bits, float16Value],
  ["bf16", bfloat16Bits, bfloat16Value],
] as const)("%s values are the float32 ones rounded", async (dtype, bits, value) => {
  const sink = memorySink();
  await streamWeights(sink, plan, "safetensors", { dtype, tile: 100 });
  const read = readSafetensors(sink.bytes()).read("a.weight")!;
  expect([...read]).toEqual([...whole.get("a.weight")!].map((x) => value(bits(x))));
});

test("an .npz file holds the same values, shard by shard", async () => {
  const names: string[] = [];
  for (const index of [1, 2, 3]) {
    const sink = memorySink();
    await streamWeights(sink, plan, "npz", { shard: { index, count: 3 } });
    const part = readNpz(sink.bytes());
    for (const name of part.parameters.keys()) expect([...part.read(name)!]).toEqual([...whole.get(name)!]);
    names.push(...part.parameters.keys());
  }
  expect(names).toEqual(ROWS.map(({ name }) => name));
});

test("values planned as the file's are copied, and asked for where they are absent", async () => {
  const kept = planOf([{ name: "w", shape: [2], initializer: { kind: "file", mean: 0, std: 1 } }]);
  expect(initialize(kept, { read: () => Float32Array.of(3, 4) }).get("w")).toEqual(Float32Array.of(3, 4));
  expect(() => initialize(kept)).toThrow("materialize w: planned to keep the file's values, got none");
});

test("a failure or an abort leaves nothing behind and keeps what was there", async () => {
  const path = join(folder, "kept.safetensors");
  writeFileSync(path, "before");
  const before = readdirSync(folder).sort();
  const controller = new AbortController();
  const options = { tile: 10, signal: controller.signal, onProgress: () => controller.abort(new Error("stopped")) };
  const model = await openModel("4 > 2");
  await expect(writeWeights(path, model, plan, options)).rejects.toThrow("stopped");
  const late = new AbortController();
  const onDisk = async () => late.abort(new Error("stopped late"));
  const written = writeAtomically(path, async ({ write }) => write(new Uint8Array(10)), {
    signal: late.signal,
    onDisk,
  });
  await expect(written).rejects.toThrow("stopped late");
  const failing = writeAtomically(path, async ({ write }) => {
    await write(new Uint8Array(10));
    throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  });
  await expect(failing).rejects.toThrow(`write ${path}: the disk is full, free some space`);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(readFileSync(path, "utf8")).toBe("before");
});

test("the model's own file, folders and unknown kinds are refused in one line", async () => {
  const source = join(folder, "model.safetensors");
  const model = await openModel("4 > 2");
  await writeWeights(source, model, plan);
  const size = statSync(source).size;
  await expect(writeWeights(source, model, plan, { source })).rejects.toThrow("this is the model's own file");
  expect(statSync(source).size).toBe(size);
  await expect(writeWeights(join(folder, "x.bin"), model, plan)).rejects.toThrow("unknown kind of file");
  await expect(writeWeights(join(folder, "x.onnx"), model, plan)).rejects.toThrow(
    "needs a model that was read from .onnx",
  );
  await expect(writeWeights(join(folder, "no", "x.npz"), model, plan)).rejects.toThrow("the folder does not exist");
  await expect(writeWeights(join(folder, "x.npz"), model, plan, { dtype: "bf16" })).rejects.toThrow(
    "NumPy has no bf16",
  );
  expect(existsSync(join(folder, "x.npz"))).toBe(false);
});

test("an .onnx file is the model's own graph with the drawn weights", async () => {
  const source = `${shared}models/digits-mlp.onnx`;
  const model = await openModel(source);
  const path = join(folder, "drawn.onnx");
  const rows = [...model.parameters.values()].map(({ name, shape }) => ({
    name,
    shape,
    initializer: { kind: "normal", mean: 0, std: 0.1 } as const,
  }));
  await writeWeights(path, model, planOf(rows), { source });
  const written = await openModel(path);
  expect(written.nodes.map(({ op }) => op)).toEqual(model.nodes.map(({ op }) => op));
  for (const [name, values] of initialize(planOf(rows))) expect(written.read(name)).toEqual(values);
});
