/** What `auto` promises: every pre-activation where it was aimed, whatever the activation; bounded sums; outputs of mean square 1. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CATALOGUE, resolveActivation } from "../../src/activation/index.ts";
import { law } from "../../src/init/index.ts";
import { plan } from "../../src/plan/index.ts";
import { batchNormResNet, build, chain, named, recurrent, residualChain, transformer } from "./models.ts";

/** The solver stops at half a percent (`CLOSE_ENOUGH`), in ln of the second moment. */
const CLOSE = 0.005;
const close = (got: number, wanted: number) => expect(Math.abs(Math.log(got / wanted))).toBeLessThanOrEqual(CLOSE);

/** Activations that a deep chain can be made of: something random comes out, and it is no plain multiplication. */
const usable = CATALOGUE.filter(({ name }) => {
  const { value } = resolveActivation(named(name));
  return [-3, -1, -0.2, 0.3, 2].some((x) => value(x) !== 0) && name !== "identity" && name !== "prelu";
});

describe("a chain of 50 layers", () => {
  test.each(usable.map(({ name }) => [name] as const))("%s: every pre-activation at its goal, at most 1", (name) => {
    const model = chain(64, 50, name);
    const { layers } = plan(model);
    const hidden = layers.slice(0, -1);
    for (const [i, { output, gradient }] of hidden.entries()) {
      expect(output.secondMoment).toBeLessThanOrEqual(1 + CLOSE);
      expect(output.secondMoment).toBeGreaterThanOrEqual(0.05 * (1 - CLOSE));
      const before = hidden[i - 1];
      if (!before) continue;
      // Least squares of the log gains: as much is won on one way as lost on the other, or a limit of the range is met,
      // or the size of the run stays because none keeps the gradient.
      const both =
        (output.secondMoment * before.gradient.secondMoment) / (before.output.secondMoment * gradient.secondMoment);
      const held = [0.05, 1, hidden[0]!.output.secondMoment].some(
        (limit) => Math.abs(Math.log(output.secondMoment / limit)) <= 2 * CLOSE,
      );
      if (!held) expect(Math.abs(Math.log(both))).toBeLessThanOrEqual(2 * CLOSE);
    }
    close(layers.at(-1)!.output.secondMoment, 1);
    const level = plan(model, { objective: "forward" }).layers.slice(0, -1);
    for (const { output } of level) close(output.secondMoment, 1);
  });
  test("objective forward: second moment 1 for tanh, where the default goes lower to keep the gradient", () => {
    const model = chain(64, 50, "tanh");
    const forward = plan(model, { objective: "forward" }).layers;
    const balanced = plan(model).layers;
    for (const { output } of forward.slice(0, -1)) close(output.secondMoment, 1);
    expect(balanced[0]!.output.secondMoment).toBeLessThan(0.5);
    const growth = (layers: typeof forward) => layers[0]!.gradient.secondMoment / layers[49]!.gradient.secondMoment;
    expect(growth(balanced)).toBeLessThan(growth(forward));
    // MOST_CHANGE of the operating point is 10 over the run; the solver's half percent a layer may add to it.
    expect(growth(balanced)).toBeLessThan(10 * Math.exp(49 * CLOSE));
  });
  test("relu: level both ways", () => {
    const { layers, warnings } = plan(chain(64, 50, "relu"));
    const [first, last] = [layers[0]!, layers[49]!];
    close(first.output.secondMoment, 1);
    // χ₁ = 1 exactly; each variance is within half a percent of its goal.
    expect(Math.abs(Math.log(first.gradient.secondMoment / last.gradient.secondMoment))).toBeLessThan(49 * CLOSE);
    expect(warnings.filter(({ code }) => /gradient|forward/.test(code))).toEqual([]);
  });
  test("sigmoid: says with its number that nothing can help", () => {
    const { warnings } = plan(chain(64, 50, "sigmoid"));
    const said = warnings.find(({ code }) => code === "gradient-not-level");
    // χ₁ at q = 1: E[σ'²]/E[σ²] = 0.0448/0.2934.
    expect(said?.message).toMatch(/×0\.153 a layer \(χ₁ = 0\.153\).*no weight variance can help/);
    expect(warnings.some(({ code }) => code === "vanishing-gradient")).toBe(true);
  });
  test("softplus: wider pre-activations would help some, and that is said instead", () => {
    const said = plan(chain(64, 50, "softplus")).warnings.find(({ code }) => code === "gradient-not-level");
    expect(said?.message).toMatch(/second moment 16 bring it to ×0\.\d+ at best/);
  });
});

test("biases are 0, weights have mean 0", () => {
  const { tensors } = plan(chain(32, 3, "gelu"));
  for (const { name, initializer, shape } of tensors) {
    expect(law(initializer, shape).mean).toBe(0);
    if (name.endsWith("bias")) expect(initializer.kind).toBe("zeros");
  }
});

/** χ = 1 at any size, so that only the widths move them: by √(40/1) at most, up or down, from 1 and from a limit. */
const scaleFree = /relu$|^abs$|prelu|^leaky|^rrelu/;

test("any mix of widths, activations and skips: hidden layers in their range, readout at 1", () => {
  const layer = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    activation: fc.constantFrom(...usable.map(({ name }) => name)),
    skip: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(layer, { minLength: 1, maxLength: 8 }),
      fc.double({ min: -3, max: 3, noNaN: true }),
      (list, inputMean) => {
        const b = build([1, 7]);
        let x = "x";
        list.forEach(({ width, activation, skip }, i) => {
          const inner = b.act(`a${i}`, b.linear(`fc${i}`, x, width), activation);
          const back = skip ? b.linear(`back${i}`, inner, b.shapeOf(x).at(-1)!) : inner;
          x = skip ? b.add(`add${i}`, x, back) : inner;
        });
        const { layers, tensors } = plan(b.finish(b.linear("head", x, 3)), { inputMean });
        for (const { std } of tensors) expect(Number.isFinite(std)).toBe(true);
        for (const { weight, output } of layers)
          if (weight.startsWith("fc")) {
            const free = scaleFree.test(list[Number(weight.slice(2, -7))]?.activation ?? "");
            const room = free ? 40 : 1;
            expect(output.secondMoment, weight).toBeLessThanOrEqual(room * (1 + CLOSE));
            expect(output.secondMoment, weight).toBeGreaterThanOrEqual((0.05 / room) * (1 - CLOSE));
          }
        close(layers.at(-1)!.output.secondMoment, 1);
      },
    ),
    { numRuns: 60 },
  );
});

describe("laws of scale", () => {
  test("an input a times as large needs a first weight a times as small, and nothing else changes", () => {
    const model = chain(16, 3, "tanh");
    const before = plan(model).tensors;
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e4, noNaN: true }), (variance) => {
        const after = plan(model, { inputVariance: variance }).tensors;
        after.forEach(({ name, std }, i) => {
          const expected = name === "fc1.weight" ? before[i]!.std / Math.sqrt(variance) : before[i]!.std;
          // Both solutions are within CLOSE of the same goal.
          if (expected > 0) expect(Math.abs(Math.log(std / expected))).toBeLessThanOrEqual(2 * CLOSE);
        });
      }),
      { numRuns: 20 },
    );
  });
  test("hidden σ falls as 1/√width", () => {
    const std = (width: number) => plan(chain(width, 3, "relu")).tensors.find(({ name }) => name === "fc2.weight")!.std;
    expect(Math.abs(Math.log(std(16) / std(256) / 4))).toBeLessThanOrEqual(2 * CLOSE);
  });
});

test("objective backward: the gradient level where widths alternate, at the signal's expense", () => {
  const b = build([1, 32]);
  let x = "x";
  for (let i = 1; i <= 8; i++) x = b.act(`a${i}`, b.linear(`fc${i}`, x, i % 2 === 0 ? 64 : 16), "relu");
  const model = b.finish(b.linear("head", x, 4));
  const gradients = plan(model, { objective: "backward" })
    .layers.slice(0, -1)
    .map(({ gradient }) => gradient.secondMoment);
  // χ = fan_out·Var(W)·E[φ'²] = 1 to rounding; propagation's quadrature is good to 1e-8 a layer.
  for (const size of gradients) expect(Math.abs(Math.log(size / gradients[0]!))).toBeLessThan(1e-6);
});

describe("blocks of other kinds", () => {
  test("a gated unit behind a norm: both factors at 1, the product's weight writes", () => {
    const b = build([1, 32]);
    let x = b.linear("embed", "x", 32);
    for (const block of [0, 1, 2, 3]) {
      const y = b.norm(`n${block}`, x, "layer");
      const gate = b.act(`silu${block}`, b.linear(`gate${block}`, y, 64), "silu");
      const product = b.multiply(`product${block}`, gate, b.linear(`up${block}`, y, 64));
      x = b.add(`add${block}`, x, b.linear(`down${block}`, product, 32));
    }
    const { layers } = plan(b.finish(b.linear("head", x, 4)));
    for (const { weight, output } of layers) {
      if (/^(gate|up)/.test(weight)) close(output.secondMoment, 1);
      if (/^down/.test(weight)) close(output.secondMoment, 1 / 4);
    }
  });
  test("pre-activation blocks with a projection from the shared activation", () => {
    const b = build([1, 8, 6, 6]);
    let x = b.conv("stem", "x", 8, 3, { pad: 1 });
    for (const block of [0, 1, 2]) {
      const y = b.act(`r${block}`, b.norm(`n${block}`, x, "batch"), "relu");
      const inner = b.act(`s${block}`, b.norm(`m${block}`, b.conv(`c${block}`, y, 8, 3, { pad: 1 }), "batch"), "relu");
      const skip = block === 1 ? b.conv("project", y, 8, 1) : x;
      x = b.add(`add${block}`, b.conv(`d${block}`, inner, 8, 3, { pad: 1 }), skip);
    }
    const { layers, tensors } = plan(b.finish(b.linear("head", x, 4)));
    const size = (name: string) => layers.find(({ weight }) => weight === `${name}.weight`)!.output.secondMoment;
    close(size("project"), 1);
    for (const block of [0, 1, 2]) close(size(`d${block}`), 1 / 3);
    expect(tensors.find(({ name }) => name === "project.weight")!.why).not.toMatch(/residual branch/);
  });
  test("one matrix used twice is planned once, sized where it is used first", () => {
    const b = build([1, 16]);
    const once = b.act("a1", b.linear("fc1", "x", 16, { weight: "shared" }), "relu");
    const twice = b.act("a2", b.linear("fc2", once, 16, { weight: "shared" }), "relu");
    const { tensors, layers } = plan(b.finish(b.linear("head", twice, 4)));
    expect(tensors.filter(({ name }) => name === "shared")).toHaveLength(1);
    expect(layers.filter(({ weight }) => weight === "shared")).toHaveLength(2);
    close(layers[0]!.output.secondMoment, 1);
  });
});

describe("residual networks", () => {
  test("100 blocks: the sum at most doubles, and so does the gradient's way back by the same rule", () => {
    const { layers, warnings } = plan(residualChain(32, 100));
    const firsts = layers.filter(({ weight }) => weight.endsWith("fc1.weight"));
    for (const { output } of firsts) close(output.secondMoment, 1);
    const last = plan(residualChain(32, 100)).signals.find(({ tensor }) => tensor === "add99.y")!;
    expect(last.secondMoment).toBeLessThan(2 * Math.exp(CLOSE));
    expect(last.secondMoment).toBeGreaterThan(1);
    expect(warnings.filter(({ code }) => /exploding|vanishing/.test(code))).toEqual([]);
  });
  test("batch norm: the last scale of a branch shrinks, the projected skip's stays 1", () => {
    const tensors = new Map(plan(batchNormResNet()).tensors.map((tensor) => [tensor.name, tensor]));
    expect(tensors.get("layer2.down.1.weight")!.initializer).toEqual({ kind: "ones" });
    const scale = tensors.get("layer2.bn2.weight")!.initializer;
    expect(scale.kind === "constant" && scale.value > 0 && scale.value < 1).toBe(true);
    expect(tensors.get("layer1.conv2.weight")!.why).toMatch(/normalization follows/);
  });
  test("a transformer: L = 2 a layer, scores of variance 1, positions as large as tokens", () => {
    const result = plan(transformer(3));
    const tensor = (name: string) => result.tensors.find((one) => one.name === name)!;
    expect(tensor("h.0.mlp.c_proj.weight").why).toMatch(/one of 6 residual branches/);
    expect(tensor("pos").std).toBeCloseTo(Math.sqrt(1 / 2), 6);
    const stream = result.signals.find(({ tensor: name }) => name === "h.2.add2.y")!;
    expect(stream.secondMoment).toBeLessThan(2.2);
  });
  test("a tied table is sized as a readout, and positions follow it", () => {
    const { tensors, layers } = plan(transformer(1, true));
    const std = (name: string) => tensors.find((one) => one.name === name)!.std;
    expect(std("pos") / std("wte.weight")).toBeCloseTo(1, 2);
    close(layers.at(-1)!.output.secondMoment, 1);
  });
});

describe("other shapes of network", () => {
  test("cells: orthogonal recurrent blocks, forget bias 1", () => {
    const tensors = new Map(plan(recurrent("lstm")).tensors.map((one) => [one.name, one.initializer] as const));
    expect(tensors.get("rnn.weight_hh_l0")).toEqual({ kind: "orthogonal", gain: 1, blocks: 4 });
    const bias = tensors.get("rnn.bias_ih_l0");
    expect(bias?.kind === "blocks" && bias.parts[1]).toEqual({ size: 8, initializer: { kind: "constant", value: 1 } });
  });
  test("a padded convolution has a smaller fan, and the solver sees it", () => {
    const padded = (pad: number) => {
      const b = build([1, 8, 4, 4]);
      const y = b.act("a", b.conv("c1", "x", 8, 3, { pad }), "relu");
      return plan(b.finish(b.conv("head", y, 4, 1))).tensors[0]!.std;
    };
    // 4×4 with a border of zeros: (10/12)² of the taps hit input.
    expect(padded(1) / padded(0)).toBeCloseTo(12 / 10, 2);
  });
  test("a weights-only file: unit fan-in, no predictions, and it says so", () => {
    const model = { ...chain(16, 1, "relu"), nodes: [], inputs: [], outputs: [], tensors: new Map() };
    const result = plan(model);
    expect(result.layers).toEqual([]);
    expect(result.signals).toEqual([]);
    expect(result.warnings.map(({ code }) => code)).toContain("no-prediction");
    expect(result.tensors[0]!.std).toBeCloseTo(1 / 4, 6);
  });
  test("orthogonal on request: the same variance", () => {
    const model = chain(32, 2, "relu");
    const plain = plan(model).tensors;
    const orthogonal = plan(model, { distribution: "orthogonal" }).tensors;
    for (const [i, { std }] of orthogonal.entries()) expect(std).toBeCloseTo(plain[i]!.std, 6);
    expect(orthogonal[0]!.initializer.kind).toBe("orthogonal");
  });
});

describe("critical", () => {
  test("tanh: Schoenholz 2017's point, biases included", () => {
    const { tensors } = plan(chain(100, 3, "tanh"), { scheme: "critical" });
    const std = (name: string) => tensors.find((one) => one.name === name)!.std;
    // σ_w² = 1.76095 at σ_b² = 0.05, published to six digits.
    expect(std("fc2.weight") ** 2 * 100).toBeCloseTo(1.76095, 4);
    expect(std("fc2.bias") ** 2).toBeCloseTo(0.05, 10);
    expect(std("fc1.weight") ** 2 * 100).toBeCloseTo(0.57005 - 0.05, 4);
  });
  test("relu: σ_w² = 2, σ_b = 0 (Hayou 2019)", () => {
    const { tensors } = plan(chain(100, 3, "relu"), { scheme: "critical" });
    expect(tensors[2]!.std ** 2 * 100).toBeCloseTo(2, 6);
    expect(tensors[3]!.initializer).toEqual({ kind: "zeros" });
  });
  test("sigmoid: critical only deep in saturation, said with its numbers; the best that can be had instead", () => {
    const { tensors, warnings } = plan(chain(100, 3, "sigmoid"), { scheme: "critical" });
    expect(warnings.find(({ code }) => code === "no-critical-point")?.message).toMatch(
      /σ_w = 10\.\d+, deep in saturation/,
    );
    // 1/E[σ(Z)²] = 1/0.2934.
    expect(tensors[2]!.std ** 2 * 100).toBeCloseTo(1 / 0.29338, 3);
  });
});
