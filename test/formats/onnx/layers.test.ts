import { describe, expect, it } from "vitest";
import { floats, initializer, input, integers, node, scalar } from "./build.ts";
import { image, only, parameter, ramp, read, tokens, y } from "./small.ts";

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

  it("each position times one vector, a learned query: their product, summed", () => {
    const found = read([
      input("x", ["batch", 6, 4]),
      parameter("q", [4]),
      node("MatMul", ["x", "q"], ["s"]),
      node("Softmax", ["s"], ["y"], { axis: -1 }),
      y,
    ]);
    expect(only(found, "combine")).toMatchObject({ operation: "multiply", inputs: ["x", "q"] });
    expect(only(found, "reduce")).toMatchObject({ method: "sum", axes: [2], keepAxes: false, outputs: ["s"] });
    expect(found.tensors.get("y")?.shape).toEqual([2, 6]);
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
