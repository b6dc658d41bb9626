import { describe, expect, it } from "vitest";
import { readLine } from "../../../src/formats/index.ts";
import { type ProbeReport, train, unitsOf } from "../../../src/run/index.ts";
import { symmetricEigenvalues } from "../../../src/run/train/eigenvalues.ts";
import { filled } from "../graph.ts";

describe("eigenvalues of symmetric matrices", () => {
  it("are those of the second difference, 2 − 2 cos(kπ/(n+1))", () => {
    const n = 40;
    const matrix = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: n }, (_, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)),
    );
    const found = symmetricEigenvalues(matrix);
    for (const [k, value] of found.entries()) {
      // A few n · 2⁻⁵² of the largest eigenvalue, 4.
      expect(Math.abs(value - (2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))))).toBeLessThan(4 * 4 * n * 2 ** -52);
    }
  });

  it("have the matrix' trace and the trace of its square", () => {
    const n = 17;
    const flat = filled(n * n, 5);
    const matrix = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: n }, (_, j) => flat[Math.min(i, j) * n + Math.max(i, j)]!),
    );
    const found = symmetricEigenvalues(matrix);
    const sum = (power: number) => found.reduce((total, value) => total + value ** power, 0);
    const trace = matrix.reduce((total, row, i) => total + row[i]!, 0);
    const square = matrix.reduce((total, row) => total + row.reduce((s, x) => s + x * x, 0), 0);
    expect(Math.abs(sum(1) - trace)).toBeLessThan(n ** 2 * 2 ** -50);
    expect(Math.abs(sum(2) - square)).toBeLessThan(n ** 3 * 2 ** -50);
  });
});

describe("units of a weight", () => {
  it("are alike where rows are equal, and full rank where they are orthogonal", () => {
    const same = unitsOf(Float32Array.of(1, 2, 3, 1, 2, 3), [2, 3], true);
    expect(same).toMatchObject({ rank: 1, difference: 0 });
    expect(same.stableRank).toBeCloseTo(1, 12);
    const eye = unitsOf(Float32Array.of(2, 0, 0, 0, 2, 0), [2, 3], true);
    expect(eye.rank).toBe(2);
    expect(eye.effectiveRank).toBeCloseTo(2, 12);
    expect(eye.stableRank).toBeCloseTo(2, 12);
    expect(eye.difference).toBe(2);
    expect(unitsOf(new Float32Array(6), [2, 3], true)).toEqual({
      rank: 0,
      effectiveRank: 0,
      stableRank: 0,
      difference: 0,
    });
  });

  it("are columns of an [in, out] matrix", () => {
    expect(unitsOf(Float32Array.of(1, 1, 2, 2, 3, 3), [3, 2], false)).toMatchObject({ rank: 1, difference: 0 });
  });
});

describe("probes", () => {
  it("see signals, slopes and updates of the step that they stand around", async () => {
    const model = readLine("4 > 6 relu > 3 softmax", { batch: 5 });
    const weights = new Map([
      ["fc1.weight", filled(24, 0)],
      ["fc1.bias", new Float32Array(6)],
      ["fc2.weight", filled(18, 30)],
      ["fc2.bias", new Float32Array(3)],
    ]);
    const inputs = filled(20, 60);
    const reports: ProbeReport[] = [];
    const { losses } = await train(
      model,
      { count: 5, inputs, targets: Int32Array.of(0, 1, 2, 0, 1) },
      {
        weights,
        loss: "cross-entropy",
        optimizer: { kind: "sgd", learningRate: 0.25 },
        steps: 3,
        batch: "full",
        seed: 0,
        probes: { at: [0, 2], observe: (report) => reports.push(report) },
      },
    );
    expect(reports.map(({ step }) => step)).toEqual([0, 2]);
    const [first, second] = reports[0]!.layers;
    // Same sums in another order, single precision.
    expect(Math.abs(reports[0]!.loss - losses[0]!)).toBeLessThan(32 * 2 ** -24);
    const w = weights.get("fc1.weight")!;
    let [squares, positive, negative] = [0, 0, 0];
    for (let n = 0; n < 5; n++) {
      for (let i = 0; i < 6; i++) {
        let z = 0;
        for (let k = 0; k < 4; k++) z += w[4 * i + k]! * inputs[4 * n + k]!;
        squares += z * z;
        positive += z > 0 ? z * z : 0;
        negative += z < 0 ? 1 : 0;
      }
    }
    expect(first).toMatchObject({ weight: "fc1.weight", saturated: negative / 30, dead: negative / 30 });
    expect(first!.output).toBeCloseTo(squares / 30, 6);
    expect(first!.activation).toBeCloseTo(positive / 30, 6);
    expect(second).toMatchObject({ weight: "fc2.weight", activation: null, saturated: null });
    // A plain step: Δw = η ∂L/∂w, so ‖Δw‖/‖w‖ = η √(mean square of the gradient / mean square of the weight).
    const size = weights.get("fc2.weight")!.reduce((sum, x) => sum + x * x, 0) / 18;
    expect(second!.update).toBeCloseTo(0.25 * Math.sqrt(second!.weightGradient / size), 5);
    expect(second!.units.difference).toBeGreaterThan(0);
  });
});
