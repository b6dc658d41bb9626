/** The TF.js adapter with TF.js itself. */

import * as core from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { applyInit, createInitializers } from "../../src/adapters/tfjs/index.ts";
import { MODELS } from "../formats/keras/models.ts";

const tf = { ...core, ...layers };
type Initializer = ReturnType<typeof tf.initializers.zeros>;

const valuesOf = (initializer: Initializer, shape: number[]) => initializer.apply(shape).dataSync();

function moments(values: ArrayLike<number>) {
  const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const variance = Array.from(values).reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

const SHAPE = [3, 3, 32, 64];
const FACTORIES: Readonly<Record<string, (from: typeof tf.initializers) => Initializer>> = {
  zeros: (from) => from.zeros(),
  ones: (from) => from.ones(),
  constant: (from) => from.constant({ value: 0.3 }),
  randomUniform: (from) => from.randomUniform({ minval: -0.2, maxval: 0.7, seed: 1 }),
  randomNormal: (from) => from.randomNormal({ mean: 1, stddev: 0.5, seed: 2 }),
  truncatedNormal: (from) => from.truncatedNormal({ mean: -1, stddev: 2, seed: 3 }),
  varianceScaling: (from) => from.varianceScaling({ scale: 3, mode: "fanAvg", distribution: "uniform", seed: 4 }),
  glorotUniform: (from) => from.glorotUniform({ seed: 5 }),
  glorotNormal: (from) => from.glorotNormal({ seed: 6 }),
  heNormal: (from) => from.heNormal({ seed: 7 }),
  heUniform: (from) => from.heUniform({ seed: 8 }),
  leCunNormal: (from) => from.leCunNormal({ seed: 9 }),
  leCunUniform: (from) => from.leCunUniform({ seed: 10 }),
};

test.each(Object.entries(FACTORIES))("%s: the mean, the variance and the configuration of TF.js's own", (_, make) => {
  const ours = make(createInitializers(tf));
  const theirs = make(tf.initializers);
  expect(ours).toBeInstanceOf(Object.getPrototypeOf(theirs).constructor);
  expect(ours.getConfig()).toEqual(theirs.getConfig());
  expect(ours.getClassName()).toBe(theirs.getClassName());
  const [a, b] = [moments(valuesOf(ours, SHAPE)), moments(valuesOf(theirs, SHAPE))];
  // 18,432 values each. The difference of two means has standard error sd·√(2/n); that of two variances, with a kurtosis of at most 3, var·√(4/n).
  const n = 18_432;
  expect(Math.abs(a.mean - b.mean)).toBeLessThanOrEqual(5 * Math.sqrt((2 * b.variance) / n));
  expect(Math.abs(a.variance - b.variance)).toBeLessThanOrEqual(5 * b.variance * Math.sqrt(4 / n));
});

test("orthogonal and identity", () => {
  const initializers = createInitializers(tf, { seed: 1 });
  const q = core.tensor2d(valuesOf(initializers.orthogonal({ gain: 2, seed: 1 }), [48, 32]) as Float32Array, [48, 32]);
  const gram = core.matMul(q, q, true, false).dataSync();
  // Sums of 48 products of size 4/48 each in float32.
  const worst = Math.max(...Array.from(gram, (value, i) => Math.abs(value - (i % 33 === 0 ? 4 : 0))));
  expect(worst).toBeLessThan(4 * 48 * 2 ** -24);
  expect(Array.from(valuesOf(initializers.identity({ gain: 3 }), [2, 2]))).toEqual([3, 0, 0, 3]);
});

test("one seed gives one result, a second tensor another; without a seed results differ", () => {
  const initializers = createInitializers(tf);
  const first = initializers.heNormal({ seed: 4 });
  const again = initializers.heNormal({ seed: 4 });
  const values = valuesOf(first, [8, 8]);
  expect(valuesOf(again, [8, 8])).toEqual(values);
  expect(valuesOf(first, [8, 8])).not.toEqual(values);
  expect(valuesOf(initializers.heNormal({}), [8, 8])).not.toEqual(valuesOf(initializers.heNormal({}), [8, 8]));
});

test("a layer takes them, and the saved model names TF.js's own classes", async () => {
  const { heNormal } = createInitializers(tf);
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 4, inputShape: [3], kernelInitializer: heNormal({ seed: 1 }) })],
  });
  const json = JSON.stringify(model.toJSON(null, false));
  expect(json).toContain('"class_name":"VarianceScaling"');
  const expected = valuesOf(heNormal({ seed: 1 }), [3, 4]);
  expect(model.weights[0]?.read().dataSync()).toEqual(expected);
});

test("what cannot be drawn says so", () => {
  const initializers = createInitializers(tf);
  expect(() => initializers.heNormal({ seed: 1 }).apply([2, 2], "int32")).toThrow(
    "VarianceScaling: draws float32, got int32",
  );
});

test.each(["convolutions", "sequence", "branches"])("applyInit: %s is planned, drawn and written", (name) => {
  const make = MODELS[name];
  if (make === undefined) throw new Error(name);
  const model = make();
  const { plan, kept } = applyInit(tf, model, { scheme: "he-normal", seed: 3 });
  expect(kept).toEqual([]);
  for (const variable of model.weights) {
    const tensor = plan.tensors.find((candidate) => candidate.name === variable.name);
    if (tensor === undefined) throw new Error(`${variable.name} is not in the plan`);
    const values = variable.read().dataSync();
    const { variance, mean } = moments(values);
    const spread = variance + mean ** 2;
    const second = tensor.std ** 2 + meanOf(tensor.initializer) ** 2;
    // A second moment of n values with a kurtosis of at most 3 has standard error √(2/n) of itself.
    expect(Math.abs(spread - second)).toBeLessThanOrEqual(6 * second * Math.sqrt(2 / values.length));
  }
});

function meanOf(initializer: { readonly kind: string; readonly value?: number }): number {
  if (initializer.kind === "ones") return 1;
  return initializer.kind === "constant" ? (initializer.value ?? 0) : 0;
}

test("applyInit: the same seed gives the same model, and the model then trains", async () => {
  const build = () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 16, inputShape: [2], activation: "tanh" }), tf.layers.dense({ units: 1 })],
    });
    model.compile({ optimizer: core.train.sgd(0.1), loss: "meanSquaredError" });
    return model;
  };
  const [a, b] = [build(), build()];
  for (const model of [a, b]) applyInit(tf, model, { seed: 5, scheme: "glorot-uniform" });
  const weights = a.getWeights().map((weight) => Array.from(weight.dataSync()));
  // Layers are numbered through: their names, and so their streams, differ between the models.
  expect(b.getWeights().map((weight) => weight.shape)).toEqual(a.getWeights().map((weight) => weight.shape));
  applyInit(tf, a, { seed: 5, scheme: "glorot-uniform" });
  expect(a.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(weights);
  const x = core.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  const y = core.tensor2d([0, 1, 1, 0], [4, 1]);
  const history = await a.fit(x, y, { epochs: 30, verbose: 0 });
  const losses = history.history.loss ?? [];
  expect(losses.at(-1)).toBeLessThan(Number(losses[0]));
});
