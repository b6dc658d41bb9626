/** On files that PyTorch wrote: the torch scheme against the weights in them, siren against its own, auto on all. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { readSafetensors } from "../../src/formats/safetensors/index.ts";
import { law } from "../../src/init/index.ts";
import type { Initializer } from "../../src/init/types.ts";
import { plan } from "../../src/plan/index.ts";

const folder = new URL("../../../shared/models/", import.meta.url);
const read = (name: string) => readOnnx(new Uint8Array(readFileSync(new URL(`${name}.onnx`, folder))), { name });
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".onnx"))
  .map((name) => name.slice(0, -5));

/** Weights set by hand, by another rule, or merged with the norm in front: not what the constructors drew. */
const NOT_CONSTRUCTED = /^(skeleton|saturated|zero|constant|siren|bn-cnn-(folded|eval))/;

/** Excess kurtosis + 2 of a law: n·Var(mean square)/(mean square)². */
function squareSpread(initializer: Initializer): number {
  return initializer.kind === "uniform" ? 0.8 : 2;
}

describe("the torch scheme and the weights that PyTorch's constructors left in the files", () => {
  const drawn = files.filter((name) => !NOT_CONSTRUCTED.test(name));
  test("there are enough files", () => expect(drawn.length).toBeGreaterThan(15));
  test.each(drawn.map((name) => [name] as const))("%s", (name) => {
    const model = read(name);
    for (const { name: parameter, initializer, shape } of plan(model, { scheme: "torch" }).tensors) {
      const values = model.read(parameter);
      if (!values || initializer.kind === "file") continue;
      const { mean, variance } = law(initializer, shape);
      let square = 0;
      let largest = 0;
      for (const value of values) {
        square += value * value;
        largest = Math.max(largest, Math.abs(value));
      }
      square /= values.length;
      if (initializer.kind === "uniform")
        expect(largest, parameter).toBeLessThanOrEqual(initializer.high * (1 + 2 ** -22));
      // Five standard errors of the mean square; exactly equal for constants, which float32 holds exactly.
      const tolerance = variance === 0 ? 0 : 5 * Math.sqrt(squareSpread(initializer) / values.length);
      expect(Math.abs(square - mean ** 2 - variance), parameter).toBeLessThanOrEqual(tolerance * variance);
    }
  });
});

describe("without a graph, the torch scheme chooses by names what it chooses by graph", () => {
  test.each(["gpt-mini", "bn-cnn", "lenet5"])("%s", (name) => {
    const weights = readSafetensors(new Uint8Array(readFileSync(new URL(`${name}.safetensors`, folder))), { name });
    const byName = new Map(
      plan(weights, { scheme: "torch" }).tensors.map((tensor) => [tensor.name, tensor.initializer]),
    );
    const byGraph = plan(read(name === "bn-cnn" ? "bn-cnn-train" : name), { scheme: "torch" }).tensors;
    for (const tensor of byGraph) expect(byName.get(tensor.name), tensor.name).toEqual(tensor.initializer);
  });
});

test("siren: the file's weights fill the scheme's bounds, ω₀ = 30 found in the graph", () => {
  const model = read("siren");
  const { tensors, warnings } = plan(model, { scheme: "siren" });
  expect(warnings.map(({ code }) => code)).not.toContain("no-sine");
  for (const { name, initializer, shape } of tensors.filter(({ role }) => role === "weight")) {
    const expected = name === "net.0.weight" ? 1 / 2 : Math.sqrt(6 / 64) / 30;
    expect(initializer.kind === "uniform" && initializer.high).toBeCloseTo(expected, 14);
    const largest = Math.max(...Array.from(model.read(name) ?? [], Math.abs));
    expect(largest).toBeLessThanOrEqual(expected * (1 + 2 ** -22));
    // Of n uniform draws none beyond a share t of the bound: tⁿ = 1e-6 at the left edge.
    expect(largest / expected).toBeGreaterThan(1e-6 ** (1 / shape.reduce((a, b) => a * b, 1)));
  }
});

/** Kept small: one of each family; the larger topologies of the same families are planned in the benchmark. */
const FAMILIES = [
  "digits-mlp",
  "act-zoo",
  "lenet5",
  "bn-cnn-train",
  "gpt-mini",
  "vit-mini",
  "mobile-mini",
  "unet-mini",
  "gru",
  "autoencoder",
];

describe("auto on real files", () => {
  test.each(FAMILIES.map((name) => [name] as const))("%s: all planned, all explained, all in range", (name) => {
    const model = read(name);
    const result = plan(model);
    expect(result.tensors.map((tensor) => tensor.name)).toEqual([...model.parameters.keys()]);
    for (const { std, why, fanIn } of result.tensors) {
      expect(Number.isFinite(std)).toBe(true);
      expect(fanIn).toBeGreaterThan(0);
      expect(why).toMatch(/^\S[^\n]{15,}[.)]$/);
    }
    for (const { weight, output } of result.layers) {
      expect(output.secondMoment, weight).toBeGreaterThan(1e-4);
      expect(output.secondMoment, weight).toBeLessThan(2.1);
    }
    // The solver stops at half a percent, in ln of the second moment.
    expect(Math.abs(Math.log(result.layers.at(-1)!.output.secondMoment))).toBeLessThanOrEqual(0.005);
    expect(result.signals.length).toBeGreaterThan(result.layers.length);
    expect(result.unsupported).toEqual([]);
  });
  test("a plan is plain JSON and the same every time", () => {
    const once = JSON.stringify(plan(read("lenet5"), { seed: 7 }));
    expect(JSON.stringify(plan(read("lenet5"), { seed: 7 }))).toBe(once);
    expect(JSON.parse(once)).toMatchObject({ schema: "epoch0.plan/1", scheme: "auto", seed: 7 });
  });
  test("the file scheme predicts from what is there", () => {
    const { tensors, layers } = plan(read("saturated-mlp"), { scheme: "file" });
    // N(0, 5²) over a fan-in of 64 and inputs of variance 1: q = 1600; 16,384 weights, 5 standard errors of √(2/n).
    const first = layers[0]!.output.secondMoment;
    expect(tensors[0]!.initializer.kind).toBe("file");
    expect(Math.abs(first / (tensors[0]!.fanIn * 25) - 1)).toBeLessThan(
      5 * Math.sqrt(2 / (tensors[0]!.fanIn * tensors[0]!.fanOut)),
    );
  });
});
