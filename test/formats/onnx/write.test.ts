import { describe, expect, it } from "vitest";
import { bfloat16Bits, bfloat16Value } from "../../../src/formats/dtype.ts";
import { readOnnx, writeOnnx } from "../../../src/formats/onnx/index.ts";
import type { Model } from "../../../src/model/index.ts";
import { modelBytes, onnxFiles, readModel } from "./corpus.ts";

/** Values that tell parameters and places apart, exact in float16: −512 … 511 and a step a parameter. */
function marked(model: Model): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  let offset = 0;
  for (const { name, shape } of model.parameters.values()) {
    const count = shape.reduce((a, b) => a * b, 1);
    offset += 37;
    values.set(
      name,
      Float32Array.from({ length: count }, (_, i) => ((offset + i) % 1024) - 512),
    );
  }
  return values;
}

/** Number of values that differ; comparing element by element in the matcher would take most of the test's time. */
function differences(read: ArrayLike<number> | null, expected: ArrayLike<number>): number {
  if (read?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (let i = 0; i < expected.length; i++) if (read[i] !== expected[i]) count++;
  return count;
}

function rewritten(
  file: string,
  dtype?: "f32" | "f16" | "bf16",
): { before: Model; after: Model; values: Map<string, Float32Array>; bytes: Uint8Array } {
  const before = readModel(file);
  const values = marked(before);
  const bytes = writeOnnx(before, modelBytes(file), (name) => values.get(name) ?? null, { dtype });
  return { before, after: readOnnx(bytes, { name: before.name }), values, bytes };
}

const small = onnxFiles.filter((file) => !file.includes("skeleton") && !file.startsWith("light/"));

describe("writing new weights into the same graph", () => {
  it.each(small)("%s: what was written is read back, every parameter apart from every other", (file) => {
    const { before, after, values } = rewritten(file);
    expect([...after.parameters.keys()].sort()).toEqual([...before.parameters.keys()].sort());
    for (const [name, expected] of values) {
      expect(differences(after.read(name), expected), name).toBe(0);
      expect(after.parameters.get(name)?.shape).toEqual(before.parameters.get(name)?.shape);
    }
    expect(after.nodes.length).toBe(before.nodes.length);
    expect(after.tensors).toEqual(before.tensors);
    expect(after.unsupported).toEqual([]);
  });

  it("un-merges parameters that shared one initializer", () => {
    const { before, after, values } = rewritten("bn-cnn-eval.onnx");
    const shared = [...before.parameters.values()].filter((parameter) => parameter.stored.kind === "shared");
    expect(shared.length).toBe(8);
    for (const { name } of shared) {
      expect(after.parameters.get(name)?.stored.kind).toBe("whole");
      expect(after.read(name)).toEqual(values.get(name));
    }
  });

  it("leaves the owner's values alone when only a merged parameter is written", () => {
    const before = readModel("constant-mlp-merged.onnx");
    const [merged] = [...before.parameters.values()].filter((parameter) => parameter.stored.kind === "shared");
    const owner = merged.stored.kind === "shared" ? merged.stored.initializer : "";
    const fresh = new Float32Array(merged.shape[0]).fill(7);
    const bytes = writeOnnx(before, modelBytes("constant-mlp-merged.onnx"), (name) =>
      name === merged.name ? fresh : null,
    );
    const after = readOnnx(bytes);
    expect(after.read(merged.name)).toEqual(fresh);
    expect(after.read(owner)).toEqual(before.read(owner));
    for (const name of before.parameters.keys())
      if (name !== merged.name) expect(after.read(name)).toEqual(before.read(name));
  });

  it.each(["skeleton-resnet18.onnx", "light/light_squeezenet.onnx"])("%s: placeholders become weights", (file) => {
    const model = readModel(file);
    const wanted = [...model.parameters.keys()].slice(0, 4);
    const fill = (name: string): Float32Array =>
      new Float32Array(model.read(name)?.length ?? 0).fill(wanted.indexOf(name) + 1);
    const bytes = writeOnnx(model, modelBytes(file), fill);
    const after = readOnnx(bytes);
    expect(after.unsupported).toEqual([]);
    expect(after.nodes.length).toBe(model.nodes.length);
    for (const name of model.parameters.keys()) {
      expect(after.parameters.get(name)?.stored.kind, name).toBe("whole");
      expect(after.parameters.get(name)?.shape, name).toEqual(model.parameters.get(name)?.shape);
      expect(after.read(name)?.[0], name).toBe(wanted.indexOf(name) + 1);
    }
  });

  it.each(["f16", "bf16"] as const)("stores in %s behind a cast, and reads and writes that again", (dtype) => {
    for (const file of ["gpt-mini-folded.onnx", "lstm.onnx", "bn-cnn-eval.onnx"]) {
      const { before, after, values, bytes } = rewritten(file, dtype);
      expect([...after.parameters.keys()].sort(), file).toEqual([...before.parameters.keys()].sort());
      for (const [name, expected] of values) {
        expect(after.parameters.get(name)?.dtype).toBe(dtype);
        // bfloat16 keeps 8 bits: integers up to 512 are rounded to multiples of 2.
        const rounded = dtype === "bf16" ? expected.map((v) => bfloat16Value(bfloat16Bits(v))) : expected;
        expect(differences(after.read(name), rounded), `${file} ${name}`).toBe(0);
      }
      expect(after.tensors).toEqual(before.tensors);
      const again = readOnnx(writeOnnx(after, bytes, (name) => values.get(name) ?? null, { dtype: "f32" }));
      for (const [name, expected] of values) expect(differences(again.read(name), expected), name).toBe(0);
    }
  });

  it("refuses values of the wrong count, naming the parameter", () => {
    const model = readModel("digits-mlp.onnx");
    const write = (): Uint8Array => writeOnnx(model, modelBytes("digits-mlp.onnx"), () => new Float32Array(3));
    expect(write).toThrow(/^writeOnnx: fc1\.weight \[128,64\] needs 8192 values, got 3$/);
  });
});
