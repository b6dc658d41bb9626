import { describe, expect, test } from "vitest";
import { analyse } from "../../src/plan/index.ts";
import { batchNormResNet, build, chain, recurrent, residualChain, transformer } from "./models.ts";

const of = (model: Parameters<typeof analyse>[0], name: string) => {
  const usage = analyse(model).byName.get(name);
  if (!usage) throw new Error(`no usage of ${name}`);
  return usage;
};

describe("a chain", () => {
  const model = chain(32, 3, "tanh");
  test("first, hidden and last weight are told apart", () => {
    expect(of(model, "fc1.weight")).toMatchObject({ first: true, readout: null, op: "linear", part: "weight" });
    expect(of(model, "fc2.weight")).toMatchObject({ first: false, readout: null });
    expect(of(model, "head.weight")).toMatchObject({ first: false, readout: "none" });
  });
  test("the activation behind and in front of a weight", () => {
    expect(of(model, "fc2.weight").activation?.name).toBe("act2");
    expect(of(model, "fc2.weight").preceding?.name).toBe("act1");
    expect(of(model, "fc1.weight").preceding).toBeNull();
    expect(of(model, "head.weight").activation).toBeNull();
  });
  test("a bias knows its weight and the weight's fan", () => {
    expect(of(model, "head.bias")).toMatchObject({ part: "bias", owner: "head.weight", op: "linear" });
    expect(of(model, "head.bias").fans.torch.fanIn).toBe(32);
  });
});

describe("fans", () => {
  const fans = (options: Parameters<ReturnType<typeof build>["conv"]>[4], out = 8) => {
    const b = build([1, 4, 9, 9]);
    const usage = analyse(b.finish(b.conv("c", "x", out, 3, options))).byName.get("c.weight")!;
    return { op: usage.op, ...usage.fans };
  };
  // torch: shape[1]·k and shape[0]·k; keras: compute_fans of the kernel in Keras' own layout; true: counted by hand.
  test.each([
    ["conv", {}, 8, { op: "conv", torch: [36, 72], keras: [36, 72], true: [36, 72] }],
    ["grouped", { groups: 2 }, 8, { op: "grouped-conv", torch: [18, 72], keras: [18, 72], true: [18, 36] }],
    ["depthwise", { groups: 4 }, 8, { op: "depthwise-conv", torch: [9, 72], keras: [36, 18], true: [9, 18] }],
    [
      "transposed",
      { transposed: true, stride: 3 },
      8,
      { op: "conv-transpose", torch: [72, 36], keras: [72, 36], true: [4, 72] },
    ],
  ] as const)("%s", (_, options, out, expected) => {
    const got = fans(options, out);
    expect(got.op).toBe(expected.op);
    for (const kind of ["torch", "keras", "true"] as const)
      expect([got[kind].fanIn, got[kind].fanOut]).toEqual(expected[kind]);
  });
  test("a gate of a recurrent matrix", () => {
    const usage = of(recurrent("lstm"), "rnn.weight_ih_l0");
    expect(usage.fans.true).toEqual({ fanIn: 12, fanOut: 8 });
    expect(usage.fans.keras).toEqual({ fanIn: 12, fanOut: 32 });
  });
});

describe("residual blocks", () => {
  test("plain: the last weight of each branch writes", () => {
    const usages = analyse(residualChain(16, 3));
    expect(usages.streams).toEqual([3]);
    expect(usages.residuals.map(({ writer }) => writer)).toEqual(
      [0, 1, 2].map((i) => ({ parameter: `b${i}.fc2.weight`, kind: "weight" })),
    );
    expect(usages.byName.get("b1.fc1.weight")).toMatchObject({ writes: false });
    expect(usages.byName.get("b1.fc2.weight")).toMatchObject({ writes: true, readout: null });
    expect(usages.residuals[1]!.members.map(({ name }) => name)).toEqual(["b1.fc1", "b1.fc2"]);
  });
  test("batch norm: the last scale writes, a projected skip is no branch, weights before a norm are scale-free", () => {
    const usages = analyse(batchNormResNet());
    expect(usages.residuals.map(({ writer }) => writer?.parameter)).toEqual(["layer1.bn2.weight", "layer2.bn2.weight"]);
    expect(usages.streams).toEqual([2]);
    expect(usages.byName.get("layer2.down.0.weight")).toMatchObject({ residual: null, normalized: true });
    expect(usages.byName.get("layer1.conv2.weight")).toMatchObject({ writes: false, normalized: true });
    expect(usages.byName.get("fc.weight")).toMatchObject({ normalized: false, readout: "none" });
  });
  test("two inputs that never part are a sum, not a skip", () => {
    const b = build([1, 8]);
    const sum = b.add("sum", b.linear("a", "x", 8), b.linear("b", "x", 8));
    expect(analyse(b.finish(sum)).residuals).toEqual([]);
  });
});

describe("a transformer", () => {
  const usages = analyse(transformer(3));
  test("attention: the fused matrix is query, key and value; the projection writes", () => {
    expect(usages.byName.get("h.1.attn.c_attn.weight")?.attention).toMatchObject({
      query: true,
      key: true,
      value: true,
      headSize: 16,
      scale: 0.25,
    });
    expect(usages.byName.get("h.1.attn.c_proj.weight")).toMatchObject({ writes: true, attention: null });
    expect(usages.streams).toEqual([6]);
  });
  test("tables, positions, readout", () => {
    expect(usages.byName.get("wte.weight")).toMatchObject({ part: "table", op: "embedding", tied: false });
    expect(usages.byName.get("pos")).toMatchObject({ part: "position", op: "position" });
    expect(usages.byName.get("lm_head.weight")).toMatchObject({ readout: "none" });
  });
  test("a tied table is a readout too", () => {
    expect(of(transformer(1, true), "wte.weight")).toMatchObject({ tied: true, readout: "none" });
  });
});

test("a gate is a weight whose activation multiplies another tensor", () => {
  const b = build([1, 8]);
  const gated = b.multiply("glu", b.act("silu", b.linear("gate", "x", 8), "relu"), b.linear("up", "x", 8));
  const usages = analyse(b.finish(b.linear("down", gated, 8)));
  expect(usages.byName.get("gate.weight")?.gate).toBe(true);
  expect(usages.byName.get("down.weight")?.gate).toBe(false);
});
