/** Files that TF.js saves, read with their values. */

import { io } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { bytesSource, FormatError } from "../../../src/formats/index.ts";
import { readTfjs } from "../../../src/formats/keras/index.ts";
import { toKeras } from "../../../src/formats/keras/order.ts";
import { MODELS } from "./models.ts";

/** What `model.save` sends to a server: the JSON, and the bytes, here cut into files of at most `size`. */
async function saved(model: LayersModel, size: number) {
  let sent = new FormData();
  const fetchFunc: typeof fetch = async (_, init) => {
    if (init?.body instanceof FormData) sent = init.body;
    return new Response();
  };
  await model.save(io.http("http://localhost/model", { fetchFunc }));
  const [text, data] = [sent.get("model.json"), sent.get("model.weights.bin")];
  if (!(text instanceof Blob && data instanceof Blob)) throw new Error("TF.js sent no model");
  const bytes = new Uint8Array(await data.arrayBuffer());
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; at += size) files.set(`part${files.size}.bin`, bytes.subarray(at, at + size));
  const json = JSON.parse(await text.text());
  json.weightsManifest[0].paths = [...files.keys()];
  const open = (path: string) => {
    const file = files.get(path);
    return file === undefined ? null : bytesSource(file);
  };
  return { json, open, files };
}

const builder = (name: string) => {
  const make = MODELS[name];
  if (make === undefined) throw new Error(name);
  return make();
};

test.each(["mlp", "depthwise", "sequence", "branches"])("%s: every value, across files", async (name) => {
  const theirs = builder(name);
  const { json, open, files } = await saved(theirs, 401);
  const { model, layouts } = readTfjs(json, { open });
  expect(model.format).toBe("tfjs");
  expect(files.size).toBeGreaterThan(1);
  for (const variable of theirs.weights) {
    const layout = layouts.get(variable.name);
    const values = model.read(variable.name);
    if (layout === undefined || !(values instanceof Float32Array)) throw new Error(variable.name);
    expect(toKeras(values, layout)).toEqual(variable.read().dataSync());
  }
});

test.each(["uint8", "uint16", "float16"] as const)("%s: quantized values are those that TF.js reads", async (dtype) => {
  const theirs = builder("mlp");
  const { json, files } = await saved(theirs, 1 << 20);
  const [group] = json.weightsManifest;
  const scale = dtype === "uint8" ? 0.01 : 0.0001;
  const quantization = dtype === "float16" ? { dtype, original_dtype: "float32" } : { dtype, scale, min: -0.7 };
  const weights = group.weights.map((weight: io.WeightsManifestEntry) => ({ ...weight, quantization }));
  const count = files.get("part0.bin")?.length ?? 0;
  const bytes = Uint8Array.from({ length: dtype === "uint8" ? count / 4 : count / 2 }, (_, i) =>
    dtype === "float16" && i % 2 === 1 ? 0x30 + (i % 11) : (i * 37) % 251,
  );
  const expected = io.decodeWeights(bytes.buffer, weights);
  const { model } = readTfjs({ ...json, weightsManifest: [{ ...group, weights }] }, { open: () => bytesSource(bytes) });
  for (const [name, tensor] of Object.entries(expected)) expect(model.read(name)).toEqual(tensor.dataSync());
});

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
};

test("files that cannot be are refused in one line", async () => {
  const { json, open } = await saved(builder("mlp"), 100);
  const { model } = readTfjs(json, {
    open: (path) => (path === "part0.bin" ? open(path) : bytesSource(new Uint8Array(0))),
  });
  const names = [...model.parameters.keys()];
  expect(refusal(() => names.map((name) => model.read(name)))).toMatch(/bytes are needed, its files have 100/);
  const missing = readTfjs(json, { open: () => null });
  expect(refusal(() => missing.model.read(names[0] ?? ""))).toContain('its file "part0.bin" is missing');
  expect(refusal(() => readTfjs({ format: "graph-model" }, { open }))).toContain("graph model has no layers");
  const [group] = json.weightsManifest;
  const weights = [...group.weights];
  const change = (patch: object) => ({
    ...json,
    weightsManifest: [{ ...group, weights: [{ ...weights[0], ...patch }, ...weights.slice(1)] }],
  });
  expect(refusal(() => readTfjs(change({ shape: [2 ** 40, 2 ** 40] }), { open }))).not.toContain("\n");
  expect(refusal(() => readTfjs(change({ shape: [7, 5] }), { open }))).toContain("its layer needs [5,7]");
  expect(refusal(() => readTfjs(change({ dtype: "string" }), { open }))).toContain('dtype "string" is not read');
  expect(refusal(() => readTfjs(change({ name: weights[1].name }), { open }))).toContain("listed twice");
});
