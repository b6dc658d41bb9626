import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { draw } from "../../../src/init/index.ts";
import type { Initializer } from "../../../src/init/types.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { EMIT_TARGETS, emitCode } from "../../../src/report/emit/index.ts";
import { digitsPlan, planOf, tensor } from "../plan-fixture.ts";

const PYTHON = "/usr/bin/python3";
const shared = fileURLToPath(new URL("../../../../shared/", import.meta.url));
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epoch0-emit-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One tensor of every kind of initializer, and the standard deviation its entries should have. */
const KINDS: readonly { readonly initializer: Initializer; readonly shape: readonly number[]; readonly std: number }[] =
  [
    { initializer: { kind: "zeros" }, shape: [8], std: 0 },
    { initializer: { kind: "ones" }, shape: [8], std: 0 },
    { initializer: { kind: "constant", value: 0.25 }, shape: [8], std: 0 },
    { initializer: { kind: "uniform", low: -0.3, high: 0.3 }, shape: [200, 100], std: 0.3 / Math.sqrt(3) },
    { initializer: { kind: "normal", mean: 0.5, std: 0.2 }, shape: [200, 100], std: 0.2 },
    {
      initializer: { kind: "normal", mean: 0, std: 0.2, rowCentred: true },
      shape: [200, 100],
      std: 0.2 * Math.sqrt(0.99),
    },
    // Cut at two standard deviations: 0.87962566103423978 of the parent's (scipy.stats.truncnorm(-2, 2).std()).
    {
      initializer: { kind: "truncated-normal", mean: 0, std: 0.1, low: -0.2, high: 0.2 },
      shape: [200, 100],
      std: 0.087962566,
    },
    // Cut at one: 0.53956 (1 − 2·φ(1)/(2Φ(1) − 1) = 0.29113 of the variance).
    {
      initializer: { kind: "truncated-normal", mean: 0, std: 0.1, low: -0.1, high: 0.1 },
      shape: [200, 100],
      std: 0.053956,
    },
    { initializer: { kind: "orthogonal", gain: 2 }, shape: [100, 100], std: 0.2 },
    { initializer: { kind: "orthogonal", gain: 1, blocks: 4 }, shape: [200, 50], std: 1 / Math.sqrt(50) },
    { initializer: { kind: "delta-orthogonal", gain: 1 }, shape: [30, 30, 3, 3], std: 1 / Math.sqrt(30 * 9) },
    { initializer: { kind: "identity", gain: 3 }, shape: [20, 20], std: 3 * Math.sqrt((1 / 20) * (19 / 20)) },
    { initializer: { kind: "dirac", groups: 2 }, shape: [20, 10, 3, 3], std: Math.sqrt((1 / 90) * (89 / 90)) },
    { initializer: { kind: "sparse", sparsity: 0.75, std: 0.4 }, shape: [200, 100], std: 0.2 },
    { initializer: { kind: "nguyen-widrow", beta: 0.7 }, shape: [200, 100], std: 0.07 },
    { initializer: { kind: "bilinear" }, shape: [3, 3, 4, 4], std: Number.NaN },
    { initializer: { kind: "sinusoidal", std: 0.05 }, shape: [60, 40], std: 0.05 },
    {
      initializer: {
        kind: "blocks",
        parts: [
          { size: 50, initializer: { kind: "zeros" } },
          { size: 50, initializer: { kind: "ones" } },
        ],
      },
      shape: [100],
      std: 0.5,
    },
  ];

const everyKind = planOf(KINDS.map(({ initializer, shape }, i) => tensor(`layers.${i}.weight`, shape, initializer)));
const kept = planOf([
  tensor("a.weight", [4, 4], { kind: "file", mean: 0, std: 1 }),
  tensor("b.bias", [4], { kind: "zeros" }),
]);

function python(script: string, args: readonly string[] = []): string {
  return execFileSync(PYTHON, ["-c", script, ...args], { encoding: "utf8", maxBuffer: 1 << 26, stdio: "pipe" });
}

/** `python3-torch` is there wherever CI runs; elsewhere its absence fails here too, with pip's own words. */
function torchStatistics(plan: Plan, module: string): Record<string, { mean: number; std: number; count: number }> {
  const file = join(folder, "initialize.py");
  writeFileSync(file, emitCode(plan, "torch"));
  const script = `
import importlib.util, json, sys, torch
from torch import nn
sys.path.insert(0, sys.argv[2])
spec = importlib.util.spec_from_file_location("initialize", sys.argv[1])
emitted = importlib.util.module_from_spec(spec); spec.loader.exec_module(emitted)
${module}
emitted.initialize(module, seed=1)
print(json.dumps({k: dict(mean=float(v.double().mean()), std=float(v.double().std(unbiased=False)), count=v.numel()) for k, v in module.state_dict().items()}))
`;
  return JSON.parse(python(script, [file, join(shared, "models")]));
}

test("the PyTorch function initializes the digits network as planned", () => {
  const statistics = torchStatistics(
    digitsPlan,
    "import modules\nmodule = modules.MLP([64, 128, 128, 10], nn.Sigmoid)",
  );
  expect(Object.keys(statistics).sort()).toEqual(digitsPlan.tensors.map(({ name }) => name).sort());
  const planned: Record<string, number> = {
    "fc1.weight": 0.125,
    "fc2.weight": 0.25,
    "fc3.weight": 0.1 / Math.sqrt(12),
  };
  for (const [name, { mean, std, count }] of Object.entries(statistics)) {
    const sigma = planned[name] ?? 0;
    // Five standard errors: of the mean σ/√n, of the standard deviation at most σ/√(2n) (normal; less for uniform).
    expect(Math.abs(mean), name).toBeLessThanOrEqual((5 * sigma) / Math.sqrt(count));
    expect(Math.abs(std - sigma), name).toBeLessThanOrEqual((5 * sigma) / Math.sqrt(2 * count));
  }
});

test("every kind of initializer runs in PyTorch and has its standard deviation", () => {
  const shapes = JSON.stringify(KINDS.map(({ shape }) => shape));
  const module = `
class Holder(nn.Module):
    def __init__(self, shape): super().__init__(); self.weight = nn.Parameter(torch.full(shape, 7.0))
class Model(nn.Module):
    def __init__(self): super().__init__(); self.layers = nn.ModuleList([Holder(s) for s in ${shapes}])
module = Model()`;
  const statistics = torchStatistics(everyKind, module);
  KINDS.forEach(({ initializer, shape, std }, i) => {
    const measured = statistics[`layers.${i}.weight`];
    expect(Object.keys(statistics), initializer.kind).toContain(`layers.${i}.weight`);
    if (measured === undefined) return;
    if (Number.isNaN(std)) {
      // Bilinear 4×4: taps ¼ ¾ ¾ ¼ on the diagonal of 3×3 channels, so the mean is (2·2)/16/3.
      expect(measured.mean).toBeCloseTo(4 / 48, 6);
      return;
    }
    const n = shape.reduce((a, b) => a * b, 1);
    // Five standard errors of a normal sample's deviation, and float32's rounding of the entries.
    const tolerance = (5 * std) / Math.sqrt(2 * n) + 1e-6;
    expect(Math.abs(measured.std - std), `${initializer.kind}: ${measured.std} for ${std}`).toBeLessThanOrEqual(
      tolerance,
    );
  });
});

test("what is not random is the same numbers in PyTorch as in the library", () => {
  const fixed: readonly [Initializer, readonly number[]][] = [
    [{ kind: "identity", gain: 1.5 }, [6, 4]],
    [{ kind: "dirac", groups: 2 }, [8, 4, 3, 3]],
    [{ kind: "bilinear" }, [3, 3, 4, 4]],
    [{ kind: "bilinear" }, [2, 2, 5, 5]],
    [{ kind: "sinusoidal", std: 0.1 }, [12, 7]],
  ];
  const file = join(folder, "fixed.py");
  writeFileSync(
    file,
    emitCode(planOf(fixed.map(([initializer, shape], i) => tensor(`layers.${i}.weight`, shape, initializer))), "torch"),
  );
  const script = `
import importlib.util, json, sys, torch
from torch import nn
spec = importlib.util.spec_from_file_location("fixed", sys.argv[1]); emitted = importlib.util.module_from_spec(spec); spec.loader.exec_module(emitted)
class Holder(nn.Module):
    def __init__(self, shape): super().__init__(); self.weight = nn.Parameter(torch.full(shape, 7.0))
class Model(nn.Module):
    def __init__(self): super().__init__(); self.layers = nn.ModuleList([Holder(s) for s in json.loads(sys.argv[2])])
print(json.dumps([v.flatten().tolist() for v in emitted.initialize(Model()).state_dict().values()]))`;
  const drawn: number[][] = JSON.parse(python(script, [file, JSON.stringify(fixed.map(([, shape]) => shape))]));
  fixed.forEach(([initializer, shape], i) => {
    const own = draw(initializer, { seed: 0, name: "any", shape });
    expect(drawn[i]?.length).toBe(own.length);
    own.forEach((value, at) => {
      // Both round once to float32 from float64; sines of up to 12 turns differ by less than 1e-7.
      expect(Math.abs((drawn[i]?.[at] ?? Number.NaN) - value), `${initializer.kind} ${at}`).toBeLessThan(2e-7);
    });
  });
});

test("a missing parameter is an error, kept values are not touched", () => {
  expect(() => torchStatistics(digitsPlan, "module = nn.Linear(3, 3)")).toThrow(/KeyError/);
  const code = emitCode(kept, "torch");
  expect(code).toContain("Kept as they are: a.weight.");
  expect(code).not.toContain('p["a.weight"]');
});

function compiles(target: "torch" | "keras" | "jax" | "tfjs", code: string): { status: number | null; stderr: string } {
  const file = join(folder, target === "tfjs" ? "plan.mjs" : `${target}_plan.py`);
  writeFileSync(file, code);
  const [command, args] =
    target === "tfjs" ? [process.execPath, ["--check", file]] : [PYTHON, ["-m", "py_compile", file]];
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return { status, stderr };
}

for (const target of EMIT_TARGETS) {
  test(`${target}: the code for every kind of initializer compiles and names every drawn parameter`, () => {
    for (const plan of [digitsPlan, everyKind, kept]) {
      const code = emitCode(plan, target);
      expect(compiles(target, code)).toEqual({ status: 0, stderr: "" });
      for (const { name, initializer } of plan.tensors)
        if (initializer.kind !== "file") expect(code).toContain(JSON.stringify(name));
      expect(code).not.toMatch(/from epoch0|import epoch0|"epoch0"/);
    }
  });
}

test("the NumPy parts of the Keras code draw what they say, in Keras' layout", () => {
  const file = join(folder, "keras_plan.py");
  writeFileSync(file, emitCode(everyKind, "keras"));
  const fake = `
import sys, types, importlib.util, json, numpy as np
class Named:
    def __init__(self, name): self.name = name
    def __call__(self, *args, **kwargs):
        kwargs.pop("seed", None)
        def draw(shape, dtype=None):
            rng = np.random.default_rng(5)
            if self.name in ("Zeros", "Ones"): return np.full(shape, float(self.name == "Ones"))
            if self.name == "Constant": return np.full(shape, args[0])
            if self.name == "RandomUniform": return rng.uniform(*args, shape)
            if self.name == "RandomNormal": return rng.normal(*args, shape)
            if self.name == "TruncatedNormal": return np.clip(rng.normal(*args, shape), args[0] - 2 * args[1], args[0] + 2 * args[1])
            if self.name == "Orthogonal":
                q, _ = np.linalg.qr(rng.normal(size=(int(np.prod(shape[:-1])), shape[-1]))); return args[0] * q.reshape(shape)
            raise KeyError(self.name)
        return draw
keras = types.ModuleType("keras")
keras.Model = object
keras.ops = types.SimpleNamespace(convert_to_numpy=np.asarray)
keras.initializers = types.SimpleNamespace(**{n: Named(n) for n in "Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal Orthogonal".split()})
sys.modules["keras"] = keras
spec = importlib.util.spec_from_file_location("plan", sys.argv[1])
emitted = importlib.util.module_from_spec(spec); spec.loader.exec_module(emitted)
class Variable:
    dtype = "float32"
    def __init__(self, path, shape): self.path, self.shape, self.value = path, shape, None
    def assign(self, value):
        value = np.asarray(value); assert value.shape == tuple(self.shape), (self.path, value.shape, self.shape); self.value = value
shapes = json.loads(sys.argv[2])
model = types.SimpleNamespace(variables=[Variable(emitted.NAMES[k], s) for k, s in shapes.items()])
emitted.initialize(model, seed=3)
print(json.dumps({v.path: dict(mean=float(v.value.mean()), std=float(v.value.std())) for v in model.variables}))
`;
  const kernel = (shape: readonly number[]) => (shape.length < 2 ? shape : [...shape.slice(2), shape[1], shape[0]]);
  const shapes = Object.fromEntries(everyKind.tensors.map(({ name, shape }) => [name, kernel(shape)]));
  const drawn: Record<string, { mean: number; std: number }> = JSON.parse(python(fake, [file, JSON.stringify(shapes)]));
  // What NumPy draws here (the stand-ins above draw the rest): five standard errors as before.
  const own = new Set(["nguyen-widrow", "sparse", "delta-orthogonal", "identity", "dirac", "sinusoidal", "blocks"]);
  let checked = 0;
  KINDS.forEach(({ initializer, shape, std }, i) => {
    const ownTruncation = initializer.kind === "truncated-normal" && initializer.high === initializer.std;
    if (!own.has(initializer.kind) && !ownTruncation) return;
    const n = shape.reduce((a, b) => a * b, 1);
    expect(Math.abs((drawn[`layers/${i}/kernel`]?.std ?? Number.NaN) - std), initializer.kind).toBeLessThanOrEqual(
      (5 * std) / Math.sqrt(2 * n) + 1e-6,
    );
    checked++;
  });
  expect(checked).toBe(own.size + 1);
});

test("names and reasons from a hostile file cannot break out of a literal or a comment", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: "binary", maxLength: 40 }),
      (name, why) => {
        const plan = planOf([tensor(`${name}x`, [2, 2], { kind: "zeros" }, { why })], [], {
          model: { format: "onnx", name: `${why}\n"""*/import os`, parameters: 1, scalars: 4 },
        });
        for (const target of EMIT_TARGETS) {
          const code = emitCode(plan, target).split("\n");
          // Every line that holds text from the file is a comment or inside one string literal: none begins with it.
          const mark = target === "tfjs" ? "//" : "#";
          for (const line of code) if (line.includes("import os")) expect(line.trimStart().startsWith(mark)).toBe(true);
          expect(code.join("\n")).not.toMatch(/[\r\u2028\u2029]/);
        }
      },
    ),
    { numRuns: 200 },
  );
  const nasty = planOf([
    tensor('a"]; import os #\\', [2, 2], { kind: "zeros" }, { why: "\\u0022\\N{BULLET} */ \"\"\" '''" }),
  ]);
  for (const target of EMIT_TARGETS) expect(compiles(target, emitCode(nasty, target)).status).toBe(0);
});
