// What `check` is held against: models drawn by schemes that are right for them (nothing may be found), by schemes that
// are not, and right ones with one thing broken (exactly that must be found).

const deep = (activation, layers, width = 128) =>
  ["64", ...Array.from({ length: layers }, () => `${width} ${activation}`), "10 softmax"].join(" > ");

/** [model (file of the corpus or line), schemes that are right for it, seeds]. */
export const RIGHT = [
  [
    "digits-mlp.onnx",
    [
      "torch",
      "keras",
      "jax",
      "glorot-normal",
      "glorot-uniform",
      "lecun-normal",
      "one-over-root-n",
      "orthogonal",
      "nguyen-widrow",
      "auto",
    ],
  ],
  ["lenet5.onnx", ["torch", "keras", "jax", "glorot-normal", "glorot-uniform", "lecun-normal", "orthogonal", "auto"]],
  [
    "deep-tanh-mlp.onnx",
    ["keras", "jax", "glorot-normal", "glorot-uniform", "lecun-normal", "orthogonal", "critical", "auto"],
  ],
  ["deep-relu-mlp.onnx", ["he-normal", "he-uniform", "critical", "auto"]],
  ["act-elu.onnx", ["torch", "he-normal", "glorot-normal", "auto"]],
  ["act-hardswish.onnx", ["torch", "he-normal", "auto"]],
  ["act-leakyrelu.onnx", ["torch", "he-normal", "he-uniform", "auto"]],
  ["act-mish.onnx", ["torch", "he-normal", "auto"]],
  ["act-prelu.onnx", ["torch", "he-normal", "auto"]],
  ["act-selu.onnx", ["torch", "lecun-normal", "auto"]],
  ["act-silu.onnx", ["torch", "he-normal", "auto"]],
  ["act-softplus.onnx", ["torch", "auto"]],
  ["autoencoder.onnx", ["torch", "he-normal", "glorot-uniform", "auto"]],
  ["bn-cnn-train.onnx", ["torch", "keras", "he-normal", "he-uniform", "glorot-uniform", "auto"]],
  ["mobile-mini.onnx", ["torch", "he-normal", "auto"]],
  ["resnet-cifar.onnx", ["torch", "he-normal", "zero-gamma", "auto"]],
  ["unet-mini.onnx", ["torch", "he-normal", "auto"]],
  ["gpt-mini.onnx", ["torch", "gpt2", "mup", "auto"]],
  ["vit-mini.onnx", ["torch", "keras", "gpt2", "mup", "auto"]],
  ["gru.onnx", ["torch", "keras", "auto"]],
  ["lstm.onnx", ["torch", "keras", "auto"]],
  ["siren.onnx", ["siren"]],
  [deep("relu", 6), ["torch", "he-normal", "he-uniform", "auto"]],
  [deep("tanh", 6), ["torch", "glorot-normal", "orthogonal", "auto"]],
  [deep("gelu", 8), ["he-normal", "auto"]],
  ["64 > 64 relu > 64 relu > 64 relu > 64 relu > 1", ["torch", "he-normal", "auto"]],
];

/** [model, scheme, rules that must be found at error level]. Other errors are false; warnings are not counted here. */
export const WRONG_SCHEME = [
  ["digits-mlp.onnx", "zeros", ["zero-weights"]],
  ["digits-mlp.onnx", "constant(0.05)", ["symmetric-units"]],
  ["digits-mlp.onnx", "ones", ["symmetric-units"]],
  ["lenet5.onnx", "zeros", ["zero-weights"]],
  ["bn-cnn-train.onnx", "ones", ["symmetric-units"]],
  ["deep-relu-mlp.onnx", "torch", ["vanishing-forward", "vanishing-gradient"]],
  ["deep-relu-mlp.onnx", "one-over-root-n", ["vanishing-forward", "vanishing-gradient"]],
  ["deep-tanh-mlp.onnx", "torch", ["vanishing-forward", "vanishing-gradient"]],
  ["deep-tanh-mlp.onnx", "one-over-root-n", ["vanishing-forward", "vanishing-gradient"]],
  [deep("logistic", 8), "torch", ["vanishing-gradient"]],
  [deep("logistic", 8), "glorot-normal", ["vanishing-gradient"]],
  [deep("logistic", 10), "lecun-normal", ["vanishing-gradient"]],
  [deep("logistic", 10), "he-normal", ["vanishing-gradient"]],
  [deep("logistic", 6), "torch", ["vanishing-gradient"]],
];

const matricesOf = (model) =>
  [...model.parameters.values()].filter(({ role, shape }) => role === "weight" && shape.length >= 2);
const scaled = (values, factor) => values.map((value) => value * factor);
const gaussian = (draw, name, shape, std) =>
  draw({ kind: "normal", mean: 0, std }, { seed: 5, name, shape, start: 0, length: shape.reduce((a, b) => a * b, 1) });

/** The biases of one hidden layer of rectifiers, or the shifts of its norm, at −5. */
function biasesDown(model, weights, seed) {
  const biases = [...model.parameters.values()].filter(
    ({ name, shape }) => /bias$|beta$/.test(name) && shape.length === 1,
  );
  // The readout and what follows no rectifier have no units to kill.
  const hidden = model.nodes.filter(
    ({ kind, bias, shift, outputs }) =>
      biases.some(({ name }) => name === bias || name === shift) &&
      (kind === "linear" || kind === "conv" || kind === "normalize") &&
      model.nodes.some(
        (node) => node.kind === "activation" && node.activation.name === "relu" && node.inputs[0] === outputs[0],
      ),
  );
  const node = hidden[seed % hidden.length];
  const name = node.kind === "normalize" ? node.shift : node.bias;
  return [[name, new Float32Array(weights.get(name).length).fill(-5)]];
}

/** A weight that is neither the first nor the last × 30. */
function oneScaled(model, weights, seed) {
  const matrices = matricesOf(model).slice(1, -1);
  const { name } = matrices[seed % matrices.length];
  return [[name, scaled(weights.get(name), 30)]];
}

/** Right models with one thing broken: changes some values, and gives the rule and the tensors that must be named. */
export const BROKEN = [
  {
    what: "one tensor × 30, rectifiers",
    models: [
      ["deep-relu-mlp.onnx", "he-normal"],
      ["autoencoder.onnx", "torch"],
      ["unet-mini.onnx", "he-normal"],
    ],
    level: "error",
    rule: "mis-scaled",
    change: oneScaled,
  },
  {
    what: "one tensor × 30, units that saturate",
    models: [
      ["digits-mlp.onnx", "torch"],
      ["lenet5.onnx", "glorot-normal"],
      ["deep-tanh-mlp.onnx", "glorot-uniform"],
    ],
    level: "warning",
    rule: "mis-scaled",
    change: oneScaled,
  },
  {
    what: "one NaN",
    models: [
      ["digits-mlp.onnx", "torch"],
      ["bn-cnn-train.onnx", "he-normal"],
      ["gpt-mini.onnx", "gpt2"],
      ["lstm.onnx", "torch"],
    ],
    level: "error",
    rule: "non-finite",
    change: (model, weights, seed) => {
      const all = [...model.parameters.values()].filter(({ role }) => role !== "statistic");
      const { name } = all[(seed * 7) % all.length];
      const values = weights.get(name).slice();
      values[values.length >> 1] = Number.NaN;
      return [[name, values]];
    },
  },
  {
    what: "one layer cloned",
    models: [
      ["deep-relu-mlp.onnx", "he-normal"],
      ["deep-tanh-mlp.onnx", "glorot-normal"],
      ["resnet-cifar.onnx", "he-normal"],
      ["vit-mini.onnx", "torch"],
    ],
    level: "warning",
    rule: "cloned-layer",
    change: (model, weights, seed) => {
      const matrices = matricesOf(model);
      for (let i = seed % (matrices.length - 1); ; i = (i + 1) % (matrices.length - 1)) {
        const twin = matrices.slice(i + 1).find(({ shape }) => String(shape) === String(matrices[i].shape));
        if (twin) return [[twin.name, weights.get(matrices[i].name).slice()]];
      }
    },
  },
  {
    what: "biases of one layer at −5",
    models: [
      ["autoencoder.onnx", "torch"],
      ["64 > 128 relu > 128 relu > 10 softmax", "torch"],
      ["bn-cnn-train.onnx", "he-normal"],
    ],
    level: "error",
    rule: "dead-units",
    change: biasesDown,
  },
  {
    what: "biases of one layer at −5, a stronger signal",
    models: [["deep-relu-mlp.onnx", "he-normal"]],
    level: "warning",
    rule: "dead-units",
    change: biasesDown,
  },
  {
    what: "one hidden weight all zeros",
    models: [
      ["digits-mlp.onnx", "torch"],
      ["lenet5.onnx", "auto"],
      ["deep-relu-mlp.onnx", "he-normal"],
    ],
    level: "error",
    rule: "zero-weights",
    change: (model, weights, seed) => {
      const matrices = matricesOf(model).slice(0, -1);
      const { name } = matrices[seed % matrices.length];
      return [[name, new Float32Array(weights.get(name).length)]];
    },
  },
  {
    what: "hidden weights N(0, 5²)",
    models: [
      ["digits-mlp.onnx", "torch"],
      ["64 > 128 tanh > 128 tanh > 10 softmax", "glorot-normal"],
    ],
    level: "error",
    rule: "saturated",
    change: (model, _weights, seed, draw) =>
      matricesOf(model).map(({ name, shape }) => [name, gaussian(draw, `${name}${seed}`, shape, 5)]),
    all: true,
  },
  {
    what: "every weight N(0, 1) in a rectifier net",
    models: [
      ["deep-relu-mlp.onnx", "he-normal"],
      [deep("relu", 6), "he-normal"],
    ],
    level: "error",
    rule: "exploding-forward",
    change: (model, _weights, seed, draw) =>
      matricesOf(model).map(({ name, shape }) => [name, gaussian(draw, `${name}${seed}`, shape, 1)]),
    all: true,
  },
  {
    what: "a weight of rank 4",
    models: [
      ["digits-mlp.onnx", "torch"],
      ["deep-tanh-mlp.onnx", "glorot-normal"],
    ],
    level: "warning",
    rule: "rank-deficient",
    change: (model, weights, seed) => {
      const { name, shape } = matricesOf(model)[1];
      const [rows, columns] = shape;
      const source = weights.get(name);
      const values = new Float32Array(rows * columns);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let k = 0; k < 4; k++)
            values[i * columns + j] +=
              source[i * columns + k] * source[(k + 4 + (seed % 8)) * columns + j] * Math.sqrt(columns) * 0.9;
      return [[name, values]];
    },
  },
];
