import { describe, expect, it } from "vitest";
import { readLine } from "../../../src/formats/index.ts";
import type { Model } from "../../../src/model/types.ts";
import { createTrainer, type Loss, type Samples, type Score, train } from "../../../src/run/index.ts";
import { filled, sketch } from "../graph.ts";

const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

function drawn(model: Model, scale = 0.5): Map<string, Float32Array> {
  let start = 0;
  return new Map(
    [...model.parameters.values()]
      .filter(({ role }) => role !== "statistic")
      .map(({ name, shape }) => {
        start += size(shape);
        return [name, filled(size(shape), start, scale)] as const;
      }),
  );
}

function samplesFor(model: Model, count: number, classes: number): Samples {
  const features = size(model.inputs[0]!.shape) / model.batch;
  return {
    count,
    inputs: filled(count * features, 7),
    targets: Int32Array.from({ length: count }, (_, i) => (2 * i) % classes),
  };
}

const sgd = (learningRate: number) => ({ kind: "sgd", learningRate }) as const;

describe("gradient of the loss against central differences", () => {
  const cases: readonly [string, Loss, number][] = [
    ["4 > 6 tanh > 3 softmax", "cross-entropy", 3],
    ["4 > 6 tanh > 3 logsoftmax", "cross-entropy", 3],
    ["4 > 6 tanh > 3", "cross-entropy", 3],
    ["4 > 6 tanh > 1 logistic", "cross-entropy", 2],
    ["4 > 6 tanh > 1", "cross-entropy", 2],
    ["4 > 6 tanh > 3", "squared-error", 3],
    ["4 > 6 tanh > 1 logistic", "squared-error", 2],
    ["5x4 > 6 tanh > 3 softmax", "cross-entropy", 3],
    ["2x4x4 > conv 3 3x3 pad 1 batchnorm tanh > conv 3 1x1", "cross-entropy", 3],
  ];
  it.each(cases)("%s, %s", async (line, loss, classes) => {
    const model = readLine(line, { batch: 4 });
    const weights = drawn(model);
    const labels = size(model.tensors.get(model.outputs[0]!)!.shape) / (classes === 2 ? 1 : classes) / 4;
    const one = samplesFor(model, 4, classes);
    const data = { ...one, targets: Int32Array.from({ length: 4 * labels }, (_, i) => (2 * i) % classes) };
    const trainer = await createTrainer(model, { weights, loss, optimizer: sgd(0), evaluation: "train" });
    const { gradients } = await trainer.gradient(data);
    // Step h: h²·|f'''|/6 of truncation and 2⁻²⁴·k·f/h of rounding, k ≤ 20 roundings; |f'''| and f stay below 10 here.
    const step = 2 ** -7;
    const tolerance = 10 * (step ** 2 / 6 + (20 * 2 ** -24) / step);
    for (const [name, values] of weights) {
      for (let i = 0; i < values.length; i += Math.max(1, Math.floor(values.length / 5))) {
        const scores = [];
        for (const h of [step, -step]) {
          trainer.reset(new Map([...weights, [name, values.with(i, values[i]! + h)]]));
          scores.push((await trainer.evaluate(data)).loss);
        }
        const expected = (scores[0]! - scores[1]!) / (2 * step);
        expect(Math.abs(gradients.get(name)![i]! - expected), `${name}[${i}]`).toBeLessThan(tolerance);
      }
    }
    trainer.dispose();
  });
});

describe("a trainer", () => {
  it("takes a large batch in turns, and a short one filled up, with the same result", async () => {
    const line = "4 > 6 tanh > 3 softmax";
    const weights = drawn(readLine(line, { batch: 1 }));
    const data = samplesFor(readLine(line, { batch: 1 }), 10, 3);
    const results: { score: Score; weight: Float32Array }[] = [];
    for (const batch of [10, 4, 16]) {
      const model = readLine(line, { batch });
      const trainer = await createTrainer(model, { weights, loss: "cross-entropy", optimizer: sgd(0.5) });
      const score = await trainer.step(data);
      results.push({ score, weight: (await trainer.weights()).get("fc1.weight")! });
      trainer.dispose();
    }
    for (const { score, weight } of results.slice(1)) {
      // Sums of 10 terms in another order: 10 · 2⁻²⁴ of a loss below 2.
      expect(Math.abs(score.loss - results[0]!.score.loss)).toBeLessThan(20 * 2 ** -24);
      expect(score.accuracy).toBeCloseTo(results[0]!.score.accuracy, 6);
      weight.forEach((w, i) => {
        expect(Math.abs(w - results[0]!.weight[i]!)).toBeLessThan(40 * 2 ** -24);
      });
    }
  });

  it("keeps a tied matrix one matrix", async () => {
    const node = { op: "Gemm", kind: "linear", weight: "w", bias: null, layout: "out-in", scale: 1 } as const;
    const model = sketch({
      inputs: { x: [2, 3] },
      parameters: { w: [3, 3] },
      tensors: { h: [2, 3], y: [2, 3] },
      outputs: ["y"],
      nodes: [
        { ...node, name: "a", inputs: ["x"], outputs: ["h"] },
        { ...node, name: "b", inputs: ["h"], outputs: ["y"] },
      ],
    });
    const w = filled(9, 3);
    const x = filled(6, 40);
    const t = filled(6, 60);
    const trainer = await createTrainer(model, {
      weights: new Map([["w", w]]),
      loss: "squared-error",
      optimizer: sgd(0.1),
    });
    const { gradients } = await trainer.gradient({ count: 2, inputs: x, targets: t });
    trainer.dispose();
    const loss = (m: Float64Array) => {
      let total = 0;
      for (let n = 0; n < 2; n++) {
        const apply = (v: readonly number[]) =>
          [0, 1, 2].map((i) => v.reduce((sum, each, k) => sum + m[3 * i + k]! * each, 0));
        const y = apply(apply([...x.subarray(3 * n, 3 * n + 3)]));
        for (const [i, each] of y.entries()) total += (each - t[3 * n + i]!) ** 2 / 6;
      }
      return total;
    };
    for (let i = 0; i < 9; i++) {
      const [up, down] = [1e-5, -1e-5].map((h) => loss(Float64Array.from(w, (v, k) => (k === i ? v + h : v))));
      // Central difference in double precision: 1e-10 of truncation; the gradient in single: some tens of 2⁻²⁴.
      expect(Math.abs(gradients.get("w")![i]! - (up! - down!) / 2e-5)).toBeLessThan(64 * 2 ** -24);
    }
  });

  it("starts again after a reset, and says what does not fit", async () => {
    const model = readLine("4 > 6 tanh > 3 softmax", { batch: 4 });
    const weights = drawn(model);
    const data = samplesFor(model, 4, 3);
    const optimizer = { kind: "adam", learningRate: 0.01 } as const;
    const trainer = await createTrainer(model, { weights, loss: "cross-entropy", optimizer });
    const run = async () => [(await trainer.step(data)).loss, (await trainer.step(data)).loss];
    const first = await run();
    trainer.reset(weights);
    expect(await run()).toEqual(first);
    const wrong = (samples: Partial<Samples>) => trainer.step({ ...data, ...samples });
    await expect(wrong({ targets: Int32Array.of(0, 1, 2, 3) })).rejects.toThrow("has 3 classes, got the class id 3");
    await expect(wrong({ count: 3 })).rejects.toThrow("give 3 samples of 4");
    trainer.dispose();
    const bad = createTrainer(model, { weights, loss: "cross-entropy", optimizer: { kind: "sgd", learningRate: -1 } });
    await expect(bad).rejects.toThrow("learning rate is a finite number");
  });
});

describe("train", () => {
  const model = readLine("4 > 6 tanh > 3 softmax", { batch: 5 });
  const data = samplesFor(model, 20, 3);
  const options = { weights: drawn(model), loss: "cross-entropy", batch: 5, seed: 1, steps: 12 } as const;

  it("names the state in which it ends", async () => {
    const finished = await train(model, data, { ...options, optimizer: sgd(0.1) });
    expect(finished).toMatchObject({ state: "finished", step: 12 });
    expect(finished.losses).toHaveLength(12);
    const wild = await train(readLine("4 > 6 relu > 3", { batch: 5 }), data, {
      ...options,
      loss: "squared-error",
      optimizer: sgd(100),
    });
    expect(wild.state).toBe("diverged");
    expect(wild.reason).toMatch(/^the loss (is|grew)/);
    const evaluate = { data, every: 4 };
    const stopped = await train(model, data, { ...options, optimizer: sgd(0), evaluate, until: { patience: 2 } });
    expect(stopped).toMatchObject({ state: "stopped", step: 8 });
    const signal = AbortSignal.abort();
    expect(await train(model, data, { ...options, optimizer: sgd(0.1), signal })).toMatchObject({
      state: "interrupted",
      step: 0,
    });
  });

  it("is the same run under the same seed, and another under another", async () => {
    const run = (seed: number) => train(model, data, { ...options, seed, optimizer: sgd(0.1) });
    const [a, b, c] = [await run(1), await run(1), await run(2)];
    expect(b).toEqual(a);
    expect(c.losses).not.toEqual(a.losses);
  });
});
