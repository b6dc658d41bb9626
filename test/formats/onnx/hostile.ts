/** Hostile ONNX files, by what is wrong with them. */

import { concatBytes, encodeBytes, encodeInteger, encodeText, encodeVarint } from "../../../src/formats/onnx/encode.ts";
import { floats, graph, initializer, input, integers, model, node, output } from "./build.ts";

const f32 = 1;

const x = input("x", ["batch", 4]);
const weight = initializer(floats("w", [4, 4], new Array(16).fill(0.5)));

function externalTensor(location: string, offset = "0"): Uint8Array {
  const entry = (key: string, text: string): Uint8Array =>
    encodeBytes(13, concatBytes([encodeText(1, key), encodeText(2, text)]));
  return concatBytes([
    encodeInteger(1, 4),
    encodeInteger(1, 4),
    encodeInteger(2, f32),
    encodeText(8, "w"),
    entry("location", location),
    entry("offset", offset),
    encodeInteger(14, 1),
  ]);
}

const withExternal = (location: string, offset?: string): Uint8Array =>
  model(graph(x, initializer(externalTensor(location, offset)), node("MatMul", ["x", "w"], ["y"]), output("y")));

/** By file name: files that must be refused with one line, and files that must be read without harm. */
export const refused: Readonly<Record<string, Uint8Array>> = {
  empty: new Uint8Array(),
  zeros: new Uint8Array(64),
  text: new TextEncoder().encode("this is not a protocol buffer, it is text"),
  "no-graph": encodeInteger(1, 8),
  "length-past-end": concatBytes([encodeVarint(7 * 8 + 2), encodeVarint(2 ** 40)]),
  "length-negative": concatBytes([encodeVarint(7 * 8 + 2), new Uint8Array(9).fill(0xff), Uint8Array.of(0x01)]),
  "varint-endless": new Uint8Array(64).fill(0xff),
  "wire-type-group": concatBytes([encodeVarint(7 * 8 + 3), new Uint8Array(8)]),
  "no-outputs": model(graph(x)),
  "two-graphs": concatBytes([model(graph(x, output("x"))), encodeBytes(7, graph(x, output("x")))]),
  "missing-value": model(graph(x, node("Relu", ["nowhere"], ["y"]), output("y"))),
  "missing-output": model(graph(x, output("y"))),
  cycle: model(graph(x, node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"]), output("b"))),
  "produced-twice": model(graph(x, node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"]), output("y"))),
  "initializer-twice": model(graph(x, weight, weight, node("MatMul", ["x", "w"], ["y"]), output("y"))),
  "raw-too-short": model(
    graph(x, initializer(floats("w", [4, 4], [1, 2, 3])), node("MatMul", ["x", "w"], ["y"]), output("y")),
  ),
  "dims-overflow": model(
    graph(
      x,
      initializer(floats("w", [2 ** 31, 2 ** 31, 2 ** 31], [1])),
      node("MatMul", ["x", "w"], ["y"]),
      output("y"),
    ),
  ),
  "rank-1000": model(
    graph(x, initializer(floats("w", new Array(1000).fill(1), [1])), node("MatMul", ["x", "w"], ["y"]), output("y")),
  ),
  "name-of-a-megabyte": model(graph(input("n".repeat(2 ** 20), [4]), output("x"))),
  "filled-with-terabytes": model(
    graph(
      x,
      initializer(integers("w__SHAPE", [2], [2 ** 30, 2 ** 30])),
      node("ConstantOfShape", ["w__SHAPE"], ["w"]),
      node("MatMul", ["x", "w"], ["y"]),
      output("y"),
    ),
  ),
  "external-parent": withExternal("../../etc/passwd"),
  "external-absolute": withExternal("/etc/passwd"),
  "external-backslash": withExternal("..\\secret"),
  "external-url": withExternal("file:///etc/passwd"),
  "external-hidden-parent": withExternal("a/../../b"),
  "external-offset-text": withExternal("weights.bin", "0x10"),
  "external-offset-past-end": withExternal("weights.bin", "1000000"),
};

function chain(count: number, make: (i: number) => Uint8Array): Uint8Array {
  return concatBytes(Array.from({ length: count }, (_, i) => make(i)));
}

export const harmless: Readonly<Record<string, Uint8Array>> = {
  "unknown-operator": model(graph(x, node("FrobnicateAll", ["x"], ["y"]), output("y"))),
  "unknown-type": model(
    graph(
      x,
      initializer(concatBytes([encodeInteger(2, 99), encodeText(8, "s")])),
      node("Add", ["x", "s"], ["y"]),
      output("y"),
    ),
  ),
  "shapes-disagree": model(graph(x, input("z", [3, 7]), node("Add", ["x", "z"], ["y"]), output("y"))),
  "expand-huge": model(
    graph(
      x,
      initializer(integers("s", [2], [2 ** 30, 2 ** 20])),
      initializer(integers("one", [1], [1])),
      node("Expand", ["one", "s"], ["big"]),
      node("Mul", ["x", "big"], ["y"]),
      output("y"),
    ),
  ),
  "expand-many": model(
    graph(
      x,
      initializer(integers("s", [1], [4_000_000])),
      initializer(integers("one", [1], [1])),
      chain(200, (i) => node("Expand", ["one", "s"], [`e${i}`])),
      node(
        "Concat",
        Array.from({ length: 200 }, (_, i) => `e${i}`),
        ["big"],
        { axis: 0 },
      ),
      node("Add", ["x", "big"], ["y"]),
      output("y"),
    ),
  ),
  "fibonacci-of-functions": model(
    graph(
      x,
      node("Tanh", ["x"], ["f0"]),
      node("Sigmoid", ["x"], ["f1"]),
      chain(400, (i) => node("Mul", [`f${i}`, `f${i + 1}`], [`f${i + 2}`])),
      output("f401"),
    ),
  ),
  "chain-of-20000": model(
    graph(
      input("c0", ["batch", 4]),
      chain(20_000, (i) => node("Relu", [`c${i}`], [`c${i + 1}`])),
      output("c20000"),
    ),
  ),
  "same-name-20000": model(
    graph(
      input("c0", ["batch", 4]),
      chain(20_000, (i) => node("Relu", [`c${i}`], [`c${i + 1}`], {}, "same")),
      output("c20000"),
    ),
  ),
  "pool-of-nothing": model(
    graph(input("x", [1, 1, 2, 2]), node("MaxPool", ["x"], ["y"], { kernel_shape: [9, 9] }), output("y")),
  ),
  "split-wrong": model(graph(x, node("Split", ["x"], ["a", "b"], { split: [3, 3] }), output("b"))),
  "gather-outside": model(
    graph(x, initializer(integers("i", [1], [99])), node("Gather", ["x", "i"], ["y"], { axis: 1 }), output("y")),
  ),
};
