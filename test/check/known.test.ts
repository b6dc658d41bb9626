/** Known-bad models give exactly the findings that are expected, right ones none. */

import { expect, test } from "vitest";
import { checkModel, type Rows } from "../../src/check/index.ts";
import { openModel, readData } from "../../src/formats/file.ts";
import { corpus, digits, drawn, mlp, scale, told, type Values } from "./models.ts";

const BAD_FILES: readonly (readonly [string, readonly string[]])[] = [
  ["zero-mlp.onnx", ["fc1", "fc2", "fc3"].map((name) => `error zero-weights ${name}.weight`)],
  ["constant-mlp.onnx", ["fc1", "fc2", "fc3"].map((name) => `error symmetric-units ${name}.weight`)],
  ["constant-mlp-merged.onnx", ["fc1", "fc2", "fc3"].map((name) => `error symmetric-units ${name}.weight`)],
  [
    "saturated-mlp.onnx",
    ["error saturated fc1.weight", "error saturated fc2.weight", "warning large-logits fc3.weight"],
  ],
  ["deep-tanh-mlp.onnx", ["error vanishing-forward layers.38.weight", "error vanishing-gradient layers.0.weight"]],
  ["deep-relu-mlp.onnx", ["error vanishing-forward layers.38.weight", "error vanishing-gradient layers.0.weight"]],
];

test.each(BAD_FILES)("%s gives exactly its findings", async (file, expected) => {
  const { findings } = await checkModel(await openModel(corpus(file)));
  expect(told(findings)).toEqual(expected);
});

const FRESH = [
  ...["digits-mlp", "lenet5", "act-elu", "act-selu", "act-softplus", "autoencoder", "bn-cnn-train", "bn-cnn-eval"],
  ...["bn-cnn-folded", "gpt-mini", "gru", "mobile-mini", "siren", "unet-mini", "vit-mini"],
];

test.each(FRESH)("%s, as PyTorch drew it, gives no error and no warning", async (file) => {
  const { findings } = await checkModel(await openModel(corpus(`${file}.onnx`)));
  expect(told(findings)).toEqual([]);
});

const RIGHT: readonly (readonly [string, string])[] = [
  [mlp("relu", 6), "he-normal"],
  [mlp("tanh", 6), "glorot-uniform"],
  [mlp("gelu", 6), "auto"],
  ["deep-tanh-mlp.onnx", "orthogonal"],
  ["deep-relu-mlp.onnx", "he-uniform"],
  ["bn-cnn-train.onnx", "zero-gamma"],
  ["gpt-mini.onnx", "gpt2"],
  ["gpt-mini.onnx", "mup"],
  ["vit-mini.onnx", "keras"],
  ["siren.onnx", "siren"],
  ["digits-mlp.onnx", "nguyen-widrow"],
];

test.each(RIGHT)("%s under %s gives nothing", async (model, scheme) => {
  for (const seed of [1, 2]) {
    const { findings } = await checkModel(await drawn(model, scheme, { seed }));
    expect(told(findings)).toEqual([]);
  }
});

const logistic = (layers: number) => mlp("logistic", layers);

test.each(["torch", "glorot-normal", "lecun-normal"])(
  "eight logistic layers under %s lose the gradient",
  async (scheme) => {
    const { findings } = await checkModel(await drawn(logistic(8), scheme));
    expect(told(findings)).toEqual([expect.stringMatching(/^error vanishing-gradient /)]);
  },
);

/** Right draws with one thing broken: what must be said, and nothing else. */
const BROKEN: readonly (readonly [string, string, string, (values: Values) => void, readonly string[]])[] = [
  [
    "a rectifier's weight × 30",
    "deep-relu-mlp.onnx",
    "he-normal",
    (w) => scale(w, "layers.20.weight", 30),
    ["error mis-scaled layers.20.weight"],
  ],
  [
    "a logistic unit's weight × 30",
    "digits-mlp.onnx",
    "torch",
    (w) => scale(w, "fc2.weight", 30),
    ["warning mis-scaled fc2.weight"],
  ],
  [
    "the first weight × 30, before logistic units",
    "digits-mlp.onnx",
    "torch",
    (w) => scale(w, "fc1.weight", 30),
    ["error mis-scaled fc1.weight"],
  ],
  [
    "a weight × 30 before tanh units",
    "deep-tanh-mlp.onnx",
    "glorot-normal",
    (w) => scale(w, "layers.20.weight", 30),
    ["warning mis-scaled layers.20.weight"],
  ],
  [
    "a weight × 100 before tanh units",
    "deep-tanh-mlp.onnx",
    "glorot-normal",
    (w) => scale(w, "layers.20.weight", 100),
    ["error mis-scaled layers.20.weight"],
  ],
  [
    "a weight ÷ 30",
    "deep-relu-mlp.onnx",
    "he-normal",
    (w) => scale(w, "layers.20.weight", 1 / 30),
    ["warning mis-scaled layers.20.weight"],
  ],
  [
    "a NaN",
    "digits-mlp.onnx",
    "torch",
    (w) => w.get("fc2.weight")?.fill(Number.NaN, 5, 6),
    ["error non-finite fc2.weight"],
  ],
  [
    "an infinite bias",
    "lenet5.onnx",
    "torch",
    (w) => w.get("fc1.bias")?.fill(Number.POSITIVE_INFINITY, 0, 1),
    ["error non-finite fc1.bias"],
  ],
  [
    "a layer cloned",
    "deep-tanh-mlp.onnx",
    "glorot-normal",
    (w) => w.get("layers.6.weight")?.set(w.get("layers.4.weight") ?? []),
    ["warning cloned-layer layers.6.weight"],
  ],
  [
    "biases at −5",
    "autoencoder.onnx",
    "torch",
    (w) => w.get("encoder.0.bias")?.fill(-5),
    ["error dead-units encoder.0.bias"],
  ],
  [
    "a norm's shift at −5",
    "bn-cnn-train.onnx",
    "he-normal",
    (w) => w.get("features.5.bias")?.fill(-5),
    ["error dead-units features.5.bias"],
  ],
  [
    "one hidden weight 0",
    "digits-mlp.onnx",
    "torch",
    (w) => w.get("fc2.weight")?.fill(0),
    ["error zero-weights fc2.weight"],
  ],
  [
    "equal units in one layer",
    "digits-mlp.onnx",
    "torch",
    (w) => w.get("fc1.weight")?.fill(0.05),
    ["warning symmetric-units fc1.weight"],
  ],
];

test.each(BROKEN)("%s (%s under %s)", async (_, model, scheme, change, expected) => {
  const { findings } = await checkModel(await drawn(model, scheme, { change }));
  expect(told(findings)).toEqual(expected);
});

test("a branch of two zeros in a row is told of the weight; one zero alone is meant", async () => {
  const closed = (values: Values) => values.get("layer1.0.conv2.weight")?.fill(0);
  const twice = await checkModel(await drawn("resnet-cifar.onnx", "zero-gamma", { change: closed }));
  expect(told(twice.findings)).toEqual(["error zero-weights layer1.0.conv2.weight"]);
  const once = await checkModel(await drawn("resnet-cifar.onnx", "torch", { change: closed }));
  expect(told(once.findings)).toEqual([]);
});

/** Flat around 0 or steeper without end: what is small there is not saturated. */
test.each(["square", "cube", "tanhshrink", "relu2"])("%s units do not saturate", async (activation) => {
  const { findings } = await checkModel(await drawn(mlp(activation, 2), "torch"));
  expect(told(findings).filter((each) => each.includes("saturated"))).toEqual([]);
});

/** What published recipes set to zero is no finding. */
const LEGITIMATE: readonly (readonly [string, string, (values: Values) => void])[] = [
  ["a zero readout", "lenet5.onnx", (w) => w.get("fc3.weight")?.fill(0)],
  [
    "every bias zero",
    "digits-mlp.onnx",
    (w) => {
      for (const name of ["fc1", "fc2", "fc3"]) w.get(`${name}.bias`)?.fill(0);
    },
  ],
];

test.each(LEGITIMATE)("%s is no finding", async (_, model, change) => {
  const { findings } = await checkModel(await drawn(model, "torch", { change }));
  expect(told(findings)).toEqual([]);
});

async function rowsOf(factor: number, shift: number): Promise<Rows> {
  const { inputs, shape, labels } = await readData(digits);
  const count = shape[0] ?? 0;
  return {
    name: "digits",
    count,
    features: inputs.length / count,
    values: inputs.map((x) => x * factor + shift),
    labels,
  };
}

test("on data, bytes are the input's fault and nobody else's", async () => {
  const model = await drawn("digits-mlp.onnx", "torch", { batch: 32 });
  const { findings, summary } = await checkModel(model, { data: await rowsOf(255 / 16, 0) });
  expect(told(findings)).toEqual(["error unnormalized-input"]);
  expect(summary.looked).toEqual(["weights", "run"]);
});

test("on normalized data a right model has nothing, a broken one what the prediction said", async () => {
  const data = await rowsOf(1 / 6.02, -4.88 / 6.02);
  const right = await checkModel(await drawn("digits-mlp.onnx", "torch", { batch: 32 }), { data });
  expect(told(right.findings)).toEqual([]);
  const saturated = await checkModel(await openModel(corpus("saturated-mlp.onnx"), { batch: 32 }), { data });
  expect(told(saturated.findings)).toEqual([
    "error saturated fc1.weight",
    "error saturated fc2.weight",
    "warning large-logits fc3.weight",
  ]);
  const change = (values: Values) => values.get("fc1.bias")?.fill(-5);
  const model = await drawn("64 > 64 relu > 64 relu > 10 softmax", "torch", { batch: 32, change });
  const dead = await checkModel(model, { data });
  expect(told(dead.findings)).toEqual(["error dead-units fc1.bias"]);
});

test("a step beyond 2/λ_max is told with the rate that holds", async () => {
  const data = await rowsOf(1 / 6.02, -4.88 / 6.02);
  const model = await drawn("digits-mlp.onnx", "torch", { batch: 32 });
  const small = await checkModel(model, { data, learningRate: 1e-4 });
  expect(told(small.findings)).toEqual([]);
  const large = await checkModel(model, { data, learningRate: 1e4 });
  expect(told(large.findings)).toEqual(["error step-too-large"]);
  await expect(checkModel(model, { learningRate: 1 })).rejects.toThrow(/^check: --lr needs --data/);
});

test("data that does not fit the model is one line", async () => {
  const data = { name: "x.csv", count: 2, features: 3, values: new Float32Array(6), labels: null };
  await expect(checkModel(await drawn("digits-mlp.onnx", "torch"), { data })).rejects.toThrow(
    "check: x.csv has 3 numbers a row, got a model input input of 64, give rows of that many",
  );
});

test("a file that says 0 for everything, norms included, is told of its weights alone", async () => {
  const { findings } = await checkModel(await openModel(corpus("skeleton-resnet18.onnx")));
  expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["zero-weights"]));
});

test("what holds no weights cannot be checked, in one line", async () => {
  await expect(checkModel(await openModel("64 > 10"))).rejects.toThrow(
    /^check: .* holds no weights to check, draw some/,
  );
});
