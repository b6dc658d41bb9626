import { expect, it } from "vitest";
import { readLine } from "../../src/formats/index.ts";
import { createTrainer, type Samples, sharpness } from "../../src/run/index.ts";
import { symmetricEigenvalues } from "../../src/run/train/eigenvalues.ts";
import { filled } from "./graph.ts";

it("is 2 · λ_max of XᵀX/n for least squares with one output, and gradient descent turns there", async () => {
  const [n, width] = [12, 5];
  const model = readLine(`${width} > 1 nobias`, { batch: n });
  const inputs = filled(n * width, 3);
  const data: Samples = { count: n, inputs, targets: filled(n, 100) };
  const moments = Array.from({ length: width }, (_, i) =>
    Float64Array.from({ length: width }, (_, j) => {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += inputs[row * width + i]! * inputs[row * width + j]!;
      return sum / n;
    }),
  );
  const exact = 2 * symmetricEigenvalues(moments).at(-1)!;
  const weights = new Map([["fc1.weight", filled(width, 50)]]);
  const loss = "squared-error";
  const found = await sharpness(model, data, { weights, loss, seed: 0, tolerance: 1e-6 });
  // A quadratic has no third derivative: what is left is rounding of the gradients, some 2⁻²⁴ · 10 over ε = 2⁻⁷.
  expect(Math.abs(found.lambdaMax - exact)).toBeLessThan(10 * 2 ** -24 * 2 ** 7);
  expect(found.largestStep).toBeCloseTo(2 / exact, 3);
  const after = async (learningRate: number) => {
    const trainer = await createTrainer(model, { weights, loss, optimizer: { kind: "sgd", learningRate } });
    for (let step = 0; step < 200; step++) await trainer.step(data);
    const score = await trainer.evaluate(data);
    trainer.dispose();
    return score.loss;
  };
  // Along the steepest direction the error is multiplied by |1 − ηλ| a step: 0.9^200 = 7e-10 against 1.1^200 = 2e8.
  expect(await after(0.95 * found.largestStep)).toBeLessThan(1);
  expect(await after(1.05 * found.largestStep)).toBeGreaterThan(1e3);
});

it("is the largest eigenvalue of a small network's explicit Hessian, within the error it states", async () => {
  const model = readLine("3 > 4 tanh > 3 softmax", { batch: 6 });
  const shapes = [...model.parameters.values()];
  const weights = new Map(
    shapes.map(({ name, shape }, i) => [
      name,
      filled(
        shape.reduce((a, b) => a * b, 1),
        31 * i,
      ),
    ]),
  );
  const data: Samples = { count: 6, inputs: filled(18, 400), targets: Int32Array.of(0, 1, 2, 2, 1, 0) };
  const loss = "cross-entropy";
  const trainer = await createTrainer(model, { weights, loss, optimizer: { kind: "sgd", learningRate: 0 } });
  const gradient = async () => [...(await trainer.gradient(data)).gradients.values()].flatMap((values) => [...values]);
  const h = 2 ** -6;
  const rows: number[][] = [];
  for (const [name, values] of weights) {
    for (let i = 0; i < values.length; i++) {
      const sides: number[][] = [];
      for (const t of [h, -h]) {
        trainer.reset(new Map([...weights, [name, values.with(i, values[i]! + t)]]));
        sides.push(await gradient());
      }
      rows.push(sides[0]!.map((up, k) => (up - sides[1]![k]!) / (2 * h)));
    }
  }
  trainer.dispose();
  const hessian = rows.map((row, i) => Float64Array.from(row, (x, j) => (x + rows[j]![i]!) / 2));
  const exact = symmetricEigenvalues(hessian).at(-1)!;
  const found = await sharpness(model, data, { weights, loss, seed: 1, tolerance: 1e-3 });
  // Both sides truncate h² f⁗/6 (h = 2⁻⁶ here, 2⁻⁸·1.5 there; f⁗ < 2 for tanh and softmax at this size) over 31 entries.
  expect(Math.abs(found.lambdaMax - exact)).toBeLessThan(found.error + (2 * h ** 2 * Math.sqrt(31)) / 6);
  expect(found.error).toBeLessThan(0.01 * found.lambdaMax);
  expect(found.products).toBeLessThan(31);
});
