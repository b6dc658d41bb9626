import { describe, expect, it } from "vitest";
import { type Measurement, measureSignals, type Statistic, verify } from "../../src/run/index.ts";
import { sketch } from "./graph.ts";
import { torchWeights } from "./law.ts";

const batch = 32;
const model = sketch({
  inputs: { x: [batch, 48] },
  parameters: { "a.weight": [64, 48], "a.bias": [64], "b.weight": [16, 64] },
  tensors: { z: [batch, 64], h: [batch, 64], y: [batch, 16] },
  outputs: ["y"],
  nodes: [
    {
      name: "a",
      op: "Gemm",
      inputs: ["x"],
      outputs: ["z"],
      kind: "linear",
      weight: "a.weight",
      bias: "a.bias",
      layout: "out-in",
      scale: 1,
    },
    {
      name: "r",
      op: "Relu",
      inputs: ["z"],
      outputs: ["h"],
      kind: "activation",
      activation: { kind: "named", name: "relu", parameters: {} },
      slope: null,
    },
    {
      name: "b",
      op: "Gemm",
      inputs: ["h"],
      outputs: ["y"],
      kind: "linear",
      weight: "b.weight",
      bias: null,
      layout: "out-in",
      scale: 1,
    },
  ],
});
// U(±1/√n) has variance 1/(3n): z = 1/3 + bias 1/(3·48); ReLU halves; y = 64 · (z/2)/(3·64). Backward: y's gradient is
// the cotangent, 1; z's is 16 · 1/(3·64), halved by ReLU's slope.
const z = 1 / 3 + 1 / (3 * 48);
const layers = [
  { weight: "a.weight", node: "a", output: { secondMoment: z }, gradient: { secondMoment: 16 / (3 * 64) / 2 } },
  { weight: "b.weight", node: "b", output: { secondMoment: z / 6 }, gradient: { secondMoment: 1 } },
];
const measure = (draws = 8) => measureSignals(model, { weights: (draw) => torchWeights(model, draw), seed: 5, draws });

describe("verify", () => {
  it("passes a right prediction and fails one that is twice too large", async () => {
    const measurement = await measure();
    const right = verify(model, layers, measurement);
    expect(right.passed && right.gradientsPassed, JSON.stringify(right.layers)).toBe(true);
    expect(right.layers.map((layer) => layer.tensor)).toEqual(["z", "y"]);
    const wrong = verify(model, [{ ...layers[0]!, output: { secondMoment: 2 * z } }, layers[1]!], measurement);
    expect(wrong.passed).toBe(false);
    expect(wrong.layers.map((layer) => layer.ok)).toEqual([false, true]);
  });

  it("holds its tolerance: 10 % and four standard errors", () => {
    const still = (mean: number): Statistic => ({ mean, std: 0 });
    const measurement = (secondMoment: Statistic): Measurement => ({
      draws: 4,
      batch,
      mode: "train",
      signals: new Map([["z", { mean: still(0), secondMoment, gradientSecondMoment: still(0) }]]),
      gradients: new Map(),
      timing: { first: 0, step: 0 },
    });
    const row = { weight: "a.weight", node: "a", output: { secondMoment: 1 }, gradient: { secondMoment: 0 } };
    const passes = (secondMoment: Statistic) => verify(model, [row], measurement(secondMoment)).passed;
    expect(passes(still(Math.exp(0.0999)))).toBe(true);
    expect(passes(still(Math.exp(-0.1001)))).toBe(false);
    // std/mean = 0.05 over 4 draws: standard error 0.025, tolerance 0.1 + 0.1.
    const spread = (mean: number): Statistic => ({ mean, std: 0.05 * mean });
    expect(passes(spread(Math.exp(0.1999)))).toBe(true);
    expect(passes(spread(Math.exp(0.2001)))).toBe(false);
    for (const bad of [0, Number.NaN, Number.POSITIVE_INFINITY]) expect(passes(still(bad)), String(bad)).toBe(false);
  });

  it("agrees on exact zeros", async () => {
    const zeros = {
      weights: () =>
        new Map(
          [...model.parameters].map(([name, { shape }]) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
        ),
    };
    const measurement = await measureSignals(model, { ...zeros, seed: 1, draws: 2 });
    const nothing = { secondMoment: 0 };
    const dead = [
      { ...layers[0]!, output: nothing, gradient: nothing },
      { ...layers[1]!, output: nothing },
    ];
    const verification = verify(model, dead, measurement);
    expect(verification.passed && verification.gradientsPassed).toBe(true);
    expect(verify(model, layers, measurement).passed).toBe(false);
  });

  it("wants two draws and the same model", async () => {
    expect(() => verify(model, layers, { ...({} as Measurement), draws: 1 })).toThrow(/^verify: .*got 1/);
    const measurement = await measure(2);
    expect(() => verify(model, [{ ...layers[0]!, node: "other" }], measurement)).toThrow(/^verify: layer other/);
  });
});

describe("measureSignals", () => {
  it("gives the same numbers for the same seed and others for another", async () => {
    const [one, again] = [await measure(2), await measure(2)];
    expect([...again.signals]).toEqual([...one.signals]);
    const other = await measureSignals(model, { weights: (draw) => torchWeights(model, draw), seed: 6, draws: 2 });
    expect(other.signals.get("x")).not.toEqual(one.signals.get("x"));
  });

  it("reports progress and stops when asked", async () => {
    const seen: string[] = [];
    const controller = new AbortController();
    const stopped = measureSignals(model, {
      weights: () => torchWeights(model, 0),
      seed: 1,
      signal: controller.signal,
      onProgress(done, total) {
        seen.push(`${done}/${total}`);
        if (done === 2) controller.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    expect(seen).toEqual(["1/8", "2/8"]);
    await expect(measureSignals(model, { weights: () => new Map(), seed: 1, draws: 0 })).rejects.toThrow(/^run: draws/);
  });

  it("draws inputs with the mean and variance asked for", async () => {
    const measured = await measureSignals(model, {
      weights: () => torchWeights(model, 0),
      seed: 2,
      draws: 4,
      inputMean: 2,
      inputVariance: 9,
    });
    // 4 · 32 · 48 = 6144 entries: standard error of the mean 3/√6144 = 0.04; of the second moment
    // √(2·81 + 4·4·9)/√6144 = 0.22. Five of them.
    expect(Math.abs(measured.signals.get("x")!.mean.mean - 2)).toBeLessThan(0.2);
    expect(Math.abs(measured.signals.get("x")!.secondMoment.mean - 13)).toBeLessThan(1.1);
  });
});
