/** Weight files hold the whole state dict: masks and counters beside the parameters, in their own types. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesSource, memorySink, readNpz, readOnnx, readSafetensorsHeader } from "../../src/formats/index.ts";
import { streamWeights } from "../../src/materialize/index.ts";
import type { Model } from "../../src/model/types.ts";
import { plan } from "../../src/plan/index.ts";
import { shared } from "../formats/corpus-paths.ts";

const bytesOf = (name: string): Buffer => readFileSync(`${shared}models/${name}`);

async function written(model: Model, format: "safetensors" | "npz", dtype: "f32" | "f16" = "f32"): Promise<Uint8Array> {
  const sink = memorySink();
  await streamWeights(sink, plan(model, { scheme: "torch" }), format, { dtype, buffers: model.buffers });
  return sink.bytes();
}

/** Names with type and shape, sorted. */
function headOf(bytes: Uint8Array): string[] {
  const { tensors } = readSafetensorsHeader(bytesSource(bytes));
  return tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape}]`).sort();
}

test.each([
  ["gpt-mini.onnx", "gpt-mini.safetensors"],
  ["bn-cnn-train.onnx", "bn-cnn.safetensors"],
  ["bn-cnn-eval.onnx", "bn-cnn.safetensors"],
  ["lenet5.onnx", "lenet5.safetensors"],
  ["digits-mlp.onnx", "digits-mlp.safetensors"],
])("%s gives the names, types and shapes of %s", async (file, reference) => {
  const ours = await written(readOnnx(bytesOf(file)), "safetensors");
  expect(headOf(ours)).toEqual(headOf(bytesOf(reference)));
});

test("a mask keeps its bytes, also in a file of halves", async () => {
  const model = readOnnx(bytesOf("gpt-mini.onnx"));
  const reference = bytesOf("gpt-mini.safetensors");
  const files = [reference, await written(model, "safetensors"), await written(model, "safetensors", "f16")];
  const masks = files.map((bytes) => {
    const { tensors } = readSafetensorsHeader(bytesSource(bytes));
    const mask = tensors.find(({ name }) => name === "h.1.attn.mask");
    if (mask === undefined) throw new Error("no mask");
    return [...bytes.subarray(mask.offset, mask.offset + mask.bytes)];
  });
  expect(masks[1]).toEqual(masks[0]);
  expect(masks[2]).toEqual(masks[0]);
  expect(masks[0]?.reduce((sum, bit) => sum + bit, 0)).toBe((32 * 33) / 2);
});

test(".npz holds them too", async () => {
  const model = readNpz(bytesSource(await written(readOnnx(bytesOf("gpt-mini.onnx")), "npz")), { name: "npz" });
  expect(model.parameters.get("h.0.attn.mask")).toMatchObject({ dtype: "bool", shape: [1, 1, 32, 32] });
});

test("plans hold parameters only, and notes say what the file does not hold", () => {
  const model = readOnnx(bytesOf("bn-cnn-train.onnx"));
  expect([...(model.buffers ?? new Map()).keys()]).toEqual(
    [1, 5, 9].map((place) => `features.${place}.num_batches_tracked`),
  );
  expect(plan(model).tensors.map(({ name }) => name)).toEqual([...model.parameters.keys()]);
  expect(model.notes.some(({ tensors }) => tensors.includes("features.1.num_batches_tracked"))).toBe(true);
});

test("a pooled Buffer of Node, at any offset, is read like the file", () => {
  const file = bytesOf("bn-cnn-train.onnx");
  const expected = readOnnx(Uint8Array.from(file));
  for (let offset = 1; offset < 8; offset++) {
    const pool = Buffer.alloc(file.length + 16, 0xff);
    file.copy(pool, offset);
    const model = readOnnx(pool.subarray(offset, offset + file.length));
    expect([...model.parameters.keys()]).toEqual([...expected.parameters.keys()]);
    for (const name of model.parameters.keys()) expect(model.read(name)).toEqual(expected.read(name));
    expect(model.buffers?.get("features.1.num_batches_tracked")?.bytes()).toEqual(new Uint8Array(8));
  }
});
