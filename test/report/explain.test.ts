/** The derivation as a person reads it: aligned, in symbols and numbers, folded where long, never too wide, why last. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readLine } from "../../src/formats/line/index.ts";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import type { Model } from "../../src/model/index.ts";
import { derive, plan } from "../../src/plan/index.ts";
import { explainDocument, explainText } from "../../src/report/explain.ts";

const read = (name: string) =>
  readOnnx(new Uint8Array(readFileSync(new URL(`../../../shared/models/${name}.onnx`, import.meta.url))), { name });

function explained(model: Model, name: string, options: { scheme?: string; width?: number } = {}) {
  const planned = plan(model, { scheme: options.scheme ?? "auto" });
  const tensor = planned.tensors.find((each) => each.name === name)!;
  const derivation = derive(model, planned, name);
  const look = options.width === undefined ? {} : { width: options.width };
  return {
    tensor,
    text: explainText(planned, tensor, derivation, look),
    document: explainDocument(planned, tensor, derivation),
  };
}

test("each step stands in symbols, in numbers and with its result, aligned at the equals sign", () => {
  const { text } = explained(readLine("64 > 32 relu > 16 relu > 4"), "fc2.weight", { scheme: "he-normal" });
  expect(text).toContain(`
The signal that comes in
  input                  E[x²] = μ² + σ²
                               = 0² + 1
                               = 1.00   --input-mean, --input-variance
  linear fc1             E[z²] = fan_in·Var(W)·E[x²]
                               = 64·0.0313·1
                               = 2.00   He 2015, eq. 7
  relu                   E[a²] = E[φ(z)²]
                               = E[relu(z)²], z ~ N(0, 2)
                               = 1.00
`);
  expect(text).toContain(`
  scheme he-normal       Var(W) = 2/fan_in
                                = 2/32
                                = 0.0625   He, Zhang, Ren & Sun 2015, eq. 10
`);
});

test("the plan's reason is the last line", () => {
  const { text, tensor } = explained(readLine("64 > 32 tanh > 10"), "fc2.weight", { width: 1000 });
  expect(text.trimEnd().split("\n").at(-1)).toBe(tensor.why);
});

test("a long way is folded in the middle", () => {
  const model = readLine(`64 > ${"64 relu > ".repeat(30)}10`);
  const { text, document } = explained(model, "fc30.weight");
  expect(text).toContain("… 52 steps alike: 26 × relu, 26 × linear; from 0.500 to 1.00");
  expect(text.split("\n").length).toBeLessThan(75);
  expect(document.steps.length).toBeGreaterThan(58);
});

test.each(["resnet-cifar", "gpt-mini"])("%s: no line is wider than asked", (name) => {
  const model = read(name);
  const planned = plan(model);
  for (const tensor of planned.tensors.filter((_, i) => i % 9 === 0))
    for (const width of [60, 100]) {
      const text = explainText(planned, tensor, derive(model, planned, tensor.name), { width });
      for (const line of text.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(width);
    }
});

test("the document holds every step with its operands", () => {
  const { document } = explained(readLine("64 > 32 relu > 16 relu > 4"), "fc2.weight", { scheme: "he-normal" });
  expect(document.schema).toBe("epoch0.explain/1");
  // Within a few ε of float64: the variance goes through σ = √(1/32).
  expect(document.steps[1]).toEqual({
    section: "input",
    title: "linear fc1",
    node: "fc1",
    symbol: "E[z²]",
    formula: "fan_in·Var(W)·E[x²]",
    numbers: "64·0.0313·1",
    result: expect.closeTo(2, 14),
    source: "He 2015, eq. 7",
    operands: [
      { symbol: "fan_in", value: 64, meaning: "products that enter one output value" },
      { symbol: "Var(W)", value: expect.closeTo(1 / 32, 15), meaning: "variance of an element of fc1.weight" },
      { symbol: "E[x²]", value: 1, meaning: "mean square of input" },
    ],
  });
});
