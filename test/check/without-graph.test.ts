/** Files of weights alone: what names, order and shapes tell. */

import { expect, test } from "vitest";
import { checkModel } from "../../src/check/index.ts";
import { weightsOnly } from "../../src/formats/weights.ts";
import { sample } from "../../src/init/index.ts";
import { told } from "./models.ts";

const CONSTANTS: Readonly<Record<string, number>> = { zeros: 0, nan: Number.NaN };

/** A file without a graph: matrices and vectors by name, drawn anew where nothing is said of them. */
function stateDict(tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly like?: string }>>) {
  const values = new Map<string, Float32Array>();
  for (const [name, { shape, like }] of Object.entries(tensors)) {
    const [fanOut = 1, fanIn = fanOut] = shape;
    const std = like === "unit" ? 1 : like === "small" ? 1e-3 : 1 / Math.sqrt(fanIn);
    const initializer =
      like === "eye" ? ({ kind: "identity", gain: 1 } as const) : ({ kind: "normal", mean: 0, std } as const);
    const drawnHere = sample(initializer, shape, { seed: 5, name });
    if (like === "rows") for (let i = fanIn; i < drawnHere.length; i++) drawnHere[i] = drawnHere[i - fanIn] ?? 0;
    if (like === "coarse")
      for (let i = 0; i < drawnHere.length; i++) drawnHere[i] = Math.round(8 * (drawnHere[i] ?? 0)) / 8;
    const constant = CONSTANTS[like ?? ""];
    values.set(name, constant === undefined ? (values.get(like ?? "") ?? drawnHere) : drawnHere.fill(constant));
  }
  return weightsOnly(
    Object.entries(tensors).map(([name, { shape }]) => ({
      name,
      shape,
      dtype: "f32" as const,
      values: () => values.get(name) ?? new Float32Array(),
    })),
    { format: "safetensors", name: "model" },
  );
}

const square = { shape: [64, 64] };
const MEANT: readonly (readonly [string, Parameters<typeof stateDict>[0], readonly string[]])[] = [
  [
    "the last weight of every block is 0",
    {
      "blocks.0.fc1.weight": square,
      "blocks.0.fc2.weight": { ...square, like: "zeros" },
      "blocks.1.fc1.weight": square,
      "blocks.1.fc2.weight": { ...square, like: "zeros" },
      "out.weight": square,
    },
    [],
  ],
  [
    "one weight of one block is 0",
    {
      "blocks.0.fc1.weight": square,
      "blocks.0.fc2.weight": square,
      "blocks.1.fc1.weight": square,
      "blocks.1.fc2.weight": { ...square, like: "zeros" },
      "out.weight": square,
    },
    ["warning zero-weights blocks.1.fc2.weight"],
  ],
  [
    "a table and its readout are tied",
    {
      "wte.weight": { shape: [200, 64] },
      "h.weight": square,
      "lm_head.weight": { shape: [200, 64], like: "wte.weight" },
    },
    [],
  ],
  [
    "a target network stands beside its original",
    {
      "online.0.weight": square,
      "online.2.weight": square,
      "target.0.weight": { ...square, like: "online.0.weight" },
      "target.2.weight": { ...square, like: "online.2.weight" },
    },
    [],
  ],
  [
    "layers of one stack are copies",
    {
      "layers.0.a.weight": square,
      "layers.0.b.weight": square,
      "layers.1.a.weight": { ...square, like: "layers.0.a.weight" },
      "layers.1.b.weight": { ...square, like: "layers.0.b.weight" },
    },
    ["warning cloned-layer layers.1.a.weight", "warning cloned-layer layers.1.b.weight"],
  ],
  [
    "a table is named so that nobody knows it for one",
    {
      "e.weight": { shape: [1000, 64], like: "unit" },
      "f.0.weight": square,
      "f.2.weight": square,
      "f.4.weight": square,
    },
    [],
  ],
  [
    "a policy's readout is small, its log standard deviation 0",
    {
      logstd: { shape: [1, 6], like: "zeros" },
      "critic.0.weight": square,
      "critic.2.weight": square,
      "critic.4.weight": { shape: [1, 64] },
      "actor.0.weight": square,
      "actor.2.weight": square,
      "actor.4.weight": { shape: [6, 64], like: "small" },
    },
    [],
  ],
  [
    "a hidden weight is small",
    {
      "0.weight": square,
      "2.weight": { ...square, like: "small" },
      "4.weight": square,
      "6.weight": { shape: [10, 64] },
    },
    ["warning mis-scaled 2.weight"],
  ],
  [
    "every unit starts with the same row of a table that is called no weight, or of one that is",
    {
      "mixer.A_log": { shape: [64, 16], like: "rows" },
      "mixer.proj.weight": { shape: [64, 16], like: "rows" },
      "fc.weight": square,
      "out.weight": square,
    },
    ["warning symmetric-units mixer.proj.weight"],
  ],
  [
    "units with a single input share their weights by chance",
    {
      "time.weight": { shape: [256, 1], like: "coarse" },
      "a.weight": square,
      "b.weight": square,
      "out.weight": square,
    },
    [],
  ],
  [
    "a stack of experts among matrices",
    {
      "in.weight": square,
      "moe.w1": { shape: [4, 64, 256] },
      "mid.weight": square,
      "out.weight": square,
    },
    [],
  ],
  [
    "recurrent identities with small inputs, as rectified ones start",
    {
      "rnn.weight_ih_l0": { ...square, like: "small" },
      "rnn.weight_hh_l0": { ...square, like: "eye" },
      "rnn.weight_ih_l1": { ...square, like: "small" },
      "rnn.weight_hh_l1": { ...square, like: "eye" },
      "fc.weight": square,
      "fc2.weight": square,
      "out.weight": square,
    },
    [],
  ],
  [
    "a recurrent matrix is 0",
    {
      "rnn.weight_ih_l0": square,
      "rnn.weight_hh_l0": { ...square, like: "zeros" },
      "fc.weight": square,
    },
    [],
  ],
  [
    "running statistics follow a weight of NaN",
    {
      "conv.weight": { ...square, like: "nan" },
      "bn.running_mean": { shape: [64], like: "nan" },
      "bn.running_var": { shape: [64], like: "nan" },
      "fc.weight": square,
    },
    ["error non-finite conv.weight"],
  ],
  [
    "running statistics alone are NaN",
    {
      "conv.weight": square,
      "bn.running_var": { shape: [64], like: "nan" },
      "fc.weight": square,
    },
    ["error non-finite bn.running_var"],
  ],
];

test.each(MEANT)("%s", async (_, tensors, expected) => {
  expect(told((await checkModel(stateDict(tensors))).findings)).toEqual(expected);
});
