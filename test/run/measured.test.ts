/** The measurement against PyTorch's own, with PyTorch's default draws: forward, backward and parameters' gradients. */

import { describe, expect, it } from "vitest";
import { measureSignals, type Statistic } from "../../src/run/index.ts";
import { corpusModel, measured } from "./corpus.ts";
import { torchWeights } from "./law.ts";

const DRAWS = 8;
/** Student's t with 14 degrees of freedom (two samples of 8) exceeds 5 once in 5,000; here are some 270 fixed rows. */
const STANDARD_ERRORS = 5;
/** A normalized tensor hardly varies between draws: then single precision decides. */
const ROUNDING = 2e-5;

// Batches as in the files where samples meet (batch normalization), smaller where they do not.
const cases = [
  { name: "digits-mlp", batch: 64, run: 0 },
  { name: "lenet5", batch: 16, run: 0 },
  { name: "bn-cnn-train", batch: 64, run: 0 },
  { name: "bn-cnn-train", batch: 64, run: 1 },
  { name: "gpt-mini", batch: 8, run: 0 },
  { name: "lstm", batch: 16, run: 0 },
];

describe("measured signals against PyTorch", () => {
  it.each(cases)("$name, run $run", async ({ name, batch, run: index }) => {
    const { batch: fileBatch, runs } = measured(name);
    const run = runs[index]!;
    const model = corpusModel(`${name}.onnx`, batch);
    const result = await measureSignals(model, {
      weights: (draw) => torchWeights(model, draw),
      seed: 1,
      draws: DRAWS,
      mode: run.mode,
    });
    let rows = 0;
    const compare = (what: string, [mean, std]: readonly [number, number], ours: Statistic | undefined) => {
      // True zeros (a bias before a normalization) leave rounding noise in both.
      if (Math.abs(mean) < 1e-10) return;
      expect(ours?.mean, what).toBeGreaterThan(0);
      rows++;
      const error = Math.hypot(ours!.std / ours!.mean, std / mean) / Math.sqrt(DRAWS);
      const distance = Math.abs(Math.log(ours!.mean / mean));
      expect(distance, `${what}: ${ours!.mean} for ${mean}`).toBeLessThan(STANDARD_ERRORS * error + ROUNDING);
    };
    for (const { onnx, secondMoment, gradSecondMomentFresh } of run.activations) {
      if (onnx === null) continue;
      const signal = result.signals.get(onnx);
      compare(`second moment of ${onnx}`, secondMoment, signal?.secondMoment);
      // The file sums the gradient of a table that every sample shares over the batch; ours is per sample.
      const shared = onnx.includes("wpe") ? fileBatch : 1;
      const [mean, std] = gradSecondMomentFresh;
      compare(`gradient of ${onnx}`, [mean / shared, std / shared], signal?.gradientSecondMoment);
    }
    for (const { name: parameter, gradSecondMomentFreshPerSample } of run.parameters) {
      if (gradSecondMomentFreshPerSample === null) continue;
      compare(`gradient of ${parameter}`, gradSecondMomentFreshPerSample, result.gradients.get(parameter));
    }
    expect(rows).toBeGreaterThan(15);
  });
});
