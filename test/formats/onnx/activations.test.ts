import { describe, expect, it } from "vitest";
import { constant, floats, input, node, scalar } from "./build.ts";
import { only, parameter, read, y } from "./small.ts";

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
  it("where(x > 0, x, zeros of its shape)", () => {
    expect(
      activationOf(
        scalar("zero", 0),
        constant(floats("", [2, 4], new Array(8).fill(0)), "zeros"),
        node("Greater", ["x", "zero"], ["c"]),
        node("Where", ["c", "x", "zeros"], ["y"]),
      ),
    ).toBe("relu");
  });
  it("conditions that are cast before they are joined", () => {
    expect(
      activationOf(
        scalar("low", -0.5),
        scalar("high", 0.5),
        scalar("zero", 0),
        node("Less", ["x", "low"], ["l"]),
        node("Cast", ["l"], ["lb"], { to: 9 }),
        node("Greater", ["x", "high"], ["g"]),
        node("Cast", ["g"], ["gb"], { to: 9 }),
        node("Or", ["lb", "gb"], ["c"]),
        node("Cast", ["c"], ["cb"], { to: 9 }),
        node("Where", ["cb", "x", "zero"], ["y"]),
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
