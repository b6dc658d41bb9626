import { describe, expect, it } from "vitest";
import { readOnnx } from "../../../src/formats/onnx/index.ts";
import { floats, graph, initializer, model, node } from "./build.ts";
import { onnxFiles, readModel } from "./corpus.ts";
import { list, parameter, read, tokens, y } from "./small.ts";

/** Positions looked up by ids, a mask added, a reshape: what exporters make of buffers, and what only looks like one. */
const fields = [
  tokens,
  y,
  parameter("wpe.weight", [6, 4]),
  list("h.0.ids", [0, 1, 2, 3, 4, 5]),
  initializer(floats("h.0.mask", [6, 1], [0, 0, -1e9, 0, 0, -1e9])),
  list("ids", [5, 4, 3, 2, 1, 0]),
  list("h.0.shape", [-1, 24]),
  list("shape", [-1, 4, 6]),
  list("onnx::Gather_7", [0, 0, 0, 0, 0, 0]),
  list("leftover", [1]),
  node("Identity", ["h.0.ids"], ["h.1.ids"]),
  node("Gather", ["wpe.weight", "h.0.ids"], ["a"]),
  node("Gather", ["wpe.weight", "h.1.ids"], ["b"]),
  node("Gather", ["wpe.weight", "ids"], ["c"]),
  node("Gather", ["wpe.weight", "onnx::Gather_7"], ["d"]),
  node("Sum", ["x", "a", "b", "c", "d"], ["sum"]),
  node("Add", ["sum", "h.0.mask"], ["masked"]),
  node("Reshape", ["masked", "h.0.shape"], ["flat"]),
  node("Reshape", ["flat", "shape"], ["y"]),
];

describe("buffers", () => {
  it("are the named tensors that are data and not learned, those behind Identity too", () => {
    const { buffers, parameters } = read(fields);
    expect([...(buffers ?? [])].map(([name, { dtype, shape }]) => [name, dtype, [...shape]])).toEqual([
      ["h.0.ids", "i64", [6]],
      ["h.0.mask", "f32", [6, 1]],
      ["ids", "i64", [6]],
      ["h.1.ids", "i64", [6]],
    ]);
    expect([...parameters.keys()]).toEqual(["wpe.weight"]);
  });

  it("keep their bytes", () => {
    const { buffers } = readOnnx(model(graph(...fields), 17));
    const bytes = buffers?.get("h.1.ids")?.bytes() ?? new Uint8Array(0);
    expect([...new BigInt64Array(Uint8Array.from(bytes).buffer)]).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    const mask = buffers?.get("h.0.mask")?.bytes() ?? new Uint8Array(0);
    expect([...new Float32Array(Uint8Array.from(mask).buffer)]).toEqual([0, 0, -1e9, 0, 0, -1e9]);
  });

  it.each(onnxFiles)("%s has masks and counters, and nothing else", (file) => {
    const { buffers, parameters } = readModel(file);
    const names = [...(buffers ?? new Map<string, unknown>()).keys()];
    const masks = file === "gpt-mini.onnx" ? ["h.0.attn.mask", "h.1.attn.mask"] : [];
    const counters = [...parameters.keys()]
      .filter((name) => name.endsWith(".running_mean"))
      .map((name) => name.replace(/running_mean$/, "num_batches_tracked"));
    expect(names).toEqual([...masks, ...counters]);
  });
});
