/** Every golden forward pass: PyTorch's outputs for two input rows, with the weights of the file. */

import { describe, expect, it } from "vitest";
import { createExecutor } from "../../src/run/index.ts";
import { corpusModel, floats, golden, goldenNames } from "./corpus.ts";

const cases = goldenNames().flatMap((name) => {
  const found = golden(name);
  return found.files.flatMap((file) =>
    (["eval", "train"] as const).flatMap((mode) => {
      const expected = found.outputs[`output (${mode} mode)`];
      // A file with its BatchNormalization folded away has no training mode any more.
      const runnable = expected !== undefined && !(mode === "train" && file.includes("folded"));
      return runnable ? [{ file, mode, inputs: found.inputs, expected }] : [];
    }),
  );
});

describe("golden forward passes", () => {
  it("covers every golden file", () => {
    expect(new Set(cases.map(({ file }) => file)).size).toBeGreaterThanOrEqual(30);
  });

  it.each(cases)("$file, $mode", async ({ file, mode, inputs, expected }) => {
    const model = corpusModel(file, 2);
    const executor = await createExecutor(model);
    const feeds = new Map(
      model.inputs.map(({ name, vocabulary }, i) => {
        const encoded = inputs[name] ?? Object.values(inputs)[i]!;
        return [name, vocabulary === null ? floats(encoded) : Int32Array.from(encoded.values ?? [])] as const;
      }),
    );
    const values = await executor.forward(new Map(), feeds, { mode });
    executor.dispose();
    const y = values.get(model.outputs[0]!)!;
    const exact = floats(expected);
    expect(y.length).toBe(exact.length);
    // Rounding 2⁻²⁴ relative to the largest output: two roundings a node on the way, and for a dot product of up to 128
    // terms of one sign (constant-mlp), summed in four lanes of 32, up to 32 more.
    const scale = exact.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const tolerance = 2 ** -24 * (32 + 2 * model.nodes.length) * scale;
    exact.forEach((value, i) => {
      expect(Math.abs(y[i]! - value), `output ${i}: ${y[i]} for ${value}`).toBeLessThanOrEqual(tolerance);
    });
  });
});
