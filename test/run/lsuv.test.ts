/** LSUV: after it, every layer's output has variance 1 on the data, by a run that knows nothing of the fitting. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCsv } from "../../src/formats/data/index.ts";
import { readLine } from "../../src/formats/line/index.ts";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { initialize } from "../../src/materialize/index.ts";
import type { Model } from "../../src/model/index.ts";
import { plan } from "../../src/plan/index.ts";
import { createExecutor, type InputValues, type LsuvPlan, planLsuv } from "../../src/run/index.ts";
import { randomInputs } from "../../src/run/measure.ts";

const shared = new URL("../../../shared/", import.meta.url);
const read = (name: string, batch: number) =>
  readOnnx(new Uint8Array(readFileSync(new URL(`models/${name}.onnx`, shared))), { name, batch });

/** Variance over all elements of each fitted layer's output, from weights drawn by the plan. */
async function variances(model: Model, planned: LsuvPlan, inputs: InputValues): Promise<Map<string, number>> {
  const executor = await createExecutor(model);
  const values = await executor.forward(initialize(planned, { read: model.read }), inputs);
  executor.dispose();
  const found = new Map<string, number>();
  for (const { node, weight } of planned.measured) {
    const data = values.get(model.nodes.find(({ name }) => name === node)!.outputs[0]!)!;
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    found.set(weight, data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
  }
  return found;
}

/** The tolerance asked for, and float32: weights as gain·Q or Q/σ differ by 2⁻²⁴ each, layers deep. */
const TOLERANCE = 0.01 + 1e-4;

test("digits-mlp on the digits: each layer at variance 1 in two passes, and the reason tells", async () => {
  const { inputs, shape } = readCsv(readFileSync(new URL("data/digits.csv", shared), "utf8"));
  const batch = 64;
  const model = read("digits-mlp", batch);
  const features = shape[1]!;
  const data: InputValues = new Map([[model.inputs[0]!.name, Float32Array.from(inputs.subarray(0, batch * features))]]);
  const planned = await planLsuv(model, { seed: 3, inputs: data, inputName: "digits.csv" });
  expect(planned.measured.map(({ weight, passes }) => [weight, passes])).toEqual([
    ["fc1.weight", 2],
    ["fc2.weight", 2],
    ["fc3.weight", 2],
  ]);
  for (const variance of (await variances(model, planned, data)).values())
    expect(Math.abs(variance - 1)).toBeLessThanOrEqual(TOLERANCE);
  expect(planned.tensors[0]!.why).toMatch(
    /Mishkin & Matas 2016.*measured on digits\.csv, 64 samples: output σ [\d.]+ before, 1 after, in 2 passes, so gain [\d.]+/,
  );
  expect(planned.scheme).toBe("lsuv");
  expect(planned.tensors.every(({ initializer }) => ["orthogonal", "zeros"].includes(initializer.kind))).toBe(true);
});

describe("random inputs, every kind of network", () => {
  test.each([
    ["resnet-cifar", 8],
    ["gpt-mini", 4],
    ["lenet5", 8],
    ["lstm", 4],
    ["unet-mini", 2],
  ] as const)("%s", async (name, batch) => {
    const model = read(name, batch);
    const planned = await planLsuv(model, { seed: 1 });
    const linear = model.nodes.filter(({ kind }) => kind === "linear" || kind === "conv");
    expect(planned.measured.length).toBeGreaterThan(
      0.8 * new Set(linear.map((node) => "weight" in node && node.weight)).size,
    );
    const found = await variances(model, planned, randomInputs(model, 0, { seed: 1 }));
    for (const [weight, variance] of found) expect(Math.abs(variance - 1), weight).toBeLessThanOrEqual(TOLERANCE);
  });
});

test("a layer whose output is constant is named, not divided by 0", async () => {
  const model = readLine("8 > 16 relu > 4", { batch: 4 });
  const planned = await planLsuv(model, { inputs: new Map([["input", new Float32Array(32)]]) });
  expect(planned.measured).toEqual([]);
  expect(planned.warnings.filter(({ code }) => code === "lsuv-constant-output").map(({ where }) => where)).toEqual([
    "fc1",
    "fc2",
  ]);
  for (const { std } of planned.tensors) expect(Number.isFinite(std)).toBe(true);
});

test("a tight limit on passes is said, layer by layer", async () => {
  const model = readLine("8 > 16 relu > 4", { batch: 4 });
  const planned = await planLsuv(model, { passes: 1 });
  expect(planned.warnings.filter(({ code }) => code === "lsuv-not-reached")).toHaveLength(2);
  expect(planned.measured.every(({ passes, gain }) => passes === 1 && gain === 1)).toBe(true);
});

test("the gain of an activation is found without a formula: 1/√E[φ²] of wide layers", async () => {
  const width = 512;
  const model = readLine(`${width} > ${width} relu > ${width} relu > ${width} relu > 10`, { batch: 32 });
  const planned = await planLsuv(model, { seed: 2 });
  // E[φ²] = 1/2, so gain √2. The mean square of 512·32 rectified normals has relative standard error √(5/16384) = 1.7 %
  // (E[φ⁴]/E[φ²]² − 1 = 5); the gain's is half of that, from this layer's input and from the one before: four of them.
  for (const { gain } of planned.measured.slice(1, 3)) expect(Math.abs(gain / Math.SQRT2 - 1)).toBeLessThan(4 * 0.017);
});

test("in a plan without measurement the scheme says so, and weights without a graph are refused", async () => {
  const model = readLine("8 > 16 relu > 4");
  expect(plan(model, { scheme: "lsuv" }).tensors[0]!.why).toMatch(/not measured/);
  await expect(planLsuv({ ...model, nodes: [] })).rejects.toThrow(/no graph to run/);
});
