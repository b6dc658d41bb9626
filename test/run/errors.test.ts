import { describe, expect, it } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { createExecutor, type InputValues, type Weights } from "../../src/run/index.ts";
import { type Sketch, sketch } from "./graph.ts";

const base = { name: "n", op: "Op", inputs: ["x"], outputs: ["y"] };
const linear: Node = { ...base, kind: "linear", weight: "w", bias: null, layout: "out-in", scale: 1 };
const parts: Sketch = {
  inputs: { x: [2, 3] },
  parameters: { w: [4, 3] },
  tensors: { y: [2, 4] },
  outputs: ["y"],
  nodes: [linear],
};
const weights = new Map([["w", new Float32Array(12)]]);
const inputs = new Map([["x", new Float32Array(6)]]);

async function failure(
  sketched: Sketch,
  given: { weights: Weights; inputs: InputValues } = { weights, inputs },
  mode: "train" | "eval" = "train",
): Promise<string> {
  const executor = await createExecutor(sketch(sketched));
  return executor.forward(given.weights, given.inputs, { mode }).then(
    () => "nothing went wrong",
    (error: Error) => error.message,
  );
}

describe("what cannot be run", () => {
  it("names the operator and the node", async () => {
    const opaque: Node = { ...base, op: "Einsum", name: "/mix/Einsum", kind: "opaque", assumption: "passed on" };
    expect(await failure({ ...parts, nodes: [opaque] })).toMatch(/^run: operator Einsum .*\/mix\/Einsum/);
  });

  it("names what is missing or misshapen", async () => {
    expect(await failure(parts, { weights: new Map(), inputs })).toMatch(
      /^run: parameter "w" has no values, give \[4,3\]/,
    );
    expect(await failure(parts, { weights, inputs: new Map() })).toMatch(/^run: input "x" has no values/);
    const short = new Map([["w", new Float32Array(11)]]);
    expect(await failure(parts, { weights: short, inputs })).toMatch(/has 11 values, give 12/);
    expect(await failure({ ...parts, tensors: {} })).toMatch(/^run: value "y" has no shape/);
  });

  it("refuses tokens outside the vocabulary", async () => {
    const embedding: Sketch = {
      inputs: { x: [1, 2] },
      tokens: { x: 5 },
      parameters: { w: [5, 3] },
      tensors: { y: [1, 2, 3] },
      outputs: ["y"],
      nodes: [{ ...base, kind: "embedding", table: "w" }],
    };
    const table = new Map([["w", new Float32Array(15)]]);
    for (const bad of [5, -1]) {
      const tokens = new Map([["x", Int32Array.of(0, bad)]]);
      expect(await failure(embedding, { weights: table, inputs: tokens })).toMatch(`got ${bad}, use 0 … 4`);
    }
  });

  it("wants running statistics for evaluation", async () => {
    const norm: Node = {
      ...base,
      kind: "normalize",
      method: "batch",
      axes: [],
      groups: 1,
      epsilon: 1e-5,
      scale: null,
      shift: null,
      mean: null,
      variance: null,
      training: true,
    };
    const sketched: Sketch = { inputs: { x: [2, 3] }, tensors: { y: [2, 3] }, outputs: ["y"], nodes: [norm] };
    expect(await failure(sketched)).toBe("nothing went wrong");
    expect(await failure(sketched, { weights, inputs }, "eval")).toMatch(/no running statistics.*use mode "train"/);
  });
});

describe("what is passed on", () => {
  it("takes weights from the file where none are given, and fresh running statistics", async () => {
    const model = sketch({
      inputs: { x: [1, 2] },
      parameters: { mean: [2], var: [2] },
      statistics: ["mean", "var"],
      tensors: { y: [1, 2] },
      outputs: ["y"],
      nodes: [
        {
          ...base,
          kind: "normalize",
          method: "batch",
          axes: [],
          groups: 1,
          epsilon: 0,
          scale: null,
          shift: null,
          mean: "mean",
          variance: "var",
          training: false,
        },
      ],
    });
    const executor = await createExecutor(model);
    const x = new Map([["x", Float32Array.of(3, -4)]]);
    expect([...(await executor.forward(new Map(), x, { mode: "eval" })).get("y")!]).toEqual([3, -4]);
    const filed = await createExecutor({ ...model, read: (name) => Float32Array.of(name === "mean" ? 1 : 4, 1) });
    expect([...(await filed.forward(new Map(), x, { mode: "eval" })).get("y")!]).toEqual([1, -5]);
  });

  it("adds what several readers send back, and leaves unread results without a gradient", async () => {
    const model = sketch({
      inputs: { x: [1, 4] },
      parameters: { w: [1, 4] },
      tensors: { a: [1, 2], b: [1, 2], y: [1, 4] },
      outputs: ["y"],
      nodes: [
        { name: "s", op: "Split", inputs: ["x"], outputs: ["a", "b"], kind: "split", axis: 1, sizes: [2, 2] },
        { name: "c", op: "Concat", inputs: ["a", "a"], outputs: ["y0"], kind: "concat", axis: 1 },
        { name: "m", op: "Mul", inputs: ["y0", "w"], outputs: ["y"], kind: "combine", operation: "multiply" },
      ],
    });
    const tensors = new Map([...model.tensors, ["y0", { shape: [1, 4], dtype: "f32" }] as const]);
    const executor = await createExecutor({ ...model, tensors });
    const { gradients, parameterGradients } = await executor.forwardBackward(
      new Map([["w", Float32Array.of(1, 2, 3, 4)]]),
      new Map([["x", Float32Array.of(5, 6, 7, 8)]]),
      new Map([["y", Float32Array.of(1, 1, 1, 1)]]),
    );
    expect([...gradients.get("a")!]).toEqual([4, 6]);
    expect([...gradients.get("x")!]).toEqual([4, 6, 0, 0]);
    expect(gradients.has("b")).toBe(false);
    expect([...parameterGradients.get("w")!]).toEqual([5, 6, 5, 6]);
  });

  it("runs tied weights, with the gradients of both uses", async () => {
    const node = (name: string, from: string, to: string): Node => ({
      ...base,
      name,
      inputs: [from],
      outputs: [to],
      kind: "linear",
      weight: "w",
      bias: null,
      layout: "out-in",
      scale: 1,
    });
    const model = sketch({
      inputs: { x: [1, 1] },
      parameters: { w: [1, 1] },
      tensors: { h: [1, 1], y: [1, 1] },
      outputs: ["y"],
      nodes: [node("one", "x", "h"), node("two", "h", "y")],
    });
    const executor = await createExecutor(model);
    const { parameterGradients } = await executor.forwardBackward(
      new Map([["w", Float32Array.of(3)]]),
      new Map([["x", Float32Array.of(5)]]),
      new Map([["y", Float32Array.of(1)]]),
    );
    expect([...parameterGradients.get("w")!]).toEqual([2 * 3 * 5]);
  });
});
