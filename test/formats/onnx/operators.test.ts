import { describe, expect, it } from "vitest";
import { readOnnx } from "../../../src/formats/onnx/index.ts";
import type { Model, Node } from "../../../src/model/index.ts";
import { constant, floats, graph, initializer, input, integers, model, node, output, scalar } from "./build.ts";

const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const parameter = (name: string, dims: readonly number[]): Uint8Array =>
  initializer(floats(name, dims, ramp(dims.reduce((a, b) => a * b, 1))));
const list = (name: string, values: readonly number[]): Uint8Array =>
  initializer(integers(name, [values.length], values));

function read(fields: readonly Uint8Array[], { opset = 17, batch = 2 } = {}): Model {
  return readOnnx(model(graph(...fields), opset), { batch });
}

function only<K extends Node["kind"]>(read: Model, kind: K): Extract<Node, { kind: K }> {
  const found = read.nodes.filter((n): n is Extract<Node, { kind: K }> => n.kind === kind);
  expect(found.length, read.nodes.map((n) => `${n.kind} ${n.op}`).join(", ")).toBe(1);
  return found[0];
}

const image = input("x", ["batch", 4, 8, 8]);
const tokens = input("x", ["batch", 6, 4]);
const y = output("y");

/** The one activation that a graph becomes: its name and parameters. */
function activationOf(...fields: Uint8Array[]): unknown {
  const found = read([input("x", ["batch", 4]), ...fields, y]);
  expect(found.unsupported).toEqual([]);
  expect(found.nodes.length).toBe(1);
  const { activation } = only(found, "activation");
  return activation.kind === "named" ? activation.name : activation;
}

describe("activations that are spelled out become one", () => {
  it("tanh GELU", () => {
    expect(
      activationOf(
        scalar("three", 3),
        scalar("c", 0.044715),
        scalar("k", Math.sqrt(2 / Math.PI)),
        scalar("one", 1),
        scalar("half", 0.5),
        node("Pow", ["x", "three"], ["cube"]),
        node("Mul", ["cube", "c"], ["c3"]),
        node("Add", ["x", "c3"], ["inner"]),
        node("Mul", ["inner", "k"], ["arg"]),
        node("Tanh", ["arg"], ["t"]),
        node("Add", ["t", "one"], ["t1"]),
        node("Mul", ["x", "half"], ["h"]),
        node("Mul", ["h", "t1"], ["y"]),
      ),
    ).toBe("gelu_tanh");
  });
  it("GELU with ½ last", () => {
    expect(
      activationOf(
        scalar("root", Math.SQRT2),
        scalar("one", 1),
        scalar("half", 0.5),
        node("Div", ["x", "root"], ["d"]),
        node("Erf", ["d"], ["e"]),
        node("Add", ["e", "one"], ["e1"]),
        node("Mul", ["x", "e1"], ["m"]),
        node("Mul", ["m", "half"], ["y"]),
      ),
    ).toBe("gelu");
  });
  it("x·sigmoid(1.702 x)", () => {
    expect(
      activationOf(
        scalar("a", 1.702),
        node("Mul", ["x", "a"], ["s"]),
        node("Sigmoid", ["s"], ["g"]),
        node("Mul", ["x", "g"], ["y"]),
      ),
    ).toBe("quick_gelu");
  });
  it("1/(1 + exp(−x))", () => {
    expect(
      activationOf(
        scalar("one", 1),
        node("Neg", ["x"], ["n"]),
        node("Exp", ["n"], ["e"]),
        node("Add", ["e", "one"], ["d"]),
        node("Div", ["one", "d"], ["y"]),
      ),
    ).toBe("sigmoid");
  });
  it("where(x > 0, x, 0.1 x)", () => {
    expect(
      activationOf(
        scalar("zero", 0),
        scalar("slope", 0.1),
        node("Greater", ["x", "zero"], ["c"]),
        node("Mul", ["x", "slope"], ["n"]),
        node("Where", ["c", "x", "n"], ["y"]),
      ),
    ).toBe("leaky_relu");
  });
  it("where(x < −½ or x > ½, x, 0)", () => {
    expect(
      activationOf(
        scalar("low", -0.5),
        scalar("high", 0.5),
        scalar("zero", 0),
        node("Less", ["x", "low"], ["l"]),
        node("Greater", ["x", "high"], ["g"]),
        node("Or", ["l", "g"], ["c"]),
        node("Where", ["c", "x", "zero"], ["y"]),
      ),
    ).toBe("hardshrink");
  });
  it("log(sigmoid(x))", () => {
    expect(activationOf(node("Sigmoid", ["x"], ["s"]), node("Log", ["s"], ["y"]))).toBe("log_sigmoid");
  });
  it("Clip(x + 3, 0, 6)·x/6", () => {
    expect(
      activationOf(
        scalar("three", 3),
        scalar("zero", 0),
        scalar("six", 6),
        node("Add", ["x", "three"], ["a"]),
        node("Clip", ["a", "zero", "six"], ["c"]),
        node("Mul", ["x", "c"], ["m"]),
        node("Div", ["m", "six"], ["y"]),
      ),
    ).toBe("hard_swish");
  });
});

describe("what stays apart", () => {
  it("relu(x) that feeds a residual, and the residual", () => {
    const found = read([
      input("x", ["batch", 4]),
      parameter("w", [4, 4]),
      node("Relu", ["x"], ["r"]),
      node("MatMul", ["r", "w"], ["b"]),
      node("Add", ["r", "b"], ["y"]),
      y,
    ]);
    expect(found.nodes.map((n) => n.kind)).toEqual(["activation", "linear", "combine"]);
  });
  it("a scale before a sine keeps its own tensor", () => {
    const found = read([
      input("x", ["batch", 4]),
      scalar("w", 30),
      node("Mul", ["x", "w"], ["s"]),
      node("Sin", ["s"], ["y"]),
      y,
    ]);
    expect(found.nodes.map((n) => n.outputs[0])).toEqual(["s", "y"]);
  });
  it("a gate and its value that come from different layers", () => {
    const found = read([
      input("x", ["batch", 4]),
      parameter("a", [4, 4]),
      parameter("b", [4, 4]),
      node("MatMul", ["x", "a"], ["p"]),
      node("MatMul", ["x", "b"], ["q"]),
      node("Sigmoid", ["p"], ["s"]),
      node("Mul", ["p", "s"], ["g"]),
      node("Mul", ["g", "q"], ["y"]),
      y,
    ]);
    expect(only(found, "activation").activation).toMatchObject({ name: "silu" });
    expect(only(found, "combine").operation).toBe("multiply");
  });
});

describe("normalization that is spelled out", () => {
  const mean = (of: string, to: string): Uint8Array => node("ReduceMean", [of], [to], { axes: [-1] });
  const eps = scalar("eps", 1e-5);
  const layers: Record<string, Uint8Array[]> = {
    "Mul(d, d), Div by Sqrt": [
      node("Mul", ["d", "d"], ["s"]),
      mean("s", "v"),
      node("Add", ["v", "eps"], ["e"]),
      node("Sqrt", ["e"], ["r"]),
      node("Div", ["d", "r"], ["n"]),
    ],
    "Pow 2, Mul by Reciprocal(Sqrt)": [
      scalar("two", 2),
      node("Pow", ["d", "two"], ["s"]),
      mean("s", "v"),
      node("Add", ["eps", "v"], ["e"]),
      node("Sqrt", ["e"], ["q"]),
      node("Reciprocal", ["q"], ["r"]),
      node("Mul", ["r", "d"], ["n"]),
    ],
    "Pow −½": [
      scalar("p", -0.5),
      node("Mul", ["d", "d"], ["s"]),
      mean("s", "v"),
      node("Add", ["v", "eps"], ["e"]),
      node("Pow", ["e", "p"], ["r"]),
      node("Mul", ["d", "r"], ["n"]),
    ],
  };
  const affine = [
    parameter("ln.weight", [4]),
    parameter("ln.bias", [4]),
    node("Mul", ["n", "ln.weight"], ["m"]),
    node("Add", ["m", "ln.bias"], ["y"]),
  ];

  it.each(Object.keys(layers))("layer: %s", (form) => {
    const found = read([tokens, eps, mean("x", "mu"), node("Sub", ["x", "mu"], ["d"]), ...layers[form], ...affine, y]);
    expect(found.nodes.length).toBe(1);
    const norm = only(found, "normalize");
    expect(norm).toMatchObject({
      method: "layer",
      axes: [2],
      scale: "ln.weight",
      shift: "ln.bias",
      inputs: ["x"],
      outputs: ["y"],
    });
    // ε is stored in single precision.
    expect(norm.epsilon).toBeCloseTo(1e-5, 11);
    expect(found.parameters.get("ln.weight")?.role).toBe("scale");
  });

  it.each(Object.keys(layers))("RMS: %s", (form) => {
    const fields = layers[form].length;
    expect(fields).toBeGreaterThan(3);
    const found = read([
      tokens,
      node("Identity", ["x"], ["d"]),
      eps,
      ...layers[form],
      parameter("g", [4]),
      node("Mul", ["n", "g"], ["y"]),
      y,
    ]);
    expect(only(found, "normalize")).toMatchObject({
      method: "rms",
      axes: [2],
      scale: "g",
      shift: null,
      inputs: ["x"],
    });
  });

  it("a division by a root of something else stays as it is", () => {
    const found = read([
      tokens,
      eps,
      node("Mul", ["x", "x"], ["s"]),
      node("ReduceSum", ["s"], ["v"], { keepdims: 1 }),
      node("Sqrt", ["v"], ["r"]),
      node("Div", ["x", "r"], ["y"]),
      y,
    ]);
    expect(found.nodes.some((n) => n.kind === "normalize")).toBe(false);
  });

  it("layer with the scale taken into the root first", () => {
    const found = read([
      tokens,
      eps,
      parameter("ln.scale", [4]),
      parameter("ln.bias", [4]),
      mean("x", "mu"),
      node("Sub", ["x", "mu"], ["d"]),
      node("Mul", ["d", "d"], ["s"]),
      mean("s", "v"),
      node("Add", ["v", "eps"], ["e"]),
      node("Sqrt", ["e"], ["q"]),
      node("Reciprocal", ["q"], ["r"]),
      node("Mul", ["r", "ln.scale"], ["rs"]),
      node("Mul", ["d", "rs"], ["n"]),
      node("Add", ["n", "ln.bias"], ["y"]),
      y,
    ]);
    expect(found.nodes.length).toBe(1);
    expect(only(found, "normalize")).toMatchObject({
      method: "layer",
      scale: "ln.scale",
      shift: "ln.bias",
      inputs: ["x"],
    });
  });

  it("group normalization with its scale as [C, 1, 1]", () => {
    const found = read([
      image,
      list("apart", [0, 2, -1]),
      list("back", [0, 4, 8, 8]),
      constant(floats("", [2], [1, 1]), "ones"),
      constant(floats("", [2], [0, 0]), "zeros"),
      parameter("onnx::Mul_7", [4, 1, 1]),
      parameter("onnx::Add_8", [4, 1, 1]),
      node("Reshape", ["x", "apart"], ["g"]),
      node("InstanceNormalization", ["g", "ones", "zeros"], ["i"], { epsilon: { float: 1e-3 } }),
      node("Reshape", ["i", "back"], ["b"]),
      node("Mul", ["b", "onnx::Mul_7"], ["m"], {}, "/gn/Mul"),
      node("Add", ["m", "onnx::Add_8"], ["y"], {}, "/gn/Add"),
      y,
    ]);
    expect(found.nodes.length).toBe(1);
    expect(only(found, "normalize")).toMatchObject({
      method: "group",
      groups: 2,
      scale: "gn.weight",
      shift: "gn.bias",
    });
    expect(found.parameters.get("gn.weight")?.shape).toEqual([4]);
  });
});

describe("layers", () => {
  it("one table used to embed and, transposed, to read out is one parameter", () => {
    const found = read([
      input("x", ["batch", 6], 7),
      parameter("wte.weight", [10, 4]),
      node("Gather", ["wte.weight", "x"], ["e"]),
      node("Transpose", ["wte.weight"], ["t"], { perm: [1, 0] }),
      node("MatMul", ["e", "t"], ["y"]),
      y,
    ]);
    expect([...found.parameters.keys()]).toEqual(["wte.weight"]);
    expect(only(found, "linear")).toMatchObject({ weight: "wte.weight", layout: "out-in", inputs: ["e"] });
    expect(only(found, "embedding").table).toBe("wte.weight");
    expect(found.parameters.get("wte.weight")?.role).toBe("embedding");
    expect(found.inputs[0].vocabulary).toBe(10);
  });

  it("a transposed copy of a table is said to have been tied to it", () => {
    const table = ramp(12);
    const copy = Array.from({ length: 12 }, (_, i) => table[(i % 4) * 3 + Math.floor(i / 4)]);
    const found = read([
      input("x", ["batch", 6], 7),
      initializer(floats("wte.weight", [4, 3], table)),
      initializer(floats("onnx::MatMul_9", [3, 4], copy)),
      node("Gather", ["wte.weight", "x"], ["e"]),
      node("MatMul", ["e", "onnx::MatMul_9"], ["y"], {}, "/lm_head/MatMul"),
      y,
    ]);
    expect([...found.parameters.keys()]).toEqual(["wte.weight", "lm_head.weight"]);
    expect(found.read("lm_head.weight")).toEqual(found.read("wte.weight"));
    expect(found.notes.filter((note) => note.code === "merged").map((note) => note.tensors)).toEqual([
      ["lm_head.weight", "wte.weight"],
    ]);
  });

  it("Gemm with alpha and beta", () => {
    const found = read([
      input("x", ["batch", 4]),
      parameter("w", [3, 4]),
      parameter("b", [3]),
      node("Gemm", ["x", "w", "b"], ["y"], { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } }),
      y,
    ]);
    expect(only(found, "linear")).toMatchObject({ scale: 0.5, layout: "out-in", bias: null });
    expect(only(found, "combine").operation).toBe("add");
  });

  it("transposed convolution with output_padding: pads cut less off the end", () => {
    const attributes = { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] };
    const found = read([image, parameter("w", [4, 3, 3, 3]), node("ConvTranspose", ["x", "w"], ["y"], attributes), y]);
    expect(only(found, "conv").pads).toEqual([1, 1, 0, 0]);
    // (8 − 1)·2 − 2 + 3 + 1
    expect(found.tensors.get("y")?.shape).toEqual([2, 3, 16, 16]);
  });

  it.each([
    ["SAME_UPPER", [0, 0, 1, 1]],
    ["SAME_LOWER", [1, 1, 0, 0]],
    ["VALID", [0, 0, 0, 0]],
  ])("auto_pad %s", (auto_pad, pads) => {
    const found = read([
      image,
      parameter("w", [3, 4, 3, 3]),
      node("Conv", ["x", "w"], ["y"], { strides: [2, 2], auto_pad }),
      y,
    ]);
    expect(only(found, "conv").pads).toEqual(pads);
    expect(found.tensors.get("y")?.shape).toEqual(auto_pad === "VALID" ? [2, 3, 3, 3] : [2, 3, 4, 4]);
  });

  it("pooling with ceil_mode grows the end pads to the size that results", () => {
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 };
    const found = read([image, node("MaxPool", ["x"], ["y"], attributes), y]);
    expect(found.tensors.get("y")?.shape).toEqual([2, 4, 4, 4]);
    expect(only(found, "pool").pads).toEqual([0, 0, 1, 1]);
  });

  it("bidirectional LSTM, packed: PyTorch's names, order of gates and values", () => {
    const [h, i] = [2, 3];
    const found = read([
      input("x", [5, "batch", i]),
      parameter("onnx::LSTM_1", [2, 4 * h, i]),
      parameter("onnx::LSTM_2", [2, 4 * h, h]),
      parameter("onnx::LSTM_3", [2, 8 * h]),
      node(
        "LSTM",
        ["x", "onnx::LSTM_1", "onnx::LSTM_2", "onnx::LSTM_3"],
        ["y"],
        { hidden_size: h, direction: "bidirectional" },
        "/rnn/LSTM_1",
      ),
      y,
    ]);
    const { directions, gates } = only(found, "recurrent");
    expect(gates).toEqual(["i", "f", "g", "o"]);
    expect(directions.map((d) => d.inputWeight)).toEqual(["rnn.weight_ih_l1", "rnn.weight_ih_l1_reverse"]);
    expect(found.tensors.get("y")?.shape).toEqual([5, 2, 2, h]);
    // The file counts up; ONNX stores i o f c, PyTorch i f g o: rows 0–1, 4–5, 6–7, 2–3 of direction 1.
    const rows = [0, 1, 4, 5, 6, 7, 2, 3].map((row) => 8 + row);
    const expected = rows.flatMap((row) => [1, 2, 3].map((column) => row * i + column));
    expect(Array.from(found.read("rnn.weight_ih_l1_reverse") ?? [])).toEqual(expected);
    const bias = [0, 1, 4, 5, 6, 7, 2, 3].map((row) => 16 + 8 + row + 1);
    expect(Array.from(found.read("rnn.bias_hh_l1_reverse") ?? [])).toEqual(bias);
  });

  it("Einsum of queries and keys is a matrix product", () => {
    const equation = "bqhd,bkhd->bhqk";
    const found = read([
      input("q", ["batch", 5, 2, 3]),
      input("k", ["batch", 7, 2, 3]),
      node("Einsum", ["q", "k"], ["y"], { equation }),
      y,
    ]);
    expect(found.unsupported).toEqual([]);
    expect(only(found, "matmul").scale).toBe(1);
    expect(found.tensors.get("y")?.shape).toEqual([2, 2, 5, 7]);
  });

  it("Einsum with a parameter is a layer", () => {
    const found = read([
      tokens,
      parameter("w", [5, 4]),
      node("Einsum", ["x", "w"], ["y"], { equation: "bti,oi->bto" }),
      y,
    ]);
    expect(only(found, "linear")).toMatchObject({ weight: "w", layout: "out-in" });
    expect(found.tensors.get("y")?.shape).toEqual([2, 6, 5]);
  });
});

describe("operators that are written as others", () => {
  it.each([
    ["ReduceLogSumExp", { axes: [1], keepdims: 0 }, ["activation", "reduce", "activation"], [2, 4]],
    ["LpNormalization", { axis: 1 }, ["reduce", "combine"], [2, 6, 4]],
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

describe("operators by operator set", () => {
  it("Softmax before 13 runs over all axes from its own on", () => {
    const found = read([tokens, node("Softmax", ["x"], ["y"]), y], { opset: 11 });
    expect(only(found, "softmax").axis).toBe(1);
    expect(found.nodes.map((n) => n.kind)).toEqual(["reshape", "softmax", "reshape"]);
    expect(found.tensors.get("y")?.shape).toEqual([2, 6, 4]);
  });
  it("Softmax from 13 on runs along the last", () => {
    expect(only(read([tokens, node("Softmax", ["x"], ["y"]), y]), "softmax").axis).toBe(2);
  });
  it.each([
    [9, false],
    [14, true],
  ])("batch normalization of set %i in training", (opset, attribute) => {
    const affine = ["s", "b", "m", "v"];
    const outputs = attribute ? ["y"] : ["y", "om", "ov", "sm", "sv"];
    const attributes: Record<string, number> = attribute ? { training_mode: 1 } : {};
    const norm = node("BatchNormalization", ["x", ...affine], outputs, attributes);
    const found = read([image, ...affine.map((name) => parameter(name, [4])), norm, y], { opset });
    expect(only(found, "normalize")).toMatchObject({ method: "batch", training: true, scale: "s", variance: "v" });
    expect([...found.parameters.values()].map((p) => p.role)).toEqual(["scale", "shift", "statistic", "statistic"]);
  });
});

describe("masks", () => {
  const scores = input("x", ["batch", 2, 2]);
  it("Where(condition, x, −∞) keeps where the condition holds", () => {
    const mask = initializer(integers("m", [2, 2], [1, 0, 1, 1]));
    const found = read([
      scores,
      mask,
      scalar("inf", Number.NEGATIVE_INFINITY),
      node("Cast", ["m"], ["c"], { to: 9 }),
      node("Where", ["c", "x", "inf"], ["y"]),
      y,
    ]);
    const { keep, fill } = only(found, "mask");
    expect(fill).toBe(Number.NEGATIVE_INFINITY);
    expect(Array.from(found.constants.get(keep)?.values ?? [])).toEqual([1, 0, 1, 1]);
  });
  it("an added table of 0 and −10⁹ is a mask, not a parameter", () => {
    const found = read([
      scores,
      initializer(floats("mask", [2, 2], [0, -1e9, 0, 0])),
      node("Add", ["x", "mask"], ["y"]),
      y,
    ]);
    const { keep } = only(found, "mask");
    expect(found.parameters.size).toBe(0);
    expect(Array.from(found.constants.get(keep)?.values ?? [])).toEqual([1, 0, 1, 1]);
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
