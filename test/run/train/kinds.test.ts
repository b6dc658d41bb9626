/** What training adds to running: dropout's masks, running statistics, several inputs, operations of one's own. */

import { describe, expect, it } from "vitest";
import { maxoutNetwork } from "../../../examples/custom-node.ts";
import { readLine } from "../../../src/formats/index.ts";
import type { Model, Node } from "../../../src/model/types.ts";
import { type CustomOperation, createTrainer, type Samples, type Values } from "../../../src/run/index.ts";
import { drawMask, maskKey } from "../../../src/run/train/dropout.ts";
import { base, filled, sketch } from "../graph.ts";

const sgd = (learningRate: number) => ({ kind: "sgd", learningRate }) as const;
const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

function drawn(model: Model, scale = 0.5): Map<string, Float32Array> {
  const trained = [...model.parameters.values()].filter(({ role }) => role !== "statistic");
  return new Map(trained.map(({ name, shape }, i) => [name, filled(size(shape), 100 * i, scale)]));
}

/** Largest difference between two states. */
function distance(a: Values, b: Values): number {
  return Math.max(...[...a].flatMap(([name, values]) => [...values].map((w, i) => Math.abs(w - b.get(name)![i]!))));
}

describe("dropout", () => {
  it("keeps a share of 1 − p, divides it by 1 − p, and draws anew at every step and turn", () => {
    const mask = { name: "mask", shape: [100, 200], ratio: 0.3 };
    const key = maskKey(5, mask);
    const values = drawMask(mask, key, 3, 1);
    expect([...new Set(values)].sort()).toEqual([0, Math.fround(1 / 0.7)]);
    const kept = values.filter((x) => x > 0).length / values.length;
    // Five standard errors of a share of 20,000 independent units.
    expect(Math.abs(kept - 0.7)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 20_000));
    expect(drawMask(mask, key, 3, 1)).toEqual(values);
    for (const other of [drawMask(mask, key, 4, 1), drawMask(mask, key, 3, 2), drawMask(mask, maskKey(6, mask), 3, 1)])
      expect(other).not.toEqual(values);
  });

  it("drops in steps, by the seed, and nowhere else", async () => {
    const model = readLine("6 > dropout 0.5 > 1", { batch: 3 });
    const weights = drawn(model);
    const [rows, targets] = [filled(18, 1), filled(3, 40)];
    const data: Samples = { count: 3, inputs: rows, targets };
    const options = { weights, loss: "squared-error", optimizer: sgd(0.1) } as const;
    const trainer = await createTrainer(model, { ...options, seed: 9 });
    await trainer.step(data);
    await trainer.step(data);
    const after = await trainer.weights();

    // The same two updates by hand, in double precision: y = Σ wᵢ mᵢ xᵢ + b, loss = mean over rows of (y − t)².
    const node = model.nodes.find(({ kind }) => kind === "dropout")!;
    const mask = { name: `mask of ${node.name}`, shape: [3, 6], ratio: 0.5 };
    const [weightName, biasName] = [...weights.keys()];
    const w = Float64Array.from(weights.get(weightName!)!);
    let b: number = weights.get(biasName!)![0]!;
    for (let step = 0; step < 2; step++) {
      const m = drawMask(mask, maskKey(9, mask), step, 0);
      const slope = new Float64Array(6);
      let bias = 0;
      for (let n = 0; n < 3; n++) {
        const x = Array.from({ length: 6 }, (_, i) => m[6 * n + i]! * rows[6 * n + i]!);
        const off = x.reduce((sum, each, i) => sum + w[i]! * each, b) - targets[n]!;
        for (let i = 0; i < 6; i++) slope[i]! += (2 * off * x[i]!) / 3;
        bias += (2 * off) / 3;
      }
      for (let i = 0; i < 6; i++) w[i]! -= 0.1 * slope[i]!;
      b -= 0.1 * bias;
    }
    // Some tens of roundings to 2⁻²⁴ of numbers below 4.
    for (let i = 0; i < 6; i++) expect(Math.abs(after.get(weightName!)![i]! - w[i]!)).toBeLessThan(200 * 2 ** -24);
    expect(Math.abs(after.get(biasName!)![0]! - b)).toBeLessThan(200 * 2 ** -24);

    const plain = await createTrainer(readLine("6 > 1", { batch: 3 }), options);
    trainer.reset(weights, { learningRate: 0.1, seed: 9 });
    expect((await trainer.evaluate(data)).loss).toBe((await plain.evaluate(data)).loss);
    await trainer.step(data);
    await trainer.step(data);
    expect(await trainer.weights()).toEqual(after);
    trainer.reset(weights, { learningRate: 0.1, seed: 10 });
    await trainer.step(data);
    await trainer.step(data);
    expect(distance(await trainer.weights(), after)).toBeGreaterThan(1e-3);
    trainer.dispose();
    plain.dispose();
  });
});

describe("batch normalization", () => {
  const line = "3 > 4 batchnorm tanh > 2";
  const rows = filled(18, 3, 2);
  const data: Samples = { count: 6, inputs: rows, targets: Int32Array.of(0, 1, 0, 1, 1, 0) };
  const statistics = (model: Model) =>
    [...model.parameters.values()].filter(({ role }) => role === "statistic").map(({ name }) => name);

  it("moves running statistics in a step, turn by turn, and in mode eval never", async () => {
    const model = readLine(line, { batch: 3 });
    const weights = drawn(model);
    const [meanName, varianceName] = statistics(model);
    const run = async (mode: "train" | "eval") => {
      const trainer = await createTrainer(model, { weights, loss: "cross-entropy", optimizer: sgd(0), mode });
      await trainer.gradient(data);
      await trainer.evaluate(data);
      const untouched = await trainer.weights();
      await trainer.step(data);
      const after = await trainer.weights();
      trainer.dispose();
      return { untouched, after };
    };
    const still = await run("eval");
    expect(still.after).toEqual(still.untouched);
    const { untouched, after } = await run("train");
    expect([...untouched.get(meanName!)!, ...untouched.get(varianceName!)!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    // Two turns of three rows: r ← 0.9 r + 0.1 s, with the variance over n − 1.
    const [w, b] = ["fc1.weight", "fc1.bias"].map((name) => weights.get(name)!);
    for (let unit = 0; unit < 4; unit++) {
      let [mean, variance] = [0, 1];
      for (const turn of [0, 1]) {
        const z = [0, 1, 2].map((row) =>
          [0, 1, 2].reduce((sum, k) => sum + w![3 * unit + k]! * rows[9 * turn + 3 * row + k]!, b?.[unit] ?? 0),
        );
        const centre = z.reduce((sum, each) => sum + each, 0) / 3;
        mean = 0.9 * mean + 0.1 * centre;
        variance = 0.9 * variance + (0.1 * z.reduce((sum, each) => sum + (each - centre) ** 2, 0)) / 2;
      }
      // Some tens of roundings to 2⁻²⁴ of numbers below 4.
      expect(Math.abs(after.get(meanName!)![unit]! - mean)).toBeLessThan(100 * 2 ** -24);
      expect(Math.abs(after.get(varianceName!)![unit]! - variance)).toBeLessThan(100 * 2 ** -24);
    }
  });

  it("evaluates with them unless it is told to take the batch's own", async () => {
    const model = readLine(line, { batch: 6 });
    const [meanName, varianceName] = statistics(model);
    const weights = drawn(model);
    weights.set(meanName!, filled(4, 9, 0.5)).set(varianceName!, Float32Array.of(0.01, 0.1, 10, 3));
    const options = { weights, loss: "cross-entropy", optimizer: sgd(0) } as const;
    const trainers = [
      await createTrainer(model, options),
      await createTrainer(model, { ...options, evaluation: "eval" }),
      await createTrainer(model, { ...options, evaluation: "train" }),
    ];
    const losses: number[] = [];
    for (const trainer of trainers) losses.push((await trainer.evaluate(data)).loss);
    const [usual, running, own] = losses;
    expect(usual).toBe(running);
    expect(Math.abs(running! - own!)).toBeGreaterThan(0.01);
    // A step takes the batch's own, whatever evaluates.
    for (const trainer of trainers) expect(Math.abs((await trainer.step(data)).loss - own!)).toBeLessThan(1e-6);
    for (const trainer of trainers) trainer.dispose();
  });
});

const linear = (name: string, input: string, output: string, weight: string): Node => ({
  ...base(name, [input], [output]),
  kind: "linear",
  weight,
  bias: null,
  layout: "out-in",
  scale: 1,
});

describe("several inputs", () => {
  const model = sketch({
    inputs: { a: [2, 3], b: [2, 2] },
    parameters: { v: [2, 3], w: [2, 2] },
    tensors: { p: [2, 2], q: [2, 2], y: [2, 2] },
    outputs: ["y"],
    nodes: [
      linear("left", "a", "p", "v"),
      linear("right", "b", "q", "w"),
      { ...base("sum", ["p", "q"], ["y"]), kind: "combine", operation: "add" },
    ],
  });
  const weights = drawn(model);
  const [a, b, targets] = [filled(15, 1), filled(10, 50), filled(10, 90)];
  const options = { weights, loss: "squared-error", optimizer: sgd(0.1) } as const;

  it("learn as the formula of two linear layers says, in turns of two of five rows", async () => {
    const trainer = await createTrainer(model, options);
    const { gradients, loss } = await trainer.gradient({
      count: 5,
      inputs: new Map([
        ["a", a],
        ["b", b],
      ]),
      targets,
    });
    trainer.dispose();
    const [v, w] = [weights.get("v")!, weights.get("w")!];
    let expected = 0;
    const slope = { v: new Float64Array(6), w: new Float64Array(4) };
    for (let n = 0; n < 5; n++) {
      for (let unit = 0; unit < 2; unit++) {
        const y =
          [0, 1, 2].reduce((sum, k) => sum + v[3 * unit + k]! * a[3 * n + k]!, 0) +
          [0, 1].reduce((sum, k) => sum + w[2 * unit + k]! * b[2 * n + k]!, 0);
        const off = y - targets[2 * n + unit]!;
        expected += off ** 2 / 10;
        for (let k = 0; k < 3; k++) slope.v[3 * unit + k]! += (off * a[3 * n + k]!) / 5;
        for (let k = 0; k < 2; k++) slope.w[2 * unit + k]! += (off * b[2 * n + k]!) / 5;
      }
    }
    // Sums of some tens of products below 2, each rounded to 2⁻²⁴.
    expect(Math.abs(loss - expected)).toBeLessThan(64 * 2 ** -24);
    for (const [name, values] of Object.entries(slope)) {
      values.forEach((g, i) => {
        expect(Math.abs(g - gradients.get(name)![i]!), `${name}[${i}]`).toBeLessThan(64 * 2 ** -24);
      });
    }
  });

  it("are asked for by name", async () => {
    const trainer = await createTrainer(model, options);
    await expect(trainer.step({ count: 5, inputs: a, targets })).rejects.toThrow(
      'has the inputs "a", "b", got one array',
    );
    await expect(trainer.step({ count: 5, inputs: new Map([["a", a]]), targets })).rejects.toThrow(
      'no values for the input "b"',
    );
    const short = new Map([
      ["a", a],
      ["b", a],
    ]);
    await expect(trainer.step({ count: 5, inputs: short, targets })).rejects.toThrow(
      'inputs of "b" hold 15 numbers, give 5 samples of 2',
    );
    trainer.dispose();
  });
});

describe("samples on another axis than the first", () => {
  const build = (timeFirst: boolean): Model => {
    const [x, y] = timeFirst
      ? [
          [4, 2, 3],
          [4, 2, 5],
        ]
      : [
          [2, 4, 3],
          [2, 4, 5],
        ];
    const model = sketch({
      inputs: { x: x! },
      parameters: { w: [5, 3] },
      tensors: { y: y! },
      outputs: ["y"],
      nodes: [linear("fc", "x", "y", "w")],
    });
    const inputs = model.inputs.map((input) => ({ ...input, batchAxis: timeFirst ? 1 : 0 }));
    return { ...model, batch: 2, inputs };
  };
  it.each([
    ["class ids", Int32Array.from({ length: 12 }, (_, i) => (3 * i) % 5), "cross-entropy"],
    ["values", filled(60, 20), "squared-error"],
  ] as const)("learn the same from %s", async (_, targets, loss) => {
    const states: Values[] = [];
    for (const timeFirst of [false, true]) {
      const model = build(timeFirst);
      const trainer = await createTrainer(model, { weights: drawn(model), loss, optimizer: sgd(0.5) });
      // Three samples: the second turn of two is filled up.
      for (let i = 0; i < 3; i++) await trainer.step({ count: 3, inputs: filled(36, 5, 2), targets });
      states.push(await trainer.weights());
      trainer.dispose();
    }
    // The same sums in another order: some tens of roundings to 2⁻²⁴ a step.
    expect(distance(states[0]!, states[1]!)).toBeLessThan(200 * 2 ** -24);
    expect(distance(states[0]!, new Map(drawn(build(false))))).toBeGreaterThan(0.01);
  });
});

describe("an operation of one's own", () => {
  const maxout: CustomOperation = (jax, [z]) => jax.numpy.max(z!.ref.reshape([z!.shape[0]!, z!.shape[1]! / 2, 2]), -1);

  it("trains, and without it the error names what to give", async () => {
    const model = maxoutNetwork();
    const weights = drawn(model, 0.15);
    const options = { weights, loss: "cross-entropy", optimizer: sgd(0.05) } as const;
    const data: Samples = {
      count: 64,
      inputs: filled(64 * 64, 4, 2),
      targets: Int32Array.from({ length: 64 }, (_, i) => i % 128),
    };
    const trainer = await createTrainer(model, { ...options, operations: { Maxout: maxout } });
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) losses.push((await trainer.step(data)).loss);
    trainer.dispose();
    for (let step = 1; step < 5; step++) expect(losses[step]).toBeLessThan(losses[step - 1]!);
    const bare = createTrainer(model, options).then((each) => each.step(data));
    await expect(bare).rejects.toThrow('give operations: { "Maxout"');
  });
});
