/** init --fix: what is named is drawn, the rest comes out bit for bit. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixModel } from "../../src/check/index.ts";
import { encodeNumbers } from "../../src/formats/dtype.ts";
import { openModel } from "../../src/formats/file.ts";
import { bytesSource, memorySink, readSafetensorsHeader, writeSafetensors } from "../../src/formats/index.ts";
import { writeWeights } from "../../src/materialize/write-file.ts";
import { corpus, drawn } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-fix-"));
const same = (a: ArrayLike<number> | null, b: ArrayLike<number> | null) =>
  expect(new Uint8Array(Float32Array.from(a ?? []).buffer)).toEqual(new Uint8Array(Float32Array.from(b ?? []).buffer));

test.each(["onnx", "safetensors", "npz"])("a file with one bad tensor keeps all others, as .%s", async (suffix) => {
  const source = join(folder, `bad-${suffix}.onnx`);
  const good = await openModel(corpus("digits-mlp.onnx"));
  const { writeOnnx } = await import("../../src/formats/index.ts");
  const bad = (good.read("fc2.weight") ?? new Float32Array()).map((value) => value * 30);
  writeFileSync(
    source,
    writeOnnx(good, readFileSync(corpus("digits-mlp.onnx")), (name) => (name === "fc2.weight" ? bad : null)),
  );
  const model = await openModel(source);
  const fix = await fixModel(model, { scheme: "torch", seed: 3 });
  expect(fix.redrawn.map(({ tensor, rules }) => [tensor, rules])).toEqual([["fc2.weight", ["mis-scaled"]]]);
  expect(fix.kept).toBe(5);
  expect(fix.after.summary).toMatchObject({ errors: 0, warnings: 0 });
  const target = join(folder, `mended.${suffix}`);
  await writeWeights(target, model, fix.plan, { source, dtype: "own" });
  const mended = await openModel(target);
  for (const name of model.parameters.keys()) {
    if (name === "fc2.weight") continue;
    same(mended.read(name), model.read(name));
  }
  const values = mended.read("fc2.weight") ?? [];
  // U(−1/√128, 1/√128): PyTorch's default for 128 inputs.
  expect(Math.max(...Array.from(values, Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(128));
});

test("half precision and whole numbers come out byte by byte, NaN patterns of other tensors included", async () => {
  const floats = Float32Array.from({ length: 64 }, (_, i) => Math.fround(Math.sin(i + 1) * 0.1));
  const odd = new Uint8Array(encodeNumbers(floats, "f16"));
  const tensors = [
    { name: "a.weight", dtype: "f16" as const, shape: [8, 8], bytes: odd },
    {
      name: "b.weight",
      dtype: "bf16" as const,
      shape: [8, 8],
      bytes: encodeNumbers(
        floats.map((x) => x * 1.7),
        "bf16",
      ),
    },
    {
      name: "bad.weight",
      dtype: "f32" as const,
      shape: [8, 8],
      bytes: encodeNumbers(
        floats.map((x, i) => (i === 3 ? Number.NaN : x * 0.9)),
        "f32",
      ),
    },
    { name: "steps", dtype: "i64" as const, shape: [2], bytes: encodeNumbers(Float64Array.of(7, 123456789), "i64") },
    { name: "mask", dtype: "bool" as const, shape: [3], bytes: Uint8Array.of(1, 0, 1) },
  ];
  const sink = memorySink();
  await writeSafetensors(sink, tensors, (slot) => [
    tensors.find(({ name }) => name === slot.name)?.bytes ?? new Uint8Array(),
  ]);
  const source = join(folder, "mixed.safetensors");
  writeFileSync(source, sink.bytes());
  const model = await openModel(source);
  const fix = await fixModel(model);
  expect(fix.redrawn.map(({ tensor }) => tensor)).toEqual(["bad.weight"]);
  const target = join(folder, "mixed-mended.safetensors");
  await writeWeights(target, model, fix.plan, { source, dtype: "own" });
  const file = readFileSync(target);
  const header = readSafetensorsHeader(bytesSource(file));
  for (const { name, dtype, bytes } of tensors) {
    const found = header.tensors.find((tensor) => tensor.name === name);
    expect(found?.dtype, name).toBe(dtype);
    if (found && name !== "bad.weight")
      expect(new Uint8Array(file.subarray(found.offset, found.offset + found.bytes)), name).toEqual(
        new Uint8Array(bytes),
      );
  }
});

test("deep chains are mended as a whole, and what cannot be mended is said", async () => {
  const tanh = await fixModel(await openModel(corpus("deep-tanh-mlp.onnx")));
  expect(tanh.before.summary.errors).toBe(2);
  expect(tanh.after.summary.errors).toBe(0);
  expect(tanh.redrawn.every(({ rules }) => rules.length > 0)).toBe(true);
  const nothing = await fixModel(await drawn("digits-mlp.onnx", "torch"));
  expect(nothing.redrawn).toEqual([]);
});
