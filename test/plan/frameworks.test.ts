/** Each framework's documented defaults, layer kind by layer kind; PyTorch's also against what its constructors drew. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Initializer } from "../../src/init/types.ts";
import type { Model, Parameter, Role } from "../../src/model/index.ts";
import { plan } from "../../src/plan/index.ts";
import { build, chain, recurrent, transformer } from "./models.ts";

const choose = (model: Model, scheme: string) =>
  new Map(plan(model, { scheme }).tensors.map(({ name, initializer }) => [name, initializer] as const));

const bound = (initializer: Initializer | undefined) => {
  if (initializer?.kind !== "uniform") throw new Error(`expected a uniform law, got ${initializer?.kind}`);
  expect(initializer.low).toBe(-initializer.high);
  return initializer.high;
};
const std = (initializer: Initializer | undefined) => {
  if (initializer?.kind !== "normal" && initializer?.kind !== "truncated-normal")
    throw new Error(`expected a normal law, got ${initializer?.kind}`);
  return initializer.std;
};
/** A square root and a division by a constant: a few roundings, relative. */
const DIGITS = 14;
const near = (got: number, expected: number) => expect(got / expected).toBeCloseTo(1, DIGITS - 1);

function layers(): Model {
  const b = build([1, 4, 9, 9]);
  const y = b.conv("grouped", b.conv("depthwise", b.conv("conv", "x", 4, 3), 8, 3, { groups: 4 }), 6, 1, { groups: 2 });
  return b.finish(b.conv("up", b.norm("bn", y, "batch"), 5, 2, { transposed: true, stride: 2 }));
}

describe("torch, where an exporter took a module apart", () => {
  test("the bias that a folded batch normalization leaves is its shift, 0, under a merged name too", () => {
    const b = build([1, 4, 9, 9]);
    const model = b.finish(b.conv("c2", b.conv("c1", "x", 8, 3), 8, 3));
    const nodes = model.nodes.map((node) => (node.kind === "conv" ? { ...node, bias: "c1.bias" } : node));
    const fold = (...tensors: string[]): Model => ({
      ...model,
      nodes,
      notes: [{ code: "folded", message: "", tensors }],
    });
    bound(choose({ ...model, nodes }, "torch").get("c1.bias"));
    expect(choose(fold("c1.bias"), "torch").get("c1.bias")).toEqual({ kind: "zeros" });
    expect(choose(fold("c2.weight"), "torch").get("c1.bias")).toEqual({ kind: "zeros" });
  });
  test("cells that are unrolled draw from ±1/√hidden, whatever their fan-in", () => {
    const b = build([1, 24]);
    const cell = (of: string, x: string) =>
      b.node(
        {
          kind: "linear",
          name: of,
          op: "Gemm",
          inputs: [x],
          outputs: [of],
          layout: "out-in",
          scale: 1,
          bias: null,
          weight: b.parameter(`cell.weight_${of}`, [48, of === "ih" ? 24 : 48], "weight"),
        },
        [1, 48],
      );
    const got = choose(b.finish(cell("hh", b.act("tanh", cell("ih", "x"), "tanh"))), "torch");
    near(bound(got.get("cell.weight_ih")), 1 / Math.sqrt(48));
    near(bound(got.get("cell.weight_hh")), 1 / Math.sqrt(48));
  });
});

describe("jax (Flax)", () => {
  const CUT = 0.87962566103423978;
  test("kernels lecun_normal: parent σ = √(1/fan_in)/0.8796, cut at ±2 of it", () => {
    const got = choose(layers(), "jax");
    near(std(got.get("conv.weight")), Math.sqrt(1 / 36) / CUT);
    near(std(got.get("depthwise.weight")), Math.sqrt(1 / 9) / CUT);
    near(std(got.get("grouped.weight")), Math.sqrt(1 / 4) / CUT);
    near(std(got.get("up.weight")), Math.sqrt(1 / 24) / CUT);
    const law = got.get("conv.weight");
    expect(law?.kind === "truncated-normal" && law.high / law.std).toBeCloseTo(2, DIGITS);
    expect(got.get("conv.bias")).toEqual({ kind: "zeros" });
    expect(got.get("bn.weight")).toEqual({ kind: "ones" });
  });
  test("recurrent kernels orthogonal per gate, embedding N(0, 1/features)", () => {
    expect(choose(recurrent("gru"), "jax").get("rnn.weight_hh_l0")).toEqual({ kind: "orthogonal", gain: 1, blocks: 3 });
    near(std(choose(transformer(1), "jax").get("wte.weight")), 1 / 8);
  });
});

describe("keras", () => {
  test("kernels glorot_uniform with Keras' own fans", () => {
    const got = choose(layers(), "keras");
    near(bound(got.get("conv.weight")), Math.sqrt(6 / (36 + 36)));
    near(bound(got.get("depthwise.weight")), Math.sqrt(6 / (36 + 18)));
    near(bound(got.get("grouped.weight")), Math.sqrt(6 / (4 + 6)));
    near(bound(got.get("up.weight")), Math.sqrt(6 / (20 + 24)));
    expect(got.get("up.bias")).toEqual({ kind: "zeros" });
  });
  test("LSTM: fused fans, orthogonal recurrent kernel, forget bias 1 in the second gate", () => {
    const got = choose(recurrent("lstm"), "keras");
    near(bound(got.get("rnn.weight_ih_l0")), Math.sqrt(6 / (12 + 32)));
    expect(got.get("rnn.weight_hh_l0")).toEqual({ kind: "orthogonal", gain: 1 });
    const bias = got.get("rnn.bias_ih_l0");
    expect(bias?.kind === "blocks" && bias.parts.map(({ size, initializer }) => [size, initializer.kind])).toEqual([
      [8, "zeros"],
      [8, "constant"],
      [8, "zeros"],
      [8, "zeros"],
    ]);
    expect(bias?.kind === "blocks" && bias.parts[1]?.initializer).toEqual({ kind: "constant", value: 1 });
    expect(got.get("rnn.bias_hh_l0")).toEqual({ kind: "zeros" });
  });
  test("embedding U(±0.05)", () => near(bound(choose(transformer(1), "keras").get("wte.weight")), 0.05));
});

describe("tfjs", () => {
  test("glorotNormal: σ before the cut, no correction; LSTM biases 0", () => {
    near(std(choose(chain(32, 1, "relu"), "tfjs").get("fc1.weight")), Math.sqrt(2 / 64));
    expect(choose(recurrent("lstm"), "tfjs").get("rnn.bias_ih_l0")).toEqual({ kind: "zeros" });
  });
});

interface Golden {
  readonly id: string;
  readonly result: Readonly<Record<string, { dtype: string; shape: number[]; bits?: number[]; hex?: string[] }>>;
}

const golden: { readonly cases: readonly Golden[] } = JSON.parse(
  readFileSync(new URL("../../../shared/golden/torch-modules.json", import.meta.url), "utf8"),
);

function decode(tensor: Golden["result"][string]): readonly number[] {
  if (tensor.dtype === "float32") return Array.from(new Float32Array(Uint32Array.from(tensor.bits ?? []).buffer));
  if (tensor.dtype === "float64")
    return (tensor.hex ?? []).map((word) =>
      new DataView(new BigUint64Array([BigInt(`0x${word}`)]).buffer).getFloat64(0, true),
    );
  return [];
}

const roleOf = (name: string, call: string): Role => {
  if (/running|num_batches/.test(name)) return "statistic";
  if (/Embedding/.test(call)) return "embedding";
  if (/_(ih|hh|hr)(_|$)/.test(name)) return /bias/.test(name) ? "bias" : "recurrent";
  const norm = /^nn\.\w*Norm/.test(call) || (/BatchNorm2d/.test(call) && name.startsWith("1."));
  if (/bias$/.test(name)) return norm ? "shift" : "bias";
  return norm ? "scale" : "weight";
};

/** A state dict as a model without a graph; the layers that names and shapes can't tell are left to `layers`. */
function stateDict({ id, result }: Golden): Model {
  const parameters = new Map<string, Parameter>();
  for (const [name, { shape, dtype }] of Object.entries(result)) {
    const kind = dtype === "float64" ? "f64" : dtype === "int64" ? "i64" : "f32";
    parameters.set(name, { name, shape, dtype: kind, role: roleOf(name, id), stored: { kind: "absent" } });
  }
  return {
    ...chain(1, 1, "relu"),
    format: "safetensors",
    nodes: [],
    tensors: new Map(),
    inputs: [],
    outputs: [],
    parameters,
  };
}

/** Not to be known from names and shapes: transposed kernels, bilinear forms, PReLU slopes, a padding row, bags. */
const NEEDS_GRAPH = /ConvTranspose|Bilinear|PReLU|padding_idx|TransformerEncoderLayer|kdim/;

describe("torch, against the values that its constructors drew", () => {
  const usable = golden.cases.filter(({ id }) => !NEEDS_GRAPH.test(id));
  test("there is something to compare", () => expect(usable.length).toBeGreaterThan(60));
  test.each(usable.map((one) => [one.id, one] as const))("%s", (_, one) => {
    const chosen = choose(stateDict(one), "torch");
    for (const [name, tensor] of Object.entries(one.result))
      check(chosen.get(name), decode(tensor), `${one.id} ${name}`);
  });
  test("transposed convolutions, by graph", () => {
    for (const one of golden.cases.filter(({ id }) => /ConvTranspose/.test(id))) {
      const shape = one.result.weight!.shape;
      const groups = /groups=(\d)/.exec(one.id)?.[1] ?? "1";
      const b = build([1, shape[0]!, ...shape.slice(2).map(() => 6)]);
      const model = b.finish(
        b.conv("c", "x", shape[1]! * Number(groups), shape[2]!, { transposed: true, groups: Number(groups) }),
      );
      const chosen = choose(model, "torch");
      check(chosen.get("c.weight"), decode(one.result.weight!), one.id);
      check(chosen.get("c.bias"), decode(one.result.bias!), one.id);
    }
  });
});

/** Uniform draws: inside the bounds up to float32 rounding, and their mean square within 5 standard errors. */
function check(initializer: Initializer | undefined, values: readonly number[], where: string): void {
  const n = values.length;
  const square = values.reduce((sum, value) => sum + value * value, 0) / n;
  switch (initializer?.kind) {
    case "uniform": {
      const largest = Math.max(...values.map(Math.abs));
      // The bound itself is rounded to float32, the product once more: 2 roundings of 2⁻²⁴.
      expect(largest, where).toBeLessThanOrEqual(initializer.high * (1 + 2 ** -22));
      // Var(U²)/E[U²]² = 9/5 − 1, so one standard error of the mean square is √(0.8/n) of it.
      expect(Math.abs(square / (initializer.high ** 2 / 3) - 1), where).toBeLessThan(5 * Math.sqrt(0.8 / n));
      return;
    }
    case "normal":
      expect(initializer.mean, where).toBe(0);
      // Var(Z²)/E[Z²]² = 2.
      expect(Math.abs(square / initializer.std ** 2 - 1), where).toBeLessThan(5 * Math.sqrt(2 / n));
      return;
    case "zeros":
      expect(
        values.every((value) => value === 0),
        where,
      ).toBe(true);
      return;
    case "ones":
      expect(
        values.every((value) => value === 1),
        where,
      ).toBe(true);
      return;
    default:
      throw new Error(`${where}: no comparison for ${initializer?.kind}`);
  }
}
