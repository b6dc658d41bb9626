/** Models of TF.js, read from the JSON that it makes, compute what TF.js computes. */

import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { fromKeras, readKeras, toKeras } from "../../../src/formats/keras/index.ts";
import { createKey, fillNormal } from "../../../src/random/index.ts";
import { createExecutor } from "../../../src/run/index.ts";
import { MODELS } from "./models.ts";

const BATCH = 2;

test.each(Object.entries(MODELS))("%s: the same output as TF.js, from the same weights", async (name, make) => {
  const theirs = make();
  const shapes = new Map(theirs.weights.map(({ name, shape }) => [name, shape.map(Number)]));
  const { model, layouts } = readKeras(theirs.toJSON(null, false), { name, batch: BATCH, format: "tfjs", shapes });
  expect(model.unsupported).toEqual([]);
  expect([...model.parameters.keys()].sort()).toEqual(theirs.weights.map((weight) => weight.name).sort());

  const weights = new Map<string, Float32Array>();
  for (const variable of theirs.weights) {
    const layout = layouts.get(variable.name);
    if (layout === undefined) throw new Error(`no parameter ${variable.name}`);
    expect(layout.storedShape).toEqual(variable.shape);
    const values = new Float32Array(layout.storedShape.reduce((product, size) => product * size, 1));
    fillNormal(values, createKey(1, variable.name), 0, 0, 0.5);
    if (variable.name.endsWith("variance")) values.set(values.map((value) => 0.5 + value * value));
    variable.write(tf.tensor(values, [...layout.storedShape]));
    const own = fromKeras(values, layout);
    expect(toKeras(own, layout)).toEqual(values);
    weights.set(variable.name, own);
  }

  const [input] = model.inputs;
  if (input === undefined) throw new Error("no input");
  const size = input.shape.reduce((product, side) => product * side, 1);
  const samples = new Float32Array(size);
  fillNormal(samples, createKey(2, "x"), 0, 0, 1);
  const { vocabulary } = input;
  const data =
    vocabulary === null ? samples : Int32Array.from(samples, (value) => Math.abs(Math.floor(value * 100)) % vocabulary);
  const expected = theirs.predict(tf.tensor(data, [...input.shape])) as tf.Tensor;

  const executor = await createExecutor(model);
  const values = await executor.forward(weights, new Map([[input.name, data]]), { mode: "eval" });
  executor.dispose();
  const [output = ""] = model.outputs;
  expect(model.tensors.get(output)?.shape).toEqual(expected.shape);
  const ours = values.get(output) ?? new Float32Array();
  const reference = expected.dataSync();
  // Both compute in float32 with sums in another order: 14 layers of sums of up to 100 terms, each 2^-24 of its size.
  const largest = Math.max(...reference.map(Math.abs));
  const worst = Math.max(...reference.map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN))));
  expect(worst).toBeLessThan(1400 * 2 ** -24 * Math.max(1, largest));
});
