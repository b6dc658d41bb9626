/** The mean-field prediction of recurrent layers against runs of the network: gates with laws of their own, two directions. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { initialize } from "../../src/materialize/index.ts";
import type { Model, RecurrentNode } from "../../src/model/types.ts";
import { plan } from "../../src/plan/index.ts";
import { propagate } from "../../src/propagate/index.ts";
import { measureSignals, type Statistic } from "../../src/run/index.ts";
import { sketch } from "../run/graph.ts";

const shared = new URL("../../../shared/", import.meta.url);
const read = (name: string): Model => readOnnx(new Uint8Array(readFileSync(new URL(`models/${name}.onnx`, shared))));

/** 2 % for the ensemble of 2048 units, 8 % for the width of 24 to 48 units. */
const MODELLING = 0.1;
/** Of Student's t with 11 degrees of freedom (12 draws), exceeded in 0.2 % of the cases. */
const ERRORS = 4;
const DRAWS = 12;

/** |measured − predicted| beyond what theory and sampling allow, relative to the prediction; 0 where it agrees. */
const beyond = (predicted: number, { mean, std }: Statistic): number =>
  Math.max(0, Math.abs(mean - predicted) - MODELLING * predicted - (ERRORS * std) / Math.sqrt(DRAWS)) / predicted;

describe("recurrent layers", () => {
  it.each(["auto", "keras", "torch"])("two LSTM layers under %s are as a run measures them", async (scheme) => {
    const model = read("lstm");
    const made = plan(model, { scheme, seed: 1, mode: "eval" });
    const measured = await measureSignals(model, {
      weights: (draw) => initialize(made, { seed: draw + 1 }),
      seed: 3,
      draws: DRAWS,
      mode: "eval",
    });
    const off = [
      ...made.signals.flatMap((s) => {
        const m = measured.signals.get(s.tensor);
        return m && s.secondMoment > 0 ? [{ what: s.tensor, beyond: beyond(s.secondMoment, m.secondMoment) }] : [];
      }),
      ...made.gradients.flatMap((g) => {
        const m = measured.gradients.get(g.tensor);
        return m ? [{ what: `∂ ${g.tensor}`, beyond: beyond(g.secondMoment, m) }] : [];
      }),
    ].filter((row) => row.beyond > 0);
    expect(off).toEqual([]);
  });

  const hidden = 48;
  const features = 32;
  const [time, samples] = [6, 16];
  const node = (changes: Partial<RecurrentNode>): RecurrentNode => ({
    kind: "recurrent",
    name: "rnn",
    op: "RNN",
    inputs: ["x"],
    outputs: ["y", "last"],
    cell: "rnn",
    hidden,
    gates: ["h"],
    timeAxis: 0,
    activations: ["tanh"],
    resetAfter: true,
    initial: [null],
    directions: [false, true].map((reverse, d) => ({
      inputWeight: `w${d}`,
      recurrentWeight: `u${d}`,
      inputBias: `b${d}`,
      recurrentBias: null,
      reverse,
    })),
    ...changes,
  });
  const bothWays = (changes: Partial<RecurrentNode>): Model => {
    const one = node(changes);
    const rows = one.gates.length * hidden;
    return sketch({
      inputs: { x: [time, samples, features] },
      parameters: Object.fromEntries(
        [0, 1].flatMap((d) => [
          [`w${d}`, [rows, features]],
          [`u${d}`, [rows, hidden]],
          [`b${d}`, [rows]],
        ]),
      ),
      tensors: { y: [time, 2, samples, hidden], last: [2, samples, hidden] },
      outputs: ["last"],
      nodes: [one],
    });
  };
  /** Two directions whose weights differ fivefold in variance. */
  const laws = (name: string) => {
    const variance = (name.endsWith("0") ? 1 : 0.2) / (name.startsWith("w") ? features : hidden);
    return { mean: 0, variance: name.startsWith("b") ? 0.1 : variance };
  };

  it.each([
    ["RNN", {}],
    ["LSTM", { cell: "lstm" as const, gates: ["i", "f", "g", "o"], activations: [], initial: [null, null] }],
    ["GRU", { cell: "gru" as const, gates: ["r", "z", "n"], activations: [] }],
    ["GRU, reset first,", { cell: "gru" as const, gates: ["r", "z", "n"], activations: [], resetAfter: false }],
  ])("%s both ways: each direction by its own laws, time reversed in the second", async (_, changes) => {
    const model = bothWays(changes);
    const predicted = propagate({ ...model, inputs: [{ ...model.inputs[0]!, batchAxis: 1 }] }, laws);
    let state = 12345;
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const measured = await measureSignals(
      { ...model, inputs: [{ ...model.inputs[0]!, batchAxis: 1 }], batch: samples },
      {
        weights: () =>
          new Map(
            [...model.parameters.values()].map(({ name, shape }) => {
              const half = Math.sqrt(3 * laws(name).variance);
              const length = shape.reduce((a, b) => a * b, 1);
              return [name, Float32Array.from({ length }, () => half * (2 * uniform() - 1))];
            }),
          ),
        seed: 1,
        draws: DRAWS,
      },
    );
    const off = [
      ...["y", "last"].map((tensor) => ({
        what: tensor,
        beyond: beyond(predicted.signals.get(tensor)!.secondMoment, measured.signals.get(tensor)!.secondMoment),
      })),
      ...[...predicted.gradients].map(([name, value]) => ({
        what: `∂ ${name}`,
        beyond: beyond(value, measured.gradients.get(name)!),
      })),
    ].filter((row) => row.beyond > 0);
    expect(predicted.gradients.size).toBe(6);
    expect(off).toEqual([]);
    // The directions' laws differ, and so do their gradients, by more than the bar: neither stands for the other.
    const apart = ["w", "u", "b"].map((kind) =>
      Math.abs(Math.log(predicted.gradients.get(`${kind}0`)! / predicted.gradients.get(`${kind}1`)!)),
    );
    expect(Math.max(...apart)).toBeGreaterThan(2 * MODELLING);
  });
});
