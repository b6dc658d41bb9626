import { describe, expect, it } from "vitest";
import { readOnnx } from "../../../src/formats/onnx/index.ts";
import { graph, initializer, input, integers, model, node } from "./build.ts";
import { image, list, only, parameter, read, tokens, y } from "./small.ts";

describe("operators that are written as others", () => {
  it.each([
    ["ReduceLogSumExp", { axes: [1], keepdims: 0 }, ["activation", "reduce", "activation"], [2, 4]],
    ["LpNormalization", { axis: 1 }, ["activation", "reduce", "activation", "combine"], [2, 6, 4]],
  ] as const)("%s", (op, attributes, kinds, shape) => {
    const found = read([tokens, node(op, ["x"], ["y"], attributes), y]);
    expect(found.nodes.map((n) => n.kind)).toEqual(kinds);
    expect(found.tensors.get("y")?.shape).toEqual(shape);
  });
  it.each([
    ["DCR", [2, 2, 2, 1, 8, 8]],
    ["CRD", [2, 1, 2, 2, 8, 8]],
  ])("DepthToSpace %s", (mode, apart) => {
    const found = read([image, node("DepthToSpace", ["x"], ["y"], { blocksize: 2, mode }), y]);
    expect(found.nodes.map((n) => n.kind)).toEqual(["reshape", "transpose", "reshape"]);
    expect(found.nodes[0]).toMatchObject({ shape: apart });
    expect(found.tensors.get("y")?.shape).toEqual([2, 1, 16, 16]);
  });
});

describe("shapes", () => {
  it("a batch baked into a Reshape is kept, and said", () => {
    const found = read([tokens, list("s", [3, 24]), node("Reshape", ["x", "s"], ["y"]), y], { batch: 8 });
    expect(found.batch).toBe(3);
    expect(found.tensors.get("y")?.shape).toEqual([3, 24]);
    expect(found.notes.map((note) => note.code)).toContain("assumed");
  });
  it("a batch of one baked into an Expand is kept, and said", () => {
    const fields = [list("s", [1, 1, 4]), parameter("cls", [1, 1, 4])];
    const nodes = [node("Expand", ["cls", "s"], ["e"]), node("Concat", ["e", "x"], ["y"], { axis: 1 })];
    const found = read([tokens, ...fields, ...nodes, y], { batch: 8 });
    expect(found.unsupported).toEqual([]);
    expect(found.batch).toBe(1);
    expect(found.tensors.get("y")?.shape).toEqual([1, 7, 4]);
    expect(found.notes.map((note) => note.code)).toContain("assumed");
  });
  it("a fixed batch is kept, and said", () => {
    const found = read([input("x", [5, 4]), node("Relu", ["x"], ["y"]), y], { batch: 8 });
    expect(found.batch).toBe(5);
    expect(found.notes.map((note) => note.code)).toEqual(["assumed"]);
  });
  it("open axes take the size given for their symbol", () => {
    const bytes = model(graph(input("x", ["batch", "time", 4]), node("Relu", ["x"], ["y"]), y));
    expect(readOnnx(bytes, { batch: 2, dims: { time: 9 } }).tensors.get("y")?.shape).toEqual([2, 9, 4]);
    expect(readOnnx(bytes, { batch: 2 }).notes.map((note) => note.code)).toEqual(["assumed"]);
  });
  it("shape arithmetic vanishes", () => {
    const found = read([
      tokens,
      node("Shape", ["x"], ["s"]),
      initializer(integers("zero", [], [0])),
      list("minus", [-1]),
      list("axes", [0]),
      node("Gather", ["s", "zero"], ["n"]),
      node("Unsqueeze", ["n", "axes"], ["n1"]),
      node("Concat", ["n1", "minus"], ["target"], { axis: 0 }),
      node("Reshape", ["x", "target"], ["y"]),
      y,
    ]);
    expect(found.nodes).toMatchObject([{ kind: "reshape", shape: [2, 24] }]);
    expect(found.constants.size).toBe(0);
  });
  it("Slice from the end, backwards", () => {
    const fields = [list("s", [-1]), list("e", [-(2 ** 40)]), list("a", [1]), list("t", [-2])];
    const found = read([tokens, ...fields, node("Slice", ["x", "s", "e", "a", "t"], ["y"]), y]);
    expect(only(found, "slice").ranges).toEqual([{ axis: 1, start: 5, count: 3, step: -2 }]);
  });
});

describe("what is not understood", () => {
  it("is named, keeps the file's shape, and the rest is read", () => {
    const found = read([
      input("x", ["batch", 4]),
      parameter("w", [4, 3]),
      node("Frobnicate", ["x"], ["f"]),
      node("MatMul", ["f", "w"], ["y"]),
      y,
    ]);
    expect(found.unsupported).toMatchObject([{ op: "Frobnicate" }]);
    expect(only(found, "opaque").assumption).toMatch(/first input/);
    expect(found.tensors.get("y")?.shape).toEqual([2, 3]);
  });
  it("leaves out nodes that no output depends on", () => {
    const found = read([input("x", ["batch", 4]), node("Frobnicate", ["x"], ["f"]), node("Relu", ["x"], ["y"]), y]);
    expect(found.nodes.length).toBe(1);
    expect(found.unsupported).toEqual([]);
  });
});
