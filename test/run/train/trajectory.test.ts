/** Twenty updates from the same weights on the same batches, against PyTorch (scripts/training-trajectory.py). */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readLine } from "../../../src/formats/index.ts";
import { createTrainer, type Loss, type OptimizerOptions } from "../../../src/run/index.ts";
import { filled } from "../graph.ts";

interface Run {
  readonly line: string;
  readonly classes: number;
  readonly loss: Loss;
  readonly optimizer: OptimizerOptions;
  readonly losses: readonly number[];
  readonly weights: readonly (readonly number[])[];
  /** Running mean and variance of each batch normalization. */
  readonly statistics: readonly (readonly number[])[];
  /** Loss on other rows, evaluated with them. */
  readonly scored: number;
}

const golden: { steps: number; batch: number; runs: readonly Run[] } = JSON.parse(
  readFileSync(new URL("../../golden/training-trajectory.json", import.meta.url), "utf8"),
);
const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

it.each(golden.runs.map((run) => [`${run.line}, ${run.optimizer.kind}, ${run.loss}`, run] as const))(
  "%s",
  async (_, run) => {
    const model = readLine(run.line, { batch: golden.batch });
    let start = 0;
    const weights = new Map<string, Float32Array>();
    const trained = [...model.parameters.values()].filter(({ role }) => role !== "statistic");
    for (const { name, shape } of trained) {
      weights.set(name, filled(size(shape), start, 0.5));
      start += size(shape);
    }
    const trainer = await createTrainer(model, { weights, loss: run.loss, optimizer: run.optimizer });
    for (let step = 0; step < golden.steps; step++) {
      const inputs = filled(size(model.inputs[0]!.shape), 1000 * step);
      const targets = Int32Array.from({ length: golden.batch }, (_, i) => (3 * step + 2 * i) % run.classes);
      const { loss } = await trainer.step({ count: golden.batch, inputs, targets });
      // Both sides round each sum in single precision, in different orders: k·2⁻²⁴ with k some tens a step, carried on
      // through 20 steps of a smooth map. The purpose asks for 1e-4; a wrong formula is off by 1e-2 after one step.
      expect(Math.abs(loss - run.losses[step]!), `loss of step ${step}`).toBeLessThan(1e-4);
    }
    const after = await trainer.weights();
    const compare = (names: readonly string[], expected: Run["weights"]) => {
      expect(names).toHaveLength(expected.length);
      for (const [i, name] of names.entries()) {
        const worst = expected[i]!.reduce((most, w, k) => Math.max(most, Math.abs(w - after.get(name)![k]!)), 0);
        expect(worst, name).toBeLessThan(1e-4);
      }
    };
    compare(
      trained.map(({ name }) => name),
      run.weights,
    );
    const statistics = [...model.parameters.values()].filter(({ role }) => role === "statistic");
    compare(
      statistics.map(({ name }) => name),
      run.statistics,
    );
    const { loss } = await trainer.evaluate({
      count: golden.batch,
      inputs: filled(size(model.inputs[0]!.shape), 77777),
      targets: Int32Array.from({ length: golden.batch }, (_, i) => i % run.classes),
    });
    expect(Math.abs(loss - run.scored)).toBeLessThan(1e-4);
    trainer.dispose();
  },
);
