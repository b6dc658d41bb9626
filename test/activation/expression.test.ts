import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CATALOGUE,
  compile,
  differentiate,
  type Expression,
  kinks,
  parseExpression,
  print,
  recognise,
  resolveActivation,
  sameFunction,
} from "../../src/activation/index.ts";

const parse = parseExpression;

test("text to function", async () => {
  const table: [string, number, number][] = [
    ["x*sigmoid(1.702*x)", 1, 1 / (1 + Math.exp(-1.702))],
    ["-x^2", 3, -9],
    ["2^x^2", 2, 16],
    ["2x + 1", 3, 7],
    ["max(x, 0, 5)", 3, 5],
    ["pow(x, 3) - e + pi", 2, 8 - Math.E + Math.PI],
    ["leaky_relu(x, 0.3)", -2, -0.6],
    ["relu(2 - relu(x))", 1.5, 0.5],
    ["1e-3*x", 2, 0.002],
    ["sinh(x)*cosh(x)/tan(x)", 0.5, (Math.sinh(0.5) * Math.cosh(0.5)) / Math.tan(0.5)],
  ];
  for (const [text, x, value] of table) {
    expect(Math.abs(compile(await parse(text))(x) - value), text).toBeLessThanOrEqual(
      4 * Number.EPSILON * Math.abs(value),
    );
  }
});

describe("hostile and wrong text gives one line and the place", () => {
  test.each([
    ["", "expression: empty"],
    ["x+", "unexpected end of expression at column 3"],
    ["foo(x)", 'unknown function "foo" at column 1'],
    ["x + y", 'unknown name "y" at column 5'],
    ["x = 3", '"x = 3" is not arithmetic'],
    ["f(x) = x", "is not arithmetic"],
    ["[1, 2]", "is not arithmetic"],
    ["x; x", "is not arithmetic"],
    ["x.constructor", "is not arithmetic"],
    ['import("fs")', "only real numbers"],
    ['"a"', "only real numbers"],
    ["x > 0 ? x : 0", "is not arithmetic"],
    ["x!", 'operator "!" is not understood'],
    ["sin(x, x)", "sin at column 1 takes one argument, got 2"],
    ["relu(x, 1)", "relu at column 1 takes one argument, got 2"],
    ["gelu(x, 1)", "takes x and up to 0 numbers"],
    ["leaky_relu(x, x)", "slope of leaky_relu must be a number"],
    ["constructor", 'unknown name "constructor"'],
    ["__proto__", 'unknown name "__proto__"'],
    ["toString(x)", 'unknown function "toString"'],
    ["x*π", "only ASCII is understood"],
    [`${"(".repeat(100)}x${")".repeat(100)}`, "nested deeper than 60"],
    [`${"x+".repeat(1500)}x`, "longer than 2000"],
    [`${"-".repeat(500)}x`, "more than 64 signs"],
    [`${"x^".repeat(400)}x`, "nested deeper than 60"],
    [`${"gelu(".repeat(20)}x${")".repeat(20)}`, "larger than 5000"],
  ])("%s", async (text, message) => {
    const started = performance.now();
    const error: unknown = await parse(text).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(SyntaxError);
    const said = error instanceof Error ? error.message : "";
    expect(said).toContain(message);
    expect(said).not.toContain("\n");
    expect(said.length).toBeLessThan(400);
    // The first call loads the parser; none may take longer than that.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

/** Random expressions, finite in ±2. */
const { tree } = fc.letrec<{ tree: Expression; leaf: Expression }>((tie) => ({
  leaf: fc.oneof(
    fc.constant<Expression>({ kind: "x" }),
    fc.integer({ min: -30, max: 30 }).map((n): Expression => ({ kind: "number", value: n / 10 })),
  ),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc
      .tuple(
        fc.constantFrom("neg", "sin", "cos", "atan", "tanh", "erf", "sigmoid", "softplus", "relu", "abs", "expm1"),
        tie("tree"),
      )
      .map(([fn, arg]): Expression => ({ kind: "unary", fn, arg })),
    fc
      .tuple(fc.constantFrom("add", "sub", "mul", "min", "max"), tie("tree"), tie("tree"))
      .map(([fn, left, right]): Expression => ({ kind: "binary", fn, left, right })),
  ),
}));

test("what is printed is read back as the same function", async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (e) => {
      const back = await parse(print(e));
      const [f, g] = [compile(e), compile(back)];
      for (const x of [-1.9, -0.4, 0.3, 1.7]) {
        const [a, b] = [f(x), g(x)];
        // Folding constants reorders a few roundings; nested expm1 amplifies them by what it grows.
        if (Number.isFinite(a) && Math.abs(a) < 1e6)
          expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(a)));
      }
    }),
    { numRuns: 200 },
  );
});

test("derivatives are difference quotients, away from kinks", () => {
  fc.assert(
    fc.property(tree, fc.double({ min: -1.5, max: 1.5, noNaN: true }), (e, x) => {
      const f = compile(e);
      const d = compile(differentiate(e));
      const h = 1e-4;
      if (kinks(e).some((at) => Math.abs(at - x) < 3 * h)) return;
      const [fine, coarse] = [(f(x + h) - f(x - h)) / (2 * h), (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)];
      // The two quotients differ by three times the error of the finer one; rounding is ε·|f|/h.
      const slack = 2 * Math.abs(fine - coarse) + (1e-11 * (1 + Math.abs(f(x)))) / 1e-1;
      if (Number.isFinite(slack) && slack < 1e-3) expect(Math.abs(d(x) - fine)).toBeLessThanOrEqual(slack + 1e-6);
    }),
    { numRuns: 300 },
  );
});

test("kinks of nested pieces", async () => {
  expect(kinks(await parse("min(max((x+3)/6, 0), 1)"))).toEqual([-3, 3]);
  expect(kinks(await parse("relu(relu(x))"))).toEqual([0]);
  const [left, right, ...more] = kinks(await parse("abs(x^2 - 2)"));
  // x² − 2 is as small at the neighbour of √2 as at √2: one unit in the last place.
  expect(Math.abs(left + Math.SQRT2)).toBeLessThanOrEqual(Number.EPSILON);
  expect(Math.abs(right - Math.SQRT2)).toBeLessThanOrEqual(Number.EPSILON);
  expect(more).toEqual([]);
  expect(kinks(await parse("max(x, 0.1*x)"))).toEqual([0]);
  expect(kinks(await parse("x*tanh(x)"))).toEqual([]);
  expect(kinks(await parse("floor(x)"))).toContain(7);
});

test("stable where the written form cancels", async () => {
  // The last value is -10*ncdf(-10), mpmath 1.3.0 at 30 digits. x − tanh x = x³/3 − 2x⁵/15 …; 1/(1 + e^800) must not be NaN; gelu's tail is x·Φ(x).
  const shrink = compile(await parse("x - tanh(x)"));
  expect(Math.abs(shrink(1e-5) / (1e-15 / 3) - 1)).toBeLessThan(1e-9);
  expect(compile(await parse("x/(1 + exp(-x))"))(-800)).toBeCloseTo(0, 300);
  expect(compile(await parse("log(1 + exp(x))"))(1000)).toBe(1000);
  expect(compile(await parse("0.5*x*(1 + erf(x/sqrt(2)))"))(-10) / -7.619853024160526e-23).toBeCloseTo(1, 12);
});

describe("recognise", () => {
  test.each(CATALOGUE.map((entry) => entry.name))("%s from its own expression is that function", (name) => {
    const { expression } = resolveActivation({ kind: "named", name, parameters: {} });
    const found = recognise(expression!);
    expect(found.kind).toBe("named");
    expect(sameFunction(resolveActivation(found).expression!, expression!)).toBe(true);
  });

  test.each([
    ["x*sigmoid(x)", "silu", {}],
    ["x/(1+exp(-x))", "silu", {}],
    ["0.5*x*(1+erf(x/1.41421354))", "gelu", {}],
    ["x*tanh(log(1+exp(x)))", "mish", {}],
    ["sigmoid(3*x)", "logistic", { beta: 3 }],
    ["x*sigmoid(1.702*x)", "quick_gelu", {}],
    ["x*sigmoid(2.5*x)", "swish", { beta: 2.5 }],
    ["x*min(max(x+3,0),6)/6", "hard_swish", {}],
    ["x*min(max(0.16666667*x+0.5,0),1)", "hard_swish", {}],
    ["min(max(x+3,0),6)/6", "hard_sigmoid", { alpha: 1 / 6, beta: 0.5 }],
    ["max(0,min(1,0.2*x+0.5))", "hard_sigmoid", { alpha: 0.2, beta: 0.5 }],
    ["0.5*x*(1+tanh(0.79788456*(x+0.044715*x*x*x)))", "gelu_tanh", {}],
    ["relu(x)-0.2*relu(-x)", "leaky_relu", { slope: 0.2 }],
    ["relu(x)+0.30000001192*min(x,0)", "leaky_relu", { slope: 0.3 }],
    ["relu(x)^2", "squared_relu", {}],
    ["sin(30*x)", "sin", { w0: 30 }],
    ["max(min(x,2),-2)", "hard_tanh", { min: -2, max: 2 }],
    ["relu(x)+1.5*(exp(min(x,0))-1)", "elu", { alpha: 1.5 }],
    ["x", "identity", {}],
  ] as const)("%s is %s", async (text, name, parameters) => {
    const found = recognise(await parse(text));
    if (found.kind !== "named") throw new Error(`not recognised: ${text}`);
    expect(found.name).toBe(name);
    // float32 constants of a file: relative 6e-8, read back to within 1e-5.
    for (const [key, value] of Object.entries(parameters))
      expect(Math.abs(found.parameters[key] / value - 1)).toBeLessThan(1e-5);
  });

  test.each(["2*x", "-x", "x^2+x", "3", "1/0", "sqrt(x)", "log(x)", "sigmoid(relu(x))", "x*sigmoid(x)+0.001"])(
    "%s has no name of its own",
    async (text) => {
      expect(recognise(await parse(text)).kind).toBe("expression");
    },
  );
});
