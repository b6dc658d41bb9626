/** Predictions against what PyTorch itself measured on every model of the corpus, drawn by its own default rules. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { plan } from "../../src/plan/index.ts";

const shared = new URL("../../../shared/", import.meta.url);

type Pair = readonly [mean: number, deviation: number];
interface Run {
  readonly law: string;
  readonly mode: "train" | "eval";
  readonly activations: readonly {
    readonly onnx: string | null;
    readonly shape: readonly number[];
    readonly secondMoment: Pair;
  }[];
  readonly parameters: readonly { readonly name: string; readonly gradSecondMomentFreshPerSample: Pair }[];
}
interface Measured {
  readonly batch: number;
  readonly redraws: number;
  readonly runs: readonly Run[];
}

const read = (file: string): Measured => JSON.parse(readFileSync(new URL(`measured/${file}`, shared), "utf8"));

/** The part of the relative error that three standard errors of the measurement do not cover. */
const excess = (predicted: number, [mean, deviation]: Pair, redraws: number): number =>
  mean === 0
    ? predicted === 0
      ? 0
      : Number.POSITIVE_INFINITY
    : Math.max(0, Math.abs(predicted - mean) - (3 * deviation) / Math.sqrt(redraws)) / Math.abs(mean);

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

interface Exception {
  readonly forward?: number;
  readonly gradient?: number;
  readonly median?: number;
  readonly cause: string;
}

/**
 * Where the bar of 10 % (signals) or 15 % (gradients) is not met, and why; docs/accuracy.md shows the same list. Anything
 * else that misses it fails.
 */
const EXCEPTIONS: Readonly<Record<string, Exception>> = JSON.parse(
  readFileSync(new URL("../../bench/accuracy-exceptions.json", import.meta.url), "utf8"),
);

const cases = readdirSync(new URL("measured/", shared)).flatMap((file) =>
  read(file).runs.flatMap((run, index) =>
    // The folded file has no batch normalization left that could be trained.
    run.law.startsWith("torch") && !(file.startsWith("bn-cnn-folded") && run.mode === "train")
      ? [{ file, index, mode: run.mode }]
      : [],
  ),
);

describe("plan --scheme torch against PyTorch's measurement", () => {
  const forwards: number[] = [];
  const gradients: number[] = [];

  it.each(cases)("$file $mode", ({ file, index, mode }) => {
    const { runs, batch, redraws } = read(file);
    const run = runs[index]!;
    const model = readOnnx(new Uint8Array(readFileSync(new URL(`models/${file.replace(".json", ".onnx")}`, shared))));
    const made = plan(model, { scheme: "torch", seed: 0, mode, batch });
    const signals = new Map(made.signals.map((s) => [s.tensor, s.secondMoment]));
    const sizes = new Map(made.gradients.map((g) => [g.tensor, g.secondMoment]));
    const exception = EXCEPTIONS[`${file} ${mode}`];
    const forward = run.activations.flatMap(({ onnx, secondMoment }) => {
      if (onnx === null) return [];
      expect(signals.has(onnx), onnx).toBe(true);
      return [{ what: onnx, error: excess(signals.get(onnx)!, secondMoment, redraws) }];
    });
    const gradient = run.parameters.flatMap(({ name, gradSecondMomentFreshPerSample }) =>
      // Biases in front of batch statistics have gradient 0: PyTorch's measurement of them is rounding noise.
      sizes.has(name) && gradSecondMomentFreshPerSample[0] > 1e-11
        ? [{ what: name, error: excess(sizes.get(name)!, gradSecondMomentFreshPerSample, redraws) }]
        : [],
    );
    forwards.push(...forward.map((r) => r.error));
    gradients.push(...gradient.map((r) => r.error));
    const worst = (rows: typeof forward, bound: number) =>
      rows.filter((r) => !(r.error <= bound)).map((r) => `${r.what} ${(100 * r.error).toFixed(1)}%`);
    expect(worst(forward, exception?.forward ?? 0.1)).toEqual([]);
    expect(worst(gradient, exception?.gradient ?? 0.15)).toEqual([]);
    expect(median(forward.map((r) => r.error))).toBeLessThanOrEqual(0.02);
    expect(median(gradient.map((r) => r.error))).toBeLessThanOrEqual(exception?.median ?? 0.03);
  });

  it("is right in the median over all models", () => {
    expect(forwards.length).toBeGreaterThan(300);
    expect(median(forwards)).toBeLessThanOrEqual(0.02);
    expect(median(gradients)).toBeLessThanOrEqual(0.03);
  });
});
