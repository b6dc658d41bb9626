import { describe, expect, it } from "vitest";
import { constant, floats, initializer, node, scalar } from "./build.ts";
import { image, list, only, parameter, read, tokens, y } from "./small.ts";

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

  it("a convolution that adds the zeros of another module's shift has no bias", () => {
    const initial = (name: string, value: number) => initializer(floats(name, [4], new Array(4).fill(value)));
    const norm = ["b.bn.weight", "b.bn.bias", "b.bn.running_mean", "b.bn.running_var"];
    const graph = (shift: number) =>
      read([
        image,
        parameter("a.conv.weight", [4, 4, 1, 1]),
        initial("b.bn.weight", 1),
        initial("b.bn.bias", shift),
        initial("b.bn.running_mean", 0),
        initial("b.bn.running_var", 1),
        node("Conv", ["x", "a.conv.weight", "b.bn.bias"], ["c"], {}, "/a/conv/Conv"),
        node("Relu", ["c"], ["r"]),
        node("BatchNormalization", ["r", ...norm], ["y"], {}, "/b/bn/BatchNormalization"),
        y,
      ]);
    expect(only(graph(0), "conv").bias).toBe(null);
    expect(graph(0).notes.map((note) => note.code)).toContain("merged");
    expect(only(graph(0.5), "conv").bias).toBe("b.bn.bias");
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
