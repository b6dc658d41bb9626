/** The three objectives of `auto` against closed forms, and by running what they choose. */

import { describe, expect, test } from "vitest";
import { activationByName } from "../../src/activation/index.ts";
import { readLine } from "../../src/formats/line/index.ts";
import { expectation } from "../../src/gaussian/index.ts";
import { initialize } from "../../src/materialize/index.ts";
import { type Objective, plan } from "../../src/plan/index.ts";
import { measureSignals } from "../../src/run/index.ts";

/** The solver stops at half a percent (`CLOSE_ENOUGH`), in ln of the second moment. */
const CLOSE = 0.005;
const close = (got: number, wanted: number, tolerance = CLOSE) =>
  expect(Math.abs(Math.log(got / wanted)), `${got} for ${wanted}`).toBeLessThanOrEqual(tolerance);

const WIDTHS = [96, 48, 160, 160, 64];
const line = (activation: string) =>
  `${WIDTHS.map((width, i) => (i === 0 ? width : `${width} ${activation}`)).join(" > ")} > 10`;

const variances = (activation: string, objective: Objective) => {
  const { tensors } = plan(readLine(line(activation)), { objective });
  return tensors.filter(({ role, name }) => role === "weight" && name !== "fc5.weight").map(({ std }) => std ** 2);
};

/** E[φ²]/q and E[φ'²] of units that know no scale: linear 1, ReLU 1/2, leaky ReLU (1 + s²)/2. */
const CONSTANT = { identity: 1, relu: 1 / 2, "leaky_relu(0.2)": (1 + 0.2 ** 2) / 2, abs: 1 } as const;

describe.each(Object.entries(CONSTANT))("%s, widths that change", (activation, kept) => {
  test("forward: 1/(fan_in·E[φ²]), He 2015 with fan-in", () => {
    variances(activation, "forward").forEach((variance, i) => {
      close(variance, 1 / (WIDTHS[i]! * (i === 0 ? 1 : kept)));
    });
  });
  test("backward: 1/(fan_out·E[φ'²]), He 2015 with fan-out", () => {
    variances(activation, "backward").forEach((variance, i) => {
      if (i > 0) close(variance, 1 / (WIDTHS[i + 1]! * kept), 1e-6);
    });
  });
  test("balanced: their geometric mean, at most Glorot's harmonic one turned over", () => {
    const [both, forward, backward] = (["balanced", "forward", "backward"] as const).map((o) =>
      variances(activation, o),
    );
    both!.forEach((variance, i) => {
      if (i === 0) {
        close(variance, forward![0]!);
        return;
      }
      // Each of the two solutions is within CLOSE, and the square root halves nothing of its own error.
      close(variance, Math.sqrt(forward![i]! * backward![i]!), 2 * CLOSE);
      const [fanIn, fanOut] = [WIDTHS[i]!, WIDTHS[i + 1]!];
      close(variance, 1 / (kept * Math.sqrt(fanIn * fanOut)), 2 * CLOSE);
      // Glorot & Bengio 2010: 2/(fan_in + fan_out), the arithmetic mean of the fans; the geometric one is not larger.
      const glorot = 2 / (kept * (fanIn + fanOut));
      close(variance / glorot, (fanIn + fanOut) / (2 * Math.sqrt(fanIn * fanOut)), 2 * CLOSE);
      if (fanIn === fanOut) close(variance, glorot, 2 * CLOSE);
    });
  });
  test("balanced: q·√width stays, however the widths change", () => {
    const { layers } = plan(readLine(line(activation)));
    const hidden = layers.slice(0, -1);
    hidden.forEach(({ output }, i) => {
      close(output.secondMoment * Math.sqrt(WIDTHS[i + 1]!), Math.sqrt(WIDTHS[1]!), 2 * CLOSE);
    });
  });
});

describe.each(["tanh", "gelu", "selu", "elu", "silu"])("%s, one width", (activation) => {
  const net = `64 > ${`64 ${activation} > `.repeat(6)}10`;
  test("balanced: q falls by √χ a layer, χ = q·E[φ'²]/E[φ²] by quadrature here", () => {
    const { signals, layers } = plan(readLine(net));
    const sizes = new Map(signals.map((signal) => [signal.tensor, signal]));
    const model = readLine(net);
    const acts = model.nodes.filter((node) => node.kind === "activation");
    acts.slice(0, -1).forEach((node, i) => {
      const { mean, secondMoment: q } = sizes.get(node.inputs[0]!)!;
      const resolved = activationByName(activation);
      const variance = q - mean * mean;
      const square = expectation((x) => resolved.value(x) ** 2, { mean, variance, breaks: resolved.breaks }).value;
      const slope = expectation((x) => resolved.derivative(x) ** 2, { mean, variance, breaks: resolved.breaks }).value;
      const free = q / Math.sqrt((q * slope) / square);
      close(layers[i + 1]!.output.secondMoment, Math.min(1, Math.max(0.05, free)), 2 * CLOSE);
    });
  });
});

test("logistic: held at the end of its range, and that is said with its numbers and in why", () => {
  const { layers, warnings, tensors } = plan(readLine("64 > 64 logistic > 64 logistic > 64 logistic > 10"));
  for (const { output } of layers.slice(0, -1)) close(output.secondMoment, 1);
  // χ at q = 1: E[σ'²]/E[σ²] = 0.0448/0.2934 = 0.153.
  expect(warnings.find(({ code }) => code === "not-balanced")?.message).toMatch(
    /no weight variance keeps signal and gradient both; the best at 2 layers.*signal ×1, gradient ×0\.153/,
  );
  expect(tensors.find(({ name }) => name === "fc2.weight")!.why).toMatch(
    /the best that can be had: signal ×1, gradient ×0\.153/,
  );
});

test("what is said of an objective is what it does", () => {
  const why = (objective: Objective) =>
    plan(readLine("96 > 48 relu > 160 relu > 10"), { objective }).tensors.find(({ name }) => name === "fc2.weight")!
      .why;
  expect(why("forward")).toMatch(/Second moment 1 in front of relu/);
  expect(why("backward")).toMatch(/gradient keeps its mean square.*1\/\(fan_out·E\[φ'²\]\) = 1\/\(160·0\.5\)/);
  // √(48/160) = 0.548 and its inverse.
  expect(why("balanced")).toMatch(/least squares of the log gains in both directions: signal ×0\.548, gradient ×1\.83/);
});

describe("by running", () => {
  const DRAWS = 8;
  /** What the theory may be off by at width 48, and four standard errors of each of the mean squares that are compared. */
  const MODELLING = 0.1;
  test.each([
    ["relu", "balanced"],
    ["tanh", "balanced"],
    ["relu", "forward"],
    ["relu", "backward"],
  ] as const)("%s, %s: the gains that were asked for are measured", async (activation, objective) => {
    const model = readLine(line(activation), { batch: 32 });
    const planned = plan(model, { objective });
    const { signals } = await measureSignals(model, {
      seed: 5,
      draws: DRAWS,
      weights: (draw) => initialize(planned, { seed: 5 + draw }),
    });
    const at = planned.layers
      .slice(0, -1)
      .map(({ node }) => signals.get(model.nodes.find(({ name }) => name === node)!.outputs[0]!)!);
    at.forEach((here, i) => {
      const before = at[i - 1];
      if (!before) return;
      const forward = Math.log(here.secondMoment.mean / before.secondMoment.mean);
      const gradient = Math.log(before.gradientSecondMoment.mean / here.gradientSecondMoment.mean);
      const error = [here.secondMoment, before.secondMoment, here.gradientSecondMoment, before.gradientSecondMoment]
        .map(({ mean, std }) => std / mean / Math.sqrt(DRAWS))
        .reduce((a, b) => a + b, 0);
      const wanted = { balanced: forward + gradient, forward, backward: gradient }[objective];
      expect(Math.abs(wanted)).toBeLessThanOrEqual(MODELLING + 4 * error);
    });
  });
});
