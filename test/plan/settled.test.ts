/** `auto` settles weights while it goes through the graph: its prediction must be that of a pass that knew them from the start. */

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import type { Model } from "../../src/model/types.ts";
import { type Plan, type PlanOptions, plan } from "../../src/plan/index.ts";
import { batchNormResNet, build, recurrent, residualChain, transformer } from "./models.ts";

/** Both passes compute the same sums: rounding of variances through their initializers (1e-15) grown over a few hundred layers. */
const ROUNDING = 1e-9;
/** Share of the largest gradient below which a sum counts as cancelled: ROUNDING of it is 1e-13, hundreds of roundings of the whole. */
const CANCELLED = 1e-4;

function expectSame(got: number, wanted: number, scale: number, what: string): void {
  if (got !== wanted) expect(Math.abs(got - wanted) / scale, what).toBeLessThanOrEqual(ROUNDING);
}

/** The same choices, handed to a scheme that only predicts. */
function predicted(model: Model, { tensors }: Plan, options: PlanOptions): Plan {
  const chosen = new Map(tensors.map(({ name, initializer, why }) => [name, { initializer, why }]));
  return plan(model, { ...options, scheme: "zeros", chosen });
}

function expectConsistent(model: Model, options: PlanOptions = {}): void {
  const solved = plan(model, options);
  const whole = predicted(model, solved, options);
  expect(solved.signals.length).toBe(whole.signals.length);
  solved.signals.forEach((signal, i) => {
    const other = whole.signals[i]!;
    expect(signal.tensor).toBe(other.tensor);
    expectSame(signal.secondMoment, other.secondMoment, other.secondMoment, `${signal.tensor}: second moment`);
    expectSame(signal.mean, other.mean, Math.sqrt(other.secondMoment), `${signal.tensor}: mean`);
    expectSame(signal.spread, other.spread, other.spread, `${signal.tensor}: spread`);
    const { secondMoment: gradient } = other.gradient;
    expectSame(signal.gradient.secondMoment, gradient, gradient, `${signal.tensor}: gradient`);
  });
  // In front of a normalization a bias has no gradient: what is left of sums that cancel is rounding.
  const largest = Math.max(...whole.gradients.map(({ secondMoment }) => secondMoment));
  solved.gradients.forEach(({ tensor, secondMoment }, i) => {
    const other = whole.gradients[i]!;
    const scale = Math.max(other.secondMoment, CANCELLED * largest);
    expectSame(secondMoment, other.secondMoment, scale, `${tensor}: gradient`);
  });
}

const activation = fc.constantFrom("relu", "tanh", "gelu", "sigmoid", "silu", "abs");

test("any dense network with skips", () => {
  const layer = fc.record({ width: fc.integer({ min: 1, max: 40 }), activation, skip: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(layer, { minLength: 1, maxLength: 8 }),
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.constantFrom("balanced", "forward", "backward"),
      (list, inputMean, objective) => {
        const b = build([1, 7]);
        let x = "x";
        list.forEach(({ width, activation, skip }, i) => {
          const inner = b.act(`a${i}`, b.linear(`fc${i}`, x, width), activation);
          x = skip ? b.add(`add${i}`, x, b.linear(`back${i}`, inner, b.shapeOf(x).at(-1)!)) : inner;
        });
        expectConsistent(b.finish(b.linear("head", x, 3)), { inputMean, objective });
      },
    ),
    { numRuns: 40 },
  );
});

const MODELS: readonly (readonly [string, () => Model])[] = [
  ["residual chain", () => residualChain(32, 6)],
  ["residual blocks with batch normalization", batchNormResNet],
  ["transformer", () => transformer(2)],
  ["transformer that reads out by its own table", () => transformer(2, true)],
  ["LSTM", () => recurrent("lstm")],
  ["GRU", () => recurrent("gru")],
];
describe("networks of other kinds", () => {
  test.each(MODELS)("%s", (_, make) => expectConsistent(make()));
});

const folder = new URL("../../../shared/models/", import.meta.url);
const files = readdirSync(folder).filter((name) => /^(skeleton|mobile|resnet|unet|gpt|vit|lstm).*\.onnx$/.test(name));
test.each(files.map((name) => [name] as const))(
  "%s",
  (name) => {
    expectConsistent(readOnnx(new Uint8Array(readFileSync(new URL(name, folder))), { name }));
  },
  60_000,
);
