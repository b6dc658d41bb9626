import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterAll, expect, test } from "vitest";
import { readCsv } from "../../../src/formats/data/index.ts";
import { FormatError } from "../../../src/formats/error.ts";
import { openModel, readData, readNamedData } from "../../../src/formats/file.ts";
import { writeNpy } from "../../../src/formats/npy/index.ts";
import { shared } from "../corpus-paths.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("tables: header, numbers, labels as numbers or words", async () => {
  const digits = await readData(`${shared}data/digits.csv`);
  expect(digits.shape).toEqual([1797, 64]);
  expect(digits.classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  const iris = await readData(`${shared}data/iris.csv`);
  expect(iris.shape).toEqual([150, 4]);
  expect(iris.classes).toHaveLength(3);
  expect(iris.labels).toHaveLength(150);
  expect(readCsv("1;2\n3;4\n")).toEqual({
    inputs: Float32Array.of(1, 2, 3, 4),
    shape: [2, 2],
    labels: null,
    classes: [],
  });
  expect([...(readCsv('a,label\r\n1,"x, y"\r\n2,z\r\n').labels ?? [])]).toEqual([0, 1]);
});

test.each([
  ["a,b\n1,2\n3\n", "line 3: each line has as many columns as the first, 2, got 1"],
  ["a,b,label\n1,oops,c\n", 'line 2, column 2: expected a number, got "oops"'],
  ["", "no rows"],
  ["a,label\n", "no rows below the header"],
])("a bad table says where: %j", (text, message) => {
  expect(() => readCsv(text)).toThrow(FormatError);
  expect(() => readCsv(text)).toThrow(message);
});

test("any text is a table or a FormatError", () => {
  const piece = fc.constantFrom("1", "2.5", "a", ",", "\n", '"', "label", ";", "");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        const { inputs, shape } = readCsv(pieces.join(""));
        expect(inputs.length).toBe(shape[0]! * shape[1]!);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
  );
});

test("an archive with an array for each input", async () => {
  const written = (name: string, arrays: Readonly<Record<string, readonly [readonly number[], readonly number[]]>>) => {
    const member = ([array, [shape, values]]: (typeof entries)[number]) =>
      [`${array}.npy`, writeNpy(Float32Array.from(values), shape)] as const;
    const entries = Object.entries(arrays);
    return put(name, zipSync(Object.fromEntries(entries.map(member))));
  };
  const path = written("pairs.npz", {
    left: [
      [2, 2],
      [1, 2, 3, 4],
    ],
    right: [[2], [5, 6]],
    y: [[2], [7, 3]],
  });
  const { count, arrays, labels, classes } = await readNamedData(path);
  expect([count, [...arrays.keys()], [...(labels ?? [])], classes]).toEqual([2, ["left", "right"], [1, 0], ["3", "7"]]);
  expect(arrays.get("left")).toEqual(Float32Array.of(1, 2, 3, 4));
  const odd = written("odd.npz", {
    left: [
      [2, 2],
      [1, 2, 3, 4],
    ],
    right: [[3], [5, 6, 7]],
  });
  await expect(readNamedData(odd)).rejects.toThrow('as many samples as "left", 2, got 3 in "right"');
  await expect(readNamedData(put("a.csv", "1,2\n"))).rejects.toThrow("give an .npz with their names");
});

test("models open by name and content; lines are no files", async () => {
  expect((await openModel("4 > 2", { batch: 3 })).tensors.get("fc1")?.shape).toEqual([3, 2]);
  expect((await openModel(`${shared}models/digits-mlp.onnx`)).format).toBe("onnx");
  const archive = await openModel(`${shared}models/lenet5.npz`);
  const weights = await openModel(`${shared}models/lenet5.safetensors`);
  expect(archive.read("fc1.weight")).toEqual(weights.read("fc1.weight"));
  const outside = await openModel(`${shared}models/digits-mlp-external/digits-mlp.onnx`);
  expect(outside.read("fc1.weight")).toEqual((await openModel(`${shared}models/digits-mlp.onnx`)).read("fc1.weight"));
});

test("external data behind a symbolic link that leaves the folder is refused", async () => {
  const home = join(folder, "linked");
  mkdirSync(home);
  const source = `${shared}models/digits-mlp-external/`;
  writeFileSync(join(home, "digits-mlp.onnx"), readFileSync(`${source}digits-mlp.onnx`));
  symlinkSync(`${source}digits-mlp.onnx.data`, join(home, "digits-mlp.onnx.data"));
  const opening = openModel(join(home, "digits-mlp.onnx")).then((model) => model.read("fc1.weight"));
  await expect(opening).rejects.toThrow("lies outside the model's folder");
});

test.each([
  ["nothing.onnx", null, "no such file"],
  ["empty.onnx", "", "the file is empty"],
  ["old.h5", "\x89HDF", "are not Keras"],
  ["weights.pt", "PK\x03\x04", "a zip archive has 22 bytes or more, got 4"],
  ["m.safetensors.index.json", "{}", 'needs a "weight_map" from tensors to files'],
  ["text.safetensors", "hello there, this is text", "safetensors"],
  ["pretends.onnx", "PK\x03\x04 and so on", "the name says .onnx, the first bytes say a zip archive"],
  ["unknown.xyz", "what is this", "unknown kind of file"],
  ["pointer.safetensors", "version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"],
])("%s is refused in one line", async (name, content, message) => {
  const path = content === null ? join(folder, name) : put(name, content);
  const error: unknown = await openModel(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect(String(error)).toContain(message);
  expect(String(error)).toContain(path);
  expect(String(error)).not.toContain("\n");
});

test("a folder without a model in it is none", async () => {
  await expect(openModel(folder)).rejects.toThrow(`${folder}: a folder without model.safetensors, an index or`);
});
