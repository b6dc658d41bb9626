/** Sharded models on disk: equal bytes whoever writes them, continued after a failure, never a shard of something else. */

import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openModel } from "../../src/formats/file.ts";
import { readSafetensorsHeader } from "../../src/formats/safetensors/index.ts";
import { bytesSource } from "../../src/formats/source.ts";
import { initialize } from "../../src/materialize/index.ts";
import { type WriteShardsOptions, writeShards } from "../../src/materialize/write-shards.ts";
import type { Model } from "../../src/model/types.ts";
import { plan as planModel } from "../../src/plan/index.ts";
import { planOf, ROWS } from "./plan.ts";

const root = mkdtempSync(join(tmpdir(), "epoch0-shards-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const plan = planOf(ROWS);
const MOST = 600;
let model: Model;
let folders = 0;
const fresh = () => join(root, String(folders++));

/** Name and digest of every file, hidden ones left out. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !name.startsWith("."));
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

const write = (folder: string, options: WriteShardsOptions = {}, from = plan) =>
  writeShards(folder, model, from, { maxShardBytes: MOST, ...options });

let undisturbed: Record<string, string>;
beforeAll(async () => {
  model = await openModel("4 > 2");
  const folder = fresh();
  const written = await write(folder);
  undisturbed = contents(folder);
  expect(written.complete).toBe(true);
  expect(written.of).toBe(3);
  for (const { path, bytes, sha256, kept } of [...written.files, { ...written, kept: false }]) {
    expect(kept).toBe(false);
    expect(bytes).toBe(statSync(path).size);
    expect(sha256).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
  }
});

test("what is written is what is drawn, and reads back through the index", async () => {
  const folder = fresh();
  const { path } = await write(folder);
  expect(path).toBe(join(folder, "model.safetensors.index.json"));
  const read = await openModel(path);
  const whole = initialize(plan);
  expect(read.parameters.size).toBe(ROWS.length);
  for (const { name } of ROWS) expect([...read.read(name)!]).toEqual([...whole.get(name)!]);
  const { metadata } = readSafetensorsHeader(
    bytesSource(new Uint8Array(readFileSync(join(folder, "model-00002-of-00003.safetensors")))),
  );
  expect(Object.fromEntries(metadata)).toMatchObject({ format: "pt", seed: "7", scheme: "by-hand", shard: "2/3" });
});

test.each([1, 2, 3, 5])("%i ranks together write the very same files, each without the others'", async (count) => {
  const folder = fresh();
  const apart: string[] = [];
  for (let index = count; index >= 1; index--) {
    const own = fresh();
    const alone = await write(own, { shard: { index, count } });
    expect(alone.complete).toBe(count === 1);
    if (count > 1) expect(existsSync(alone.path)).toBe(false);
    apart.push(...Object.keys(contents(own)).filter((name) => !name.endsWith(".json")));
    const together = await write(folder, { shard: { index, count } });
    expect(together.complete).toBe(Object.keys(contents(folder)).length === 4);
    if (index === 1) expect(together.complete).toBe(true);
    expect(together.sha256).toBe(undisturbed["model.safetensors.index.json"]);
  }
  expect(apart.sort()).toEqual(Object.keys(undisturbed).filter((name) => !name.endsWith(".json")));
  expect(contents(folder)).toEqual(undisturbed);
});

test("without a size there is one file a rank, of the rank's own number, and the tensors are the same", async () => {
  const folder = fresh();
  for (const index of [4, 1, 3, 2]) {
    const { files } = await write(folder, { shard: { index, count: 4 }, maxShardBytes: null });
    expect(files.map(({ path }) => path)).toEqual([join(folder, `model-0000${index}-of-00004.safetensors`)]);
  }
  expect(Object.keys(contents(folder))).toHaveLength(5);
  const read = await openModel(join(folder, "model.safetensors.index.json"));
  const whole = initialize(plan);
  for (const { name } of ROWS) expect([...read.read(name)!]).toEqual([...whole.get(name)!]);
});

test("a name for the weights, one file where everything fits, and a folder that is made", async () => {
  const folder = join(fresh(), "deep", "er");
  const named = await write(join(folder, "net.safetensors"));
  expect(named.path).toBe(join(folder, "net.safetensors.index.json"));
  expect(existsSync(join(folder, "net-00003-of-00003.safetensors"))).toBe(true);
  const single = await write(fresh(), { maxShardBytes: null });
  expect(single.path).toMatch(/model\.safetensors$/);
  expect(single.files).toHaveLength(1);
  expect(single.sha256).toBe(createHash("sha256").update(readFileSync(single.path)).digest("hex"));
});

test("an aborted run leaves no temporary file and no index; the next one goes on", async () => {
  const folder = fresh();
  const controller = new AbortController();
  const stop = (_: number, tensor: string) => {
    if (tensor === "b.weight") controller.abort(new Error("stopped"));
  };
  await expect(write(folder, { signal: controller.signal, onProgress: stop })).rejects.toThrow("stopped");
  expect(Object.keys(contents(folder))).toEqual(["model-00001-of-00003.safetensors"]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  const { files } = await write(folder);
  expect(files.map(({ kept }) => kept)).toEqual([true, false, false]);
  expect(contents(folder)).toEqual(undisturbed);
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const file = openSync(path, "r+");
  writeSync(file, Uint8Array.of(bytes[at < 0 ? bytes.length + at : at]! ^ 1), 0, 1, at < 0 ? bytes.length + at : at);
  closeSync(file);
}

const FIRST = "model-00001-of-00003.safetensors";

test.each<[string, (folder: string) => void]>([
  ["is cut", (folder) => truncateSync(join(folder, FIRST), 100)],
  ["has one wrong bit in its data", (folder) => flip(join(folder, FIRST), -1)],
  ["has one wrong bit in its header", (folder) => flip(join(folder, FIRST), 40)],
  ["is gone", (folder) => rmSync(join(folder, FIRST))],
  ["has no digest beside it", (folder) => rmSync(join(folder, `.${FIRST}.sha256`))],
  ["has another file's digest", (folder) => writeFileSync(join(folder, `.${FIRST}.sha256`), `${"0".repeat(64)}  x\n`)],
])("a shard that %s is drawn again", async (_, damage) => {
  const folder = fresh();
  await write(folder);
  damage(folder);
  const { files } = await write(folder);
  expect(files.map(({ kept }) => kept)).toEqual([false, true, true]);
  expect(contents(folder)).toEqual(undisturbed);
});

test.each<[string, WriteShardsOptions, typeof plan]>([
  ["seed", { seed: 8 }, plan],
  ["seed of the plan", {}, planOf(ROWS, 8)],
  ["stream", { stream: "numpy" }, planOf(ROWS.filter(({ name }) => !/^[bcd]/.test(name)))],
  [
    "initializer",
    {},
    planOf(ROWS.map((row) => (row.name === "a.bias" ? { ...row, initializer: { kind: "ones" } } : row))),
  ],
  ["scheme", {}, { ...plan, scheme: "another" }],
])("nothing is kept of a run with another %s", async (_, options, other) => {
  const folder = fresh();
  await write(folder);
  const again = await write(folder, options, other);
  expect(again.files.some(({ kept }) => kept)).toBe(false);
  const alone = fresh();
  await write(alone, options, other);
  for (const { path, sha256 } of again.files) expect(contents(alone)[path.slice(folder.length + 1)]).toBe(sha256);
});

test("there is no index while files are being replaced", async () => {
  const folder = fresh();
  await write(folder);
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("stopped"));
  const other = { seed: 8, signal: controller.signal, onProgress: stop };
  await expect(write(folder, other)).rejects.toThrow("stopped");
  expect(existsSync(join(folder, "model.safetensors.index.json"))).toBe(false);
  // A rank of one plan does not complete another's model.
  const mixed = await write(folder, { seed: 8, shard: { index: 1, count: 3 } });
  expect(mixed.complete).toBe(false);
  expect(existsSync(mixed.path)).toBe(false);
});

test("values of the model's own file are taken anew where that file changed", async () => {
  const source = join(root, "source");
  const { path } = await write(source);
  const folder = fresh();
  const keep = async () => {
    const read = await openModel(path);
    return writeShards(folder, read, planModel(read, { scheme: "file" }), { source: path, maxShardBytes: MOST });
  };
  await keep();
  expect((await keep()).files.every(({ kept }) => kept)).toBe(true);
  await write(source, { seed: 9 });
  expect((await keep()).files.some(({ kept }) => kept)).toBe(false);
  await expect(writeShards(source, await openModel(path), plan, { source: path, maxShardBytes: MOST })).rejects.toThrow(
    "this is the model's own file",
  );
});

test("files that loaders would take instead are refused, and so is a folder in a file's place", async () => {
  const folder = fresh();
  mkdirSync(folder);
  writeFileSync(join(folder, "model.safetensors"), "x");
  await expect(write(folder)).rejects.toThrow("model.safetensors is there and loaders take it before an index");
  const other = fresh();
  mkdirSync(join(other, FIRST), { recursive: true });
  await expect(write(other)).rejects.toThrow("is a directory, name a file in it");
  const file = fresh();
  writeFileSync(file, "x");
  await expect(write(join(file, "below"))).rejects.toThrow("a part of the path is not a folder");
});

test("what a killed process left is removed, what a living one writes stays", async () => {
  const folder = fresh();
  mkdirSync(folder);
  await write(folder, { shard: { index: 2, count: 3 } });
  const { temporaryName } = await import("../../src/materialize/write-temporary.ts");
  const living = temporaryName(join(folder, FIRST));
  // Beyond the largest process id that Linux gives (2^22).
  const dead = living.replace(`-${process.pid}-`, "-4194999-");
  // A container that was started again: its process has the number of the one before.
  const former = living.replace(/-[0-9a-f]{6}\.tmp$/, "-000000.tmp");
  for (const path of [living, dead, former]) writeFileSync(path, "half");
  await write(folder);
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(former)).toBe(false);
  expect(existsSync(living)).toBe(true);
});
