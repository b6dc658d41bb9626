import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { MAX_FOLDED_ELEMENTS } from "../../../src/formats/onnx/caps.ts";
import { readOnnx, safeLocation } from "../../../src/formats/onnx/index.ts";
import type { Model } from "../../../src/model/index.ts";
import { graph, initializer, input, integers, model, node, output } from "./build.ts";
import { modelBytes } from "./corpus.ts";
import { harmless, refused } from "./hostile.ts";

/** Bytes of external data that every file finds beside it. */
const BESIDE = 64;

/**
 * Written out, nodes and shapes take a few times what they take in the file, 6 at most here (operators' and fields' names): an expansion that
 * grows with anything but the file does not stay within this.
 */
const MOST_GROWTH = 16;
/** Fields that every node and model has. */
const LEAST_SIZE = 4096;

function readAll(bytes: Uint8Array): Model {
  const model = readOnnx(bytes, { external: () => new Uint8Array(BESIDE) });
  let values = 0;
  for (const { name, shape } of model.parameters.values()) {
    // Placeholders may claim any size; only what lies in the file is read here.
    if (shape.reduce((a, b) => a * b, 1) <= 1e7) values += model.read(name)?.length ?? 0;
  }
  // A value takes a byte or more, but for those that constants were folded to.
  expect(values).toBeLessThanOrEqual(bytes.length + BESIDE + MAX_FOLDED_ELEMENTS);
  const written = JSON.stringify([model.nodes, [...model.tensors]]).length;
  expect(written).toBeLessThanOrEqual(MOST_GROWTH * bytes.length + LEAST_SIZE);
  return model;
}

/** A model that can be walked: values of its nodes exist and shapes are whole numbers. */
function expectValid(model: Model): void {
  const wrong: string[] = [];
  for (const [name, { shape }] of model.tensors) {
    if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) wrong.push(`${name}: [${shape}]`);
  }
  for (const node of model.nodes) {
    for (const name of node.outputs) if (name && !model.tensors.has(name)) wrong.push(`${name} has no shape`);
  }
  expect(wrong).toEqual([]);
}

function refusal(bytes: Uint8Array): FormatError {
  try {
    readAll(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("was read");
}

describe("hostile files", () => {
  it.each(Object.keys(refused))("%s is refused in one line", (name) => {
    const error = refusal(refused[name]);
    expect(error.message).toMatch(/^reading ONNX: [^\n]+$/);
    expect(error.message.length).toBeLessThan(400);
  });

  it.each(Object.keys(harmless))("%s is read without harm", (name) => {
    expectValid(readAll(harmless[name]));
  });

  it("a placeholder that claims gigabytes is not made up", () => {
    const claims = model(
      graph(
        input("x", ["batch", 4]),
        initializer(integers("w__SHAPE", [2], [4, 2 ** 34])),
        node("ConstantOfShape", ["w__SHAPE"], ["w"]),
        node("MatMul", ["x", "w"], ["y"]),
        output("y"),
      ),
    );
    const read = readOnnx(claims);
    expect(read.parameters.get("w")?.shape).toEqual([4, 2 ** 34]);
    expect(() => read.read("w")).toThrow(FormatError);
  });

  it("the offset points at the tensor whose values are too few", () => {
    const error = refusal(refused["raw-too-short"]);
    const at = error.offset ?? -1;
    const view = new DataView(refused["raw-too-short"].buffer);
    expect(view.getFloat32(at, true)).toBe(1);
  });
});

describe("mutated good files", () => {
  const files = [
    "digits-mlp.onnx",
    "gpt-mini-folded.onnx",
    "lstm-unfolded.onnx",
    "bn-cnn-eval.onnx",
    "mobile-mini.onnx",
  ];
  // The weights make most of a file's bytes: mutations go to where the structure is, its beginning and end.
  const structure = files.map((file) => modelBytes(file));

  const tryRead = (bytes: Uint8Array): void => {
    try {
      expectValid(readAll(bytes));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  };

  it("cut off anywhere: FormatError or a model, nothing else", () => {
    fc.assert(
      fc.property(fc.nat(files.length - 1), fc.double({ min: 0, max: 1, noNaN: true }), (which, share) => {
        const bytes = structure[which];
        tryRead(bytes.subarray(0, Math.floor(bytes.length * share)));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it("with bytes changed: FormatError or a model, nothing else", () => {
    const change = fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.nat(files.length - 1), fc.array(change, { minLength: 1, maxLength: 8 }), (which, changes) => {
        const bytes = structure[which].slice();
        // Squared: more of them land among the nodes, which come first.
        for (const { place, byte } of changes) bytes[Math.floor((bytes.length - 1) * place ** 4)] = byte;
        tryRead(bytes);
      }),
      { numRuns: 400, seed: 2 },
    );
  });

  it("with a piece moved or repeated: FormatError or a model, nothing else", () => {
    const part = fc.record({
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(300),
      to: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.nat(files.length - 1), part, (which, { from, length, to }) => {
        const bytes = structure[which].slice();
        const at = (share: number): number => Math.floor((bytes.length - 1) * share ** 4);
        bytes.copyWithin(at(to), at(from), at(from) + length);
        tryRead(bytes);
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});

describe("location of external data", () => {
  it.each(["a.bin", "weights/a.bin", "./a.bin", "a..b", "..."])("%s stays in the folder", (location) => {
    expect(safeLocation(location)).toBe(location.replace("./", ""));
  });
  it.each(["..", "../a", "a/../b", "/a", "C:\\a", "a\\b", "http://a/b", "", ".", "a\u0000b"])(
    "%j is refused",
    (location) => {
      expect(() => safeLocation(location)).toThrow(FormatError);
    },
  );
});
