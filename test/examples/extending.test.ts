/** The examples of docs/extending.md, run: what they add is predicted, planned and executed like what is built in. */

import { expect, test } from "vitest";
import { byExpression, byFunctions, readWithUnknown } from "../../examples/custom-activation.ts";
import { maxoutNetwork, runMaxout } from "../../examples/custom-node.ts";
import {
  createExecutor,
  initialize,
  type Measurement,
  type Plan,
  plan,
  verify,
  withActivations,
} from "../../src/index.ts";

/** Every layer forward and backward: 0.1 for the theory and four standard errors of eight draws, as `--verify` has it. */
function agrees(model: Parameters<typeof verify>[0], planned: Plan, measured: Measurement) {
  const { passed, gradientsPassed } = verify(model, planned.layers, measured);
  expect([passed, gradientsPassed]).toEqual([true, true]);
}

test("an activation by expression: gain, plan and run follow from it", async () => {
  const { gain, critical, planned, measured } = await byExpression();
  let squares = 0;
  const count = 200_000;
  for (let i = 0; i < count; i++) {
    const x = -8 + (16 * (i + 0.5)) / count;
    const phi = x / (1 + Math.exp(-3 * x)) + 0.1 * Math.sin(x);
    squares += phi ** 2 * Math.exp(-(x ** 2) / 2);
  }
  // The midpoint rule is exact to rounding for analytic functions that vanish at both ends.
  const secondMoment = ((16 / count) * squares) / Math.sqrt(2 * Math.PI);
  expect(gain).toBeCloseTo(1 / Math.sqrt(secondMoment), 10);
  expect(critical === null || critical.weightVariance > 0).toBe(true);
  expect(planned.unsupported).toEqual([]);
  expect(planned.layers.map(({ activation }) => activation === null)).toEqual([false, false, false, true]);
  const model = withActivations(readWithUnknown("64 > 128 relu > 128 relu > 128 relu > 10", "Swoosh"), {});
  agrees({ ...model }, planned, measured);
});

test("an activation by functions: the plan uses them, the run uses the operation", async () => {
  const { planned, values, value } = await byFunctions();
  expect(planned.layers[0]!.activation).toBe("table-tanh");
  values
    .get("fc1")!
    .slice(0, 500)
    .forEach((x, i) => {
      // float32 in and out, tanh good to a few ulp.
      expect(Math.abs(values.get("relu1")![i]! - value(x))).toBeLessThan(64 * 2 ** -24);
    });
});

test("a node kind by rule and operation: Maxout is predicted as it runs", async () => {
  const { planned, measured } = await runMaxout();
  expect(planned.unsupported).toEqual([]);
  agrees(maxoutNetwork(), planned, measured);
});

test("what is missing is said: a rule by a warning, an operation by an error that shows how", async () => {
  const model = maxoutNetwork();
  const { warnings } = plan(model, { scheme: "lecun-normal", rules: {} });
  expect(warnings.filter(({ code }) => code === "no-rule").map(({ message }) => message)[0]).toMatch(
    /Maxout has no rule: assumed that it passes on the size of its input/,
  );
  const unused = plan(model, { scheme: "lecun-normal", rules: { MaxOut: { forward: () => [], backward: () => {} } } });
  expect(unused.warnings.map(({ code }) => code)).toContain("unused-rule");
  const executor = await createExecutor(model);
  const run = executor.forward(initialize(plan(model)), new Map([["x", new Float32Array(64 * 64)]]));
  await expect(run).rejects.toThrow(/Maxout cannot be run.*give operations/);
  executor.dispose();
});

test("an activation has one input", () => {
  const model = maxoutNetwork();
  const two = {
    ...model,
    nodes: model.nodes.map((node) => (node.kind === "opaque" ? { ...node, inputs: ["x", "x"] } : node)),
  };
  expect(() => withActivations(two, { Maxout: { kind: "named", name: "relu", parameters: {} } })).toThrow(/one input/);
});
