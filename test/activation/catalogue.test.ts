import { describe, expect, test } from "vitest";
import { activationByName, CATALOGUE, findEntry, resolveActivation } from "../../src/activation/index.ts";

/** Every elementwise activation module of PyTorch 2.x (torch.nn, "Non-linear Activations"), functional names, ONNX operators. */
const TORCH =
  "ELU Hardshrink Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid PReLU ReLU ReLU6 RReLU SELU CELU GELU Sigmoid SiLU Mish Softplus Softshrink Softsign Tanh Tanhshrink Threshold";
const ONNX =
  "Relu LeakyRelu Elu Selu Celu Gelu HardSigmoid HardSwish Mish PRelu Sigmoid Softplus Softsign Tanh ThresholdedRelu Clip Erf Sin Cos Abs Exp Identity Atan Sign";
const JAX =
  "relu relu6 sigmoid softplus sparse_sigmoid soft_sign silu swish log_sigmoid leaky_relu hard_sigmoid hard_silu hard_swish hard_tanh elu celu selu gelu squareplus mish identity";
const KERAS =
  "elu exponential gelu hard_sigmoid hard_silu hard_swish leaky_relu linear log_sigmoid mish relu relu6 selu sigmoid silu softplus softsign squareplus swish tanh tanh_shrink soft_shrink hard_shrink threshold sparse_sigmoid";

test.each([
  ["PyTorch", TORCH],
  ["ONNX", ONNX],
  ["JAX", JAX],
  ["Keras", KERAS],
])("all of %s's elementwise activations are known", (_, names) => {
  expect(names.split(" ").filter((name) => findEntry(name) === null)).toEqual([]);
});

test("names and aliases mean one entry each, and there are more than thirty", () => {
  expect(CATALOGUE.length).toBeGreaterThan(30);
  for (const entry of CATALOGUE)
    for (const name of [entry.name, ...entry.aliases]) expect(findEntry(name)?.name, name).toBe(entry.name);
});

test("at x = −1.5 each gives what PyTorch's documentation defines", () => {
  const e = Math.exp(-1.5);
  const table: [string, number][] = [
    ["nn.ELU", e - 1],
    ["nn.CELU(2)", 2 * (Math.exp(-0.75) - 1)],
    ["F.leaky_relu(0.2)", -0.3],
    ["torch.nn.Hardsigmoid", 0.25],
    ["hard_sigmoid(0.2, 0.5)", 0.2],
    ["nn.Hardswish", -0.375],
    ["nn.Softshrink", -1],
    ["nn.Hardshrink", -1.5],
    ["nn.Threshold(0.1, 20)", 20],
    ["nn.Softsign", -0.6],
    ["nn.LogSigmoid", -1.5 - Math.log1p(e)],
    ["nn.Softplus(beta=2)", Math.log1p(Math.exp(-3)) / 2],
    ["nn.ReLU6", 0],
    ["hardtanh(-2, 2)", -1.5],
    ["squared_relu", 0],
    ["logistic(4)", 1 / (1 + Math.exp(6))],
    ["sine(w0=30)", Math.sin(-45)],
  ];
  // Equal up to the rounding of two or three operations.
  for (const [name, value] of table) {
    expect(Math.abs(activationByName(name).value(-1.5) - value), name).toBeLessThanOrEqual(
      4 * Number.EPSILON * Math.max(1, Math.abs(value)),
    );
  }
});

describe.each(CATALOGUE.map((entry) => entry.name))("%s", (name) => {
  const a = resolveActivation({ kind: "named", name, parameters: {} });
  test("derivatives are difference quotients away from kinks", () => {
    for (const x of [-4.3, -2.1, -0.83, -0.31, 0.17, 0.77, 1.9, 4.1]) {
      const h = 1e-3;
      const quotient = (f: (x: number) => number) =>
        (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
      // Five-point rule: f⁽⁵⁾h⁴/30 with |f⁽⁵⁾| < 100·(1 + |f|) here, and rounding 3ε/h·|f|.
      const slack = (f: (x: number) => number) => (1 + Math.abs(f(x))) * (4e-12 + 1e-12);
      expect(Math.abs(a.derivative(x) - quotient(a.value))).toBeLessThan(slack(a.value));
      expect(Math.abs(a.secondDerivative(x) - quotient(a.derivative))).toBeLessThan(10 * slack(a.value));
    }
  });

  test("nothing overflows or is undefined in ±300", () => {
    const bad: number[] = [];
    for (let x = -300; x <= 300; x += 0.37) {
      if (![a.value, a.derivative, a.secondDerivative].every((f) => Number.isFinite(f(x)))) bad.push(x);
    }
    expect(bad).toEqual([]);
  });

  test("its kinks are where its derivatives break, and nowhere else does a slope jump", () => {
    for (const { at } of [...a.jumps, ...a.bends, ...a.curvatureJumps]) expect(a.breaks).toContain(at);
    const bad: number[] = [];
    for (let x = -8.0005; x < 8; x += 0.001) {
      if (a.breaks.some((at) => Math.abs(at - x - 0.0005) < 0.0011)) continue;
      // |φ''| < 30·(1 + x²) throughout the catalogue but for exp: the slope moves by less than that over 0.001.
      const bound = 0.03 * (1 + x * x) * (name === "exp" ? 100 : 1);
      if (!(Math.abs(a.derivative(x + 0.001) - a.derivative(x)) < bound)) bad.push(x);
    }
    expect(bad).toEqual([]);
  });
});

test("saturation of each side", () => {
  expect(activationByName("tanh").saturates).toEqual({ left: true, right: true });
  expect(activationByName("relu").saturates).toEqual({ left: true, right: false });
  expect(activationByName("identity").saturates).toEqual({ left: false, right: false });
});

test("errors name the nearest known thing", () => {
  expect(() => activationByName("rellu")).toThrow('no activation of this name, got "rellu", did you mean "relu"?');
  expect(() => activationByName("qwertzuiopasdf")).toThrow("known are identity, relu,");
  expect(() => activationByName("elu", { slope: 1 })).toThrow('activation elu: no parameter "slope", it has: alpha');
  expect(() => activationByName("leaky_relu(a)")).toThrow('slope must be a number, got "a"');
  expect(() => activationByName("relu(1)")).toThrow("activation relu: takes 0 numbers");
  expect(() => activationByName("")).toThrow("activation: expected a name");
});

test("equal references resolve to the same object, different parameters do not", () => {
  const reference = { kind: "named", name: "clip", parameters: { min: 0, max: Number.POSITIVE_INFINITY } } as const;
  expect(resolveActivation(reference)).toBe(resolveActivation({ ...reference }));
  expect(resolveActivation(reference)).not.toBe(resolveActivation({ ...reference, parameters: { min: 0, max: 1e9 } }));
  expect(activationByName("nn.LeakyReLU", { negative_slope: 0.2 }).label).toBe("leaky_relu(slope=0.2)");
  expect(activationByName("hard_tanh(-3, 3)", { max_val: 2 }).label).toBe("hard_tanh(min=-3, max=2)");
});
