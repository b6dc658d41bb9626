/** `.keras` archives and `.h5` files as Keras writes them, of models that TF.js made: every value at its place. */

import { LayersModel } from "@tensorflow/tfjs-layers";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import type { Json } from "../../../src/formats/keras/index.ts";
import { readHdf5, readKeras, readKerasArchive, toKeras } from "../../../src/formats/keras/index.ts";
import { fileName, nameOfNumbered } from "../../../src/formats/keras/variables.ts";
import { bytesSource } from "../../../src/formats/source.ts";
import type { Model } from "../../../src/model/types.ts";
import { hdf5Bytes, type Make } from "../hdf5/build.ts";
import { MODELS } from "./models.ts";

const builder = (name: string): LayersModel => {
  const make = MODELS[name];
  if (make === undefined) throw new Error(name);
  return make();
};

/** TF.js leaves out the multiplier of separable convolutions, here 2 in every model; Keras writes it. */
const topologyOf = (model: LayersModel): Json =>
  JSON.parse(
    JSON.stringify(model.toJSON(null, false)).replaceAll(
      '"class_name":"SeparableConv2D","config":{',
      '"class_name":"SeparableConv2D","config":{"depth_multiplier":2,',
    ),
  );

const dataOf = (variable: LayersModel["weights"][number]): Make => ({
  data: Float32Array.from(variable.read().dataSync()),
  shape: variable.shape.map((size) => size ?? 0),
});

/** Keras orders a layer's variables: those that are trained, then the others. */
const variablesOf = (layer: LayersModel["layers"][number]) => [...layer.trainableWeights, ...layer.nonTrainableWeights];

/** `model.save("x.h5")`: a group a layer, named as the layer, with its variables' names, which repeat the layer's. */
function legacy(model: LayersModel): Promise<Uint8Array> {
  const arrays: Record<string, Make> = {};
  const attributes: Record<string, Record<string, string | string[]>> = {
    "": { model_config: JSON.stringify(topologyOf(model)), keras_version: "2.15.0" },
    model_weights: { layer_names: model.layers.map(({ name }) => name) },
  };
  for (const layer of model.layers) {
    // The cell of a recurrent layer has a name of its own in Keras 2.
    const cell = (name: string) => name.replace(/(lstm|gru|simple_rnn)(_\w+)?\//i, (whole) => `${whole}cell/`);
    const names = variablesOf(layer).map(({ name }) => `${cell(name)}:0`);
    for (const [i, variable] of variablesOf(layer).entries())
      arrays[`model_weights/${layer.name}/${names[i]}`] = dataOf(variable);
    if (names.length > 0) attributes[`model_weights/${layer.name}`] = { weight_names: names };
  }
  return hdf5Bytes(arrays, attributes);
}

/** Folders of a wrapped layer's parts. */
function partOf(kind: string, variable: string): string {
  if (/forward_/.test(variable)) return "/forward_layer/cell";
  if (/backward_/.test(variable)) return "/backward_layer/cell";
  return ["LSTM", "GRU", "SimpleRNN"].includes(kind) ? "/cell" : "";
}

/** Numbered variables in folders named after classes; a model inside has folders of its own. */
function numbered(layers: LayersModel["layers"], root: string, arrays: Record<string, Make>): void {
  const counts = new Map<string, number>();
  for (const layer of layers) {
    const kind = layer.getClassName();
    const base = fileName(kind);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const folder = `${root}/${count === 0 ? base : `${base}_${count}`}`;
    if (layer instanceof LayersModel) {
      numbered(layer.layers, `${folder}/${root.split("/").at(-1)}`, arrays);
      continue;
    }
    const parts = new Map<string, number>();
    for (const variable of variablesOf(layer)) {
      const place = `${folder}${partOf(kind, variable.name)}/vars`;
      const at = parts.get(place) ?? 0;
      parts.set(place, at + 1);
      arrays[`${place}/${at}`] = dataOf(variable);
    }
  }
}

/** `model.save("x.keras")`. */
async function archive(model: LayersModel, root = "layers"): Promise<Uint8Array> {
  const arrays: Record<string, Make> = {};
  numbered(model.layers, root, arrays);
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return zipSync({
    "metadata.json": text({ keras_version: "3.3.3" }),
    "config.json": text(topologyOf(model)),
    "model.weights.h5": [await hdf5Bytes(arrays), { level: 0 }],
  });
}

function expectValues(model: Model, theirs: LayersModel): void {
  const { layouts } = readKeras(topologyOf(theirs));
  expect(theirs.weights.length).toBeGreaterThan(0);
  expect(model.notes.filter(({ code }) => code === "assumed")).toEqual([]);
  for (const variable of theirs.weights) {
    const [values, layout] = [model.read(variable.name), layouts.get(variable.name)];
    if (!(values instanceof Float32Array) || layout === undefined) throw new Error(variable.name);
    expect(toKeras(values, layout)).toEqual(variable.read().dataSync());
  }
}

const NAMES = ["mlp", "activations", "convolutions", "depthwise", "transposed", "sequence", "branches"];

test.each(NAMES)("%s: .h5 and .keras, every value", async (name) => {
  const theirs = builder(name);
  expectValues(await readHdf5(bytesSource(await legacy(theirs))), theirs);
  expectValues(await readKerasArchive(bytesSource(await archive(theirs))), theirs);
  expectValues(await readKerasArchive(bytesSource(await archive(theirs, "_layer_checkpoint_dependencies"))), theirs);
});

/** Keras's own GRU: reset after the product, and so one bias of two rows. */
test("a GRU's bias of two rows is two biases", async () => {
  const units = 3;
  const layer = {
    class_name: "GRU",
    config: { name: "gru", units, reset_after: true, batch_input_shape: [null, 4, 2], use_bias: true },
  };
  const config = { class_name: "Sequential", config: { name: "s", layers: [layer] } };
  const random = (length: number, start: number) => Float32Array.from({ length }, (_, i) => start + i);
  const bytes = await hdf5Bytes({
    "layers/gru/cell/vars/0": { data: random(18, 0), shape: [2, 9] },
    "layers/gru/cell/vars/1": { data: random(27, 100), shape: [3, 9] },
    "layers/gru/cell/vars/2": { data: random(18, 200), shape: [2, 9] },
  });
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const model = await readKerasArchive(
    bytesSource(zipSync({ "config.json": text(config), "model.weights.h5": bytes })),
  );
  expect(model.read("gru/bias")).toEqual(random(9, 200));
  expect(model.read("gru/recurrent_bias")).toEqual(random(9, 209));
  const [node] = model.nodes.filter(({ kind }) => kind === "recurrent");
  expect(node?.kind === "recurrent" && node.resetAfter && node.directions).toEqual([
    expect.objectContaining({ inputBias: "gru/bias", recurrentBias: "gru/recurrent_bias" }),
  ]);
});

test("weights without layers bear their variables' names", async () => {
  const theirs = builder("convolutions");
  const full = await legacy(theirs);
  const names = (model: Model) => [...model.parameters].map(([name, { role }]) => `${name} ${role}`);
  const arrays: Record<string, Make> = {};
  const attributes: Record<string, Record<string, string[]>> = {
    "": { layer_names: theirs.layers.map(({ name }) => name) },
  };
  for (const layer of theirs.layers) {
    const own = variablesOf(layer);
    for (const variable of own) arrays[`${layer.name}/${variable.name}:0`] = dataOf(variable);
    if (own.length > 0) attributes[layer.name] = { weight_names: own.map(({ name }) => `${name}:0`) };
  }
  const weights = await readHdf5(bytesSource(await hdf5Bytes(arrays, attributes)));
  expect(weights.format).toBe("h5");
  expect([...weights.parameters.keys()]).toEqual(theirs.layers.flatMap(variablesOf).map(({ name }) => name));
  expect((await readHdf5(bytesSource(full))).format).toBe("keras");
  const numbered = await hdf5Bytes({
    "layers/dense_1/vars/0": { data: new Float32Array(6), shape: [2, 3] },
    "layers/dense_1/vars/1": { data: new Float32Array(3), shape: [3] },
    "layers/batch_normalization/vars/0": { data: new Float32Array(3), shape: [3] },
    "layers/batch_normalization/vars/1": { data: new Float32Array(3), shape: [3] },
    "layers/batch_normalization/vars/2": { data: new Float32Array(3), shape: [3] },
    "layers/batch_normalization/vars/3": { data: new Float32Array(3), shape: [3] },
    "optimizer/vars/1": { data: new Float32Array(6), shape: [2, 3] },
  });
  expect(names(await readHdf5(bytesSource(numbered)))).toEqual([
    "batch_normalization/gamma scale",
    "batch_normalization/beta shift",
    "batch_normalization/moving_mean statistic",
    "batch_normalization/moving_variance statistic",
    "dense_1/kernel weight",
    "dense_1/bias bias",
  ]);
  expect(nameOfNumbered("layers/my_layer/vars/0", 2)).toBe("my_layer/0");
});

test("names of files are Keras's", () => {
  const kinds = [
    "Dense",
    "Conv2DTranspose",
    "PReLU",
    "BatchNormalization",
    "LSTM",
    "DepthwiseConv2D",
    "MultiHeadAttention",
  ];
  expect(kinds.map(fileName)).toEqual([
    "dense",
    "conv2d_transpose",
    "p_re_lu",
    "batch_normalization",
    "lstm",
    "depthwise_conv2d",
    "multi_head_attention",
  ]);
});

test("archives that cannot be are refused in one line", async () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const read = (members: Record<string, Uint8Array>) =>
    readKerasArchive(bytesSource(zipSync(members)), { name: "a.keras" });
  await expect(read({ "config.json": text("{}") })).rejects.toThrow("a.keras: class_name is a text");
  await expect(read({ "config.json": text("[".repeat(100_000)) })).rejects.toThrow("a.keras: its model is not JSON");
  await expect(read({ x: text("") })).rejects.toThrow("a.keras: no config.json in the archive");
});
