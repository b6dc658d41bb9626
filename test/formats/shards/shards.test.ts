/** Sharded models: through the index, from its own folder only. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { openModel } from "../../../src/formats/file.ts";
import { safetensorsHeader } from "../../../src/formats/safetensors/index.ts";
import { parseShardIndex } from "../../../src/formats/shards/index.ts";
import { shared } from "../corpus-paths.ts";
import { archive, dict, tensor, text } from "../pt/build.ts";

const root = mkdtempSync(join(tmpdir(), "epoch0-shards-"));
const folder = join(root, "model");
afterAll(() => rmSync(root, { recursive: true, force: true }));

function shard(...names: readonly string[]): Uint8Array {
  const head = safetensorsHeader(names.map((name) => ({ name, dtype: "f32" as const, shape: [2] })));
  return Uint8Array.from([...head, ...new Uint8Array(8 * names.length)]);
}

beforeAll(() => {
  mkdirSync(folder);
  writeFileSync(join(folder, "a.safetensors"), shard("a.weight", "shared.weight"));
  writeFileSync(join(folder, "b.safetensors"), shard("b.weight"));
  writeFileSync(join(folder, "twice.safetensors"), shard("shared.weight"));
  writeFileSync(join(folder, "c.bin"), archive(dict([text("c.weight"), tensor()])));
  writeFileSync(join(folder, "notes.txt"), "x");
  writeFileSync(join(root, "secret.safetensors"), shard("secret"));
  symlinkSync(join(root, "secret.safetensors"), join(folder, "link.safetensors"));
  symlinkSync("b.safetensors", join(folder, "inner.safetensors"));
  symlinkSync(root, join(folder, "up"));
});

let written = 0;
function index(weightMap: Readonly<Record<string, string>>, whole?: string): string {
  const path = join(folder, `${written++}.safetensors.index.json`);
  writeFileSync(path, whole ?? JSON.stringify({ metadata: { total_size: 16 }, weight_map: weightMap }));
  return path;
}

test("the corpus' shards together hold what the graph holds", async () => {
  const model = await openModel(`${shared}models/unet-mini-sharded/model.safetensors.index.json`);
  const graph = await openModel(`${shared}models/unet-mini.onnx`);
  expect([...model.parameters.keys()].sort()).toEqual([...graph.parameters.keys()].sort());
  for (const name of model.parameters.keys()) {
    expect(model.read(name)).toEqual(graph.read(name));
    expect([...(model.tiles?.(name) ?? [])].flatMap((piece) => [...piece])).toEqual([...model.read(name)!]);
  }
  expect(model.notes.map(({ code }) => code)).toEqual(["no-graph"]);
});

test("shards may be PyTorch's, and links within the folder", async () => {
  const model = await openModel(index({ "c.weight": "c.bin", "b.weight": "inner.safetensors" }));
  expect([...model.read("c.weight")!]).toEqual([1, 2, 3, 4]);
  expect(model.parameters.get("b.weight")?.shape).toEqual([2]);
});

test.each([
  ["a shard that is missing", { "d.weight": "d.safetensors" }, /"d\.safetensors" is missing/],
  ["a tensor that is missing", { "b.weight": "b.safetensors", "b.bias": "b.safetensors" }, /"b\.bias" is missing in/],
  ["a tensor that the index has not", { "a.weight": "a.safetensors" }, /holds tensor "shared\.weight"/],
  [
    "a tensor in two shards",
    { "a.weight": "a.safetensors", "shared.weight": "a.safetensors", "x.weight": "twice.safetensors" },
    /lies in two shards/,
  ],
  ["a link out of the folder", { secret: "link.safetensors" }, /leads outside the index's folder/],
  ["a parent folder", { secret: "../secret.safetensors" }, /must be a file beside the index/],
  ["a linked folder", { secret: "up/secret.safetensors" }, /must be a file beside the index/],
  ["an absolute path", { x: "/etc/passwd" }, /must be a file beside the index/],
  ["an address", { x: "http://example.org/x.safetensors" }, /must be a file beside the index/],
  ["a backslash", { x: "..\\secret.safetensors" }, /must be a file beside the index/],
  ["a drive", { x: "C:x.safetensors" }, /must be a file beside the index/],
  ["a hidden file", { x: ".safetensors" }, /must be a file beside the index/],
  ["a NUL", { x: "a\0.safetensors" }, /must be a file beside the index/],
  ["another kind of file", { x: "notes.txt" }, /must be \.safetensors or a PyTorch file/],
  ["no shards", {}, /needs a "weight_map"/],
])("refuses %s in one line", async (_, map, message) => {
  const failure = await openModel(index(map)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(FormatError);
  expect(String(failure)).toMatch(message);
  expect(String(failure)).not.toMatch(/[\n\0]/);
});

test.each([
  ["a tensor named twice", '{"weight_map":{"a":"a.safetensors","a":"b.safetensors"}}', "comes twice"],
  ["deep nesting", `{"metadata":${"[".repeat(100_000)}`, "at most 16 levels"],
  ["an array", "[]", 'expected "{"'],
  ["what follows", '{"weight_map":{"a":"a.safetensors"}} x', "expected the end"],
  ["numbers for names", '{"weight_map":{"a":3}}', "expected a string"],
  ["nothing", "", 'expected "{"'],
])("refuses %s", async (_, whole, message) => {
  await expect(openModel(index({}, whole))).rejects.toThrow(message);
});

test("a mutated index is read or refused, never anything else", () => {
  const good = new Uint8Array(readFileSync(`${shared}models/unet-mini-sharded/model.safetensors.index.json`));
  const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(edits, fc.option(fc.nat(good.length)), (changes, cut) => {
      const bytes = good.slice(0, cut ?? good.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        for (const name of parseShardIndex(bytes).shards.keys()) expect(name).not.toMatch(/[/\\]|^\./);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
