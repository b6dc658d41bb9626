/** Softmax over class logits against runs of the network. */

import { describe, expect, it } from "vitest";
import { propagate } from "../../src/propagate/index.ts";
import { measureSignals, type Statistic } from "../../src/run/index.ts";
import { sketch } from "../run/graph.ts";

const [samples, features, classes] = [64, 256, 10];
const DRAWS = 16;
/** Of Student's t with 15 degrees of freedom: exceeded in 0.1 % of the cases. */
const ERRORS = 4;
/** Given the input's length the logits are Gaussian; that length varies by √(2/256) = 9 % in the square: under 1 % of a mean. */
const MODELLING = 0.01;

const model = (log: boolean) =>
  sketch({
    inputs: { x: [samples, features] },
    parameters: { w: [classes, features] },
    tensors: { z: [samples, classes], y: [samples, classes] },
    outputs: ["y"],
    nodes: [
      {
        kind: "linear",
        name: "z",
        op: "Gemm",
        inputs: ["x"],
        outputs: ["z"],
        weight: "w",
        bias: null,
        layout: "out-in",
        scale: 1,
      },
      { kind: "softmax", name: "y", op: "Softmax", inputs: ["z"], outputs: ["y"], axis: 1, log },
    ],
  });

const agree = (predicted: number, { mean, std }: Statistic, what: string) =>
  expect(Math.abs(mean - predicted), `${what}: predicted ${predicted}, measured ${mean}`).toBeLessThan(
    MODELLING * Math.abs(predicted) + (ERRORS * std) / Math.sqrt(DRAWS) + 1e-6 * Math.abs(predicted),
  );

describe.each([
  ["softmax", false],
  ["log-softmax", true],
])("%s", (_, log) => {
  it.each([0.1, 1, 4, 16])("has the moments and gradients of a run at logits of variance %d", async (variance) => {
    const graph = model(log);
    const law = () => ({ mean: 0, variance: variance / features, kurtosis: 9 / 5 });
    const predicted = propagate(graph, law);
    let state = 99;
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const half = Math.sqrt((3 * variance) / features);
    const measured = await measureSignals(graph, {
      weights: () =>
        new Map([["w", Float32Array.from({ length: classes * features }, () => half * (2 * uniform() - 1))]]),
      seed: 4,
      draws: DRAWS,
    });
    for (const tensor of ["z", "y"]) {
      const p = predicted.signals.get(tensor)!;
      const m = measured.signals.get(tensor)!;
      agree(p.secondMoment, m.secondMoment, `E[${tensor}²]`);
      agree(p.gradient, m.gradientSecondMoment, `∂${tensor}`);
    }
    agree(predicted.signals.get("y")!.mean, measured.signals.get("y")!.mean, "E[y]");
    agree(predicted.gradients.get("w")!, measured.gradients.get("w")!, "∂w");
  });
});
