/** Models of names and shapes: lists, and headers without their data. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { openModel } from "../../../src/formats/file.ts";
import { readSafetensors, safetensorsHeader } from "../../../src/formats/safetensors/index.ts";
import { readShapes } from "../../../src/formats/shapes/index.ts";
import { plan } from "../../../src/plan/index.ts";

const root = mkdtempSync(join(tmpdir(), "epoch0-shapes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const text = (list: string) => new TextEncoder().encode(list);

test("shapes with and without a dtype, in the order of the list", () => {
  const { parameters, read, format } = readShapes(
    text(
      '{"__metadata__": {"format": "pt"}, "b.weight": {"shape": [3, 4], "dtype": "torch.bfloat16"}, "b.bias": [3], "n": {"dtype": "I64", "shape": []}}',
    ),
  );
  expect(format).toBe("shapes");
  expect(
    [...parameters.values()].map(({ name, shape, dtype, role, stored }) => [name, shape, dtype, role, stored.kind]),
  ).toEqual([
    ["b.weight", [3, 4], "bf16", "weight", "absent"],
    ["b.bias", [3], "f32", "bias", "absent"],
    ["n", [], "i64", "other", "absent"],
  ]);
  expect(read("b.weight")).toBeNull();
});

const SLOTS = [
  { name: "fc.weight", dtype: "f16", shape: [4, 3] },
  { name: "fc.bias", dtype: "f32", shape: [4] },
] as const;

test("a header is enough: as a file of its own, and its JSON as a list", async () => {
  const header = safetensorsHeader(SLOTS, { format: "pt" });
  const path = join(root, "header.safetensors");
  writeFileSync(path, header);
  writeFileSync(join(root, "header.json"), header.subarray(8));
  for (const name of ["header.safetensors", "header.json"]) {
    const model = await openModel(join(root, name));
    expect(
      [...model.parameters.values()].map(({ name: tensor, dtype, shape }) => ({ name: tensor, dtype, shape })),
    ).toEqual(SLOTS);
    expect(model.read("fc.weight")).toBeNull();
    expect(model.tiles?.("fc.weight") ?? null).toBeNull();
    expect(plan(model, { scheme: "he-normal" }).tensors[0]).toMatchObject({ fanIn: 3, fanOut: 4 });
    expect(() => plan(model, { scheme: "file" })).toThrow("needs the file's values, got none");
  }
});

test("a file that is cut in its data is damaged, and it is said where its header ends", () => {
  const header = safetensorsHeader(SLOTS);
  for (let data = 1; data < 40; data++)
    expect(() => readSafetensors(Uint8Array.from([...header, ...new Uint8Array(data)]))).toThrow(
      `the file is cut, keep its first ${header.length} bytes for the shapes (byte ${header.length + data})`,
    );
  expect(readSafetensors(Uint8Array.from([...header, ...new Uint8Array(40)])).read("fc.bias")).toEqual(
    new Float32Array(4),
  );
});

test("a bias tells which axis of the weight beside it counts the outputs", () => {
  const fans = (list: Readonly<Record<string, readonly number[]>>) => {
    const [weight, bias] = plan(readShapes(text(JSON.stringify(list))), { scheme: "he-normal" }).tensors;
    expect(bias?.fanIn ?? weight?.fanIn).toBe(weight?.fanIn);
    return [weight?.fanIn, weight?.fanOut];
  };
  expect(fans({ "a.weight": [5, 7], "a.bias": [5] })).toEqual([7, 5]);
  expect(fans({ "a.weight": [5, 7], "a.bias": [7] })).toEqual([5, 7]);
  expect(fans({ "a.weight": [5, 7] })).toEqual([7, 5]);
  expect(fans({ "a/kernel": [5, 7], "a/bias": [7] })).toEqual([5, 7]);
  expect(fans({ "a/kernel": [5, 7] })).toEqual([5, 7]);
  expect(fans({ "a/kernel:0": [3, 3, 5, 7], "a/bias:0": [7] })).toEqual([45, 63]);
  expect(fans({ "a.weight": [7, 5, 3, 3], "a.bias": [7] })).toEqual([45, 63]);
});

test.each([
  ["{}", /no tensors/],
  ["[]", /expected "\{"/],
  ['{"a": 3}', /expected "\{", got "3".*\(byte 6\)/],
  ['{"a": {}}', /tensor "a" has no shape, add one \(byte 6\)/],
  ['{"a": {"shape": [1], "dtype": "f8"}}', /unknown dtype "f8", give f32, f16 or bf16 \(byte 30\)/],
  ['{"a": {"shape": [1], "init": "zeros"}}', /shape or dtype, not "init"/],
  ['{"a": [1], "a": [2]}', /"a" comes twice/],
  ['{"a": [-1]}', /a whole number from 0/],
  ['{"a": [1.5]}', /expected "]"/],
  ['{"a": [9007199254740993]}', /below 2\^53/],
  ['{"a": [4294967296, 4294967296]}', /too large/],
  ['{"a": [1]} x', /expected the end/],
  ['{"a": [1]', /got the end/],
  [`{"a": [${Array(65).fill(1).join(",")}]}`, /at most 64 numbers/],
])("refuses %s", (list, message) => {
  expect(() => readShapes(text(list))).toThrow(FormatError);
  expect(() => readShapes(text(list))).toThrow(message);
});

test("JSON of other kinds is said to be one, with any name and damage one line", async () => {
  const path = join(root, "model.json");
  for (const other of ['{"nodes": [], "config": {}}', '{"format": "graph"}']) {
    writeFileSync(path, other);
    await expect(openModel(path)).rejects.toThrow("a JSON description of another kind");
  }
  const list = '{"fc1.weight": {"shape": [128, 64], "dtype": "bf16"}, "fc1.bias": [128]}';
  await fc.assert(
    fc.asyncProperty(fc.nat(list.length - 1), fc.nat(127), async (at, byte) => {
      writeFileSync(path, list.slice(0, at) + String.fromCharCode(byte) + list.slice(at + 1));
      await openModel(path).catch((error) => {
        expect(error).toBeInstanceOf(FormatError);
        expect(error.message.startsWith(path)).toBe(true);
      });
    }),
    { numRuns: 150 },
  );
});
