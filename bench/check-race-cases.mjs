// The models that `check-race` trains beside their fix: [rule, what is wrong, line, scheme, change of the drawn values].
import { draw } from "../dist/index.js";

const mlp = (activation, layers, width = 64) =>
  ["64", ...Array.from({ length: layers }, () => `${width} ${activation}`), "10 softmax"].join(" > ");
const matricesOf = (model) => [...model.parameters.values()].filter(({ shape }) => shape.length === 2);
const keep = () => {};

/** Every weight is N(0, std²). */
const normal = (std) => (model, weights, seed) => {
  for (const { name, shape } of matricesOf(model)) {
    const length = shape[0] * shape[1];
    weights.set(name, draw({ kind: "normal", mean: 0, std }, { seed, name, shape, start: 0, length }));
  }
};
/** One matrix, or all but the readout, times `factor`. */
const scaled = (factor, which) => (model, weights) => {
  const hidden = matricesOf(model).slice(0, -1);
  for (const { name } of which === undefined ? hidden : [hidden[which]])
    weights.set(
      name,
      weights.get(name).map((x) => factor * x),
    );
};

const zeros = (model, weights) => {
  for (const { name } of matricesOf(model).slice(0, -1)) weights.get(name).fill(0);
};
const oneNan = (model, weights) => {
  weights.get(matricesOf(model)[1].name)[7] = Number.NaN;
};
const lowBiases = (model, weights) => {
  weights.get([...model.parameters.keys()].filter((name) => /bias/.test(name))[1]).fill(-5);
};

/** A gain of some per cent is beyond the noise of 297 rows only over more draws. */
export const MORE = { seeds: 12 };

/** Errors: the fix has to win. */
export const ERRORS = [
  ["zero-weights", "hidden weights 0", mlp("relu", 2), "he-normal", zeros],
  ["symmetric-units", "every weight 0.05", mlp("tanh", 2), "constant(0.05)", keep],
  ["non-finite", "one NaN", mlp("relu", 2), "he-normal", oneNan],
  ["mis-scaled", "one weight × 30, relu", mlp("relu", 5), "he-normal", scaled(30, 2), MORE],
  ["mis-scaled", "the first × 30, tanh, 2 layers", mlp("tanh", 2), "glorot-normal", scaled(30, 0), MORE],
  ["mis-scaled", "the first × 30, logistic, 2 layers", mlp("logistic", 2), "glorot-normal", scaled(30, 0), MORE],
  ["mis-scaled", "the second × 100, tanh, 2 layers", mlp("tanh", 2), "glorot-normal", scaled(100, 1), MORE],
  ["dead-units", "biases of one layer −5", mlp("relu", 3), "torch", lowBiases],
  ["saturated", "weights N(0, 5²)", mlp("logistic", 3), "torch", normal(5)],
  ["exploding-forward", "weights N(0, 1), relu", mlp("relu", 6), "torch", normal(1)],
  ["vanishing-forward", "torch, 20 layers of tanh", mlp("tanh", 20), "torch", keep],
  ["exploding-gradient", "lecun-normal × 3, 12 layers of sine", mlp("sin", 12), "lecun-normal", scaled(3)],
  ["vanishing-gradient", "torch, 12 layers of relu", mlp("relu", 12), "torch", keep],
  ["vanishing-gradient", "torch, 6 layers of logistic", mlp("logistic", 6), "torch", keep],
  ["unnormalized-input", "bytes 0 … 255", mlp("tanh", 2), "torch", keep],
  ["step-too-large", "25 times 2/λ_max, tanh", mlp("tanh", 2), "torch", keep, { steps: 25 }],
  ["step-too-large", "25 times 2/λ_max, relu", mlp("relu", 2), "he-normal", keep, { steps: 25 }],
];

/** Warnings of a rule that also has errors: what they cost, to be compared. */
export const WARNINGS = [
  ["mis-scaled", "the second × 30, tanh, 2 layers", mlp("tanh", 2), "glorot-normal", scaled(30, 1)],
  ["mis-scaled", "the second × 30, logistic, 2 layers", mlp("logistic", 2), "glorot-normal", scaled(30, 1)],
  ["mis-scaled", "the second × 100, logistic, 2 layers", mlp("logistic", 2), "glorot-normal", scaled(100, 1)],
];
