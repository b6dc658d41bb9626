/** Derivations: every step follows from its operands, the chain holds together, and it ends at what the plan drew. */

import { readdirSync, readFileSync } from "node:fs";
import { evaluate as evaluateText } from "mathjs";
import { describe, expect, test } from "vitest";
import { readLine } from "../../src/formats/line/index.ts";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { law } from "../../src/init/index.ts";
import type { Model } from "../../src/model/index.ts";
import { type Derivation, evaluate, momentsIn, type Step } from "../../src/plan/derivation/index.ts";
import { derive, type Plan, plan, schemeNames } from "../../src/plan/index.ts";

const folder = new URL("../../../shared/models/", import.meta.url);
const read = (name: string) => readOnnx(new Uint8Array(readFileSync(new URL(`${name}.onnx`, folder))), { name });

/** Below this relative difference to the propagation a formula stands without a correction (NEGLIGIBLE in known.ts). */
const UNCORRECTED = 5e-4;
/** Three digits of each operand: a rounding of 0.5 % each, and there are at most six in a product. */
const PRINTED = 6 * 0.005;

const mathOf = (text: string) =>
  text
    .replaceAll("−", "-")
    .replaceAll("·", "*")
    .replaceAll("²", "^2")
    .replace(/√\(/g, "sqrt(")
    .replace(/√([\d.e-]+)/g, "sqrt($1)");

/** The printed numbers, worked out by a parser that knows nothing of terms. */
function checkPrinted({ numbers, result, term }: Step): void {
  if (term.kind === "moment" || term.kind === "quantity") return;
  const value: unknown = evaluateText(mathOf(numbers));
  // Sums may cancel: the rounding is relative to their terms.
  const size = numbers.includes(" − ") ? Math.max(...numbers.match(/[\d.]+(e-?\d+)?/g)!.map(Number)) : Math.abs(result);
  expect(Math.abs(Number(value) - result), numbers).toBeLessThanOrEqual(PRINTED * Math.max(size, Math.abs(result)));
}

const close = (a: number, b: number, relative: number) => {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return;
  expect(Math.abs(a - b)).toBeLessThanOrEqual(relative * Math.max(Math.abs(a), Math.abs(b)));
};

function check(model: Model, planned: Plan, name: string): Derivation {
  const derivation = derive(model, planned, name);
  const tensor = planned.tensors.find((each) => each.name === name)!;
  const signals = new Map(planned.signals.map((signal) => [signal.tensor, signal]));
  const nodes = new Map(model.nodes.map((node) => [node.name, node]));
  for (const step of derivation.steps) {
    expect(step.result, `${name}: ${step.formula}`).toEqual(evaluate(step.term));
    const node = nodes.get(step.node ?? "");
    if ((step.section === "input" || step.section === "outcome") && node) {
      const sizes = node.outputs.map((output) => signals.get(output)?.secondMoment ?? Number.NaN);
      const nearest = sizes.reduce((a, b) => (Math.abs(b - step.result) < Math.abs(a - step.result) ? b : a));
      close(step.result, nearest, UNCORRECTED);
    }
  }
  // What is decided is what is drawn.
  const { variance } = law(tensor.initializer, tensor.shape);
  for (const step of derivation.steps)
    if (/^Var\([A-Zbγβθ]\)$/.test(step.symbol) && (step.section === "choice" || step.section === "law"))
      close(step.result, variance, UNCORRECTED);
  expect(derivation.why).toBe(tensor.why);
  return derivation;
}

const FILES = ["resnet-cifar", "gpt-mini", "unet-mini", "lstm"];

describe.each(FILES.map((name) => [name] as const))("%s", (name) => {
  const model = read(name);
  test.each(["auto", "glorot-uniform"])("scheme %s", (scheme) => {
    const planned = plan(model, { scheme });
    const names = planned.tensors.map((tensor) => tensor.name);
    // Every parameter of small models; of large ones each seventh, which meets every kind.
    for (const [i, each] of names.entries()) if (names.length < 25 || i % 9 === 0) check(model, planned, each);
  });
});

test("every scheme has a derivation of every parameter", () => {
  const model = readLine("3x16x16 > conv 8 3x3 relu > maxpool 2 > flatten > 32 sin > 10 softmax");
  for (const scheme of schemeNames()) {
    if (scheme === "file") continue;
    const planned = plan(model, { scheme: scheme === "constant" ? "constant(0.5)" : scheme });
    for (const { name } of planned.tensors) expect(check(model, planned, name).steps.length).toBeGreaterThan(0);
  }
});

test("the printed numbers multiply out to the printed results", () => {
  for (const file of ["resnet-cifar", "gpt-mini"]) {
    const model = read(file);
    const planned = plan(model);
    for (const { name } of planned.tensors.slice(0, 12))
      for (const step of derive(model, planned, name).steps) checkPrinted(step);
  }
});

test("He's rule on a chain of rectifiers, line by line", () => {
  const model = readLine("64 > 32 relu > 16 relu > 4");
  const planned = plan(model, { scheme: "he-normal" });
  const { steps } = derive(model, planned, "fc2.weight");
  expect(steps.map(({ symbol, formula, numbers }) => `${symbol} = ${formula} = ${numbers}`)).toEqual([
    "E[x²] = μ² + σ² = 0² + 1",
    "E[z²] = fan_in·Var(W)·E[x²] = 64·0.0313·1",
    "E[a²] = E[φ(z)²] = E[relu(z)²], z ~ N(0, 2)",
    "fan_in = inputs = 32",
    "Var(W) = 2/fan_in = 2/32",
    "σ = √Var(W) = √0.0625",
    "E[z²] = fan_in·Var(W)·E[a²] = 32·0.0625·1",
    "E[(∂L/∂w)²] = Σ E[δδ']·E[aa'] = 0.25",
  ]);
  // ∂L/∂W = δ·a with E[δ²] = 4·(2/16)·E[φ'²] = 0.25 and E[a²] = 1.
  close(steps[2]!.result, 1, 4 * Number.EPSILON);
  close(steps[5]!.result, 0.25, 4 * Number.EPSILON);
});

test("a rule with a fan-out looks at the gradient too", () => {
  const model = readLine("64 > 32 tanh > 16 tanh > 4");
  const { steps } = derive(model, plan(model, { scheme: "glorot-normal" }), "fc2.weight");
  const back = steps.filter(({ section }) => section === "gradient");
  expect(back.map(({ title }) => title)).toEqual(["output", "linear fc3", "tanh"]);
  const slope = momentsIn(back[2]!.term)[0]!;
  close(back[2]!.result, evaluate(slope) * back[1]!.result, 1e-12);
  // One output row of variance 2/(16 + 4) meets each of the 4 outputs.
  close(back[1]!.result, (4 * 2) / 20, 1e-12);
});

test("all corpus files: the last weight of each", () => {
  for (const file of readdirSync(folder).filter((each) => each.endsWith(".onnx") && !each.startsWith("skeleton"))) {
    const model = read(file.slice(0, -5));
    const planned = plan(model, { scheme: "keras" });
    const last = planned.tensors.filter(({ role }) => role === "weight").at(-1);
    if (last) check(model, planned, last.name);
  }
});
