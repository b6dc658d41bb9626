/** Shards written by threads that draw across tensors and files: the bytes of one thread. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeNumbers } from "../../src/formats/dtype.ts";
import { readSafetensorsHeader } from "../../src/formats/safetensors/index.ts";
import { bytesSource } from "../../src/formats/source.ts";
import { inTurn } from "../../src/materialize/write-in-turn.ts";

const root = new URL("../../", import.meta.url);
const { build }: { build(): void } = await import(new URL("scripts/prepare.mjs", root).href);
build();
// Threads have a script only beside the built library.
const { initialize, plan, readLine }: typeof import("../../src/index.ts") = await import(
  new URL("dist/index.js", root).href
);
const { writeShards }: typeof import("../../src/node.ts") = await import(new URL("dist/node.js", root).href);

const folder = mkdtempSync(join(tmpdir(), "epoch0-threads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("shards of more values than threads need to pay hold what initialize draws", async () => {
  // 34 million values: large, small and constant tensors by turns, over several files.
  const model = readLine("2048 > 4096 relu > 4096 relu > 2049 relu > 300 softmax");
  const chosen = plan(model, { scheme: "auto", seed: 3 });
  expect(chosen.model.scalars).toBeGreaterThan(2 ** 25);
  const { files } = await writeShards(folder, model, chosen, { dtype: "bf16", maxShardBytes: 2e7 });
  expect(files.length).toBeGreaterThan(2);
  const expected = initialize(chosen);
  const seen: string[] = [];
  for (const { path } of files) {
    const bytes = readFileSync(path);
    for (const { name, offset, bytes: length } of readSafetensorsHeader(bytesSource(bytes)).tensors) {
      seen.push(name);
      const whole = encodeNumbers(expected.get(name) ?? new Float32Array(0), "bf16");
      expect(Buffer.compare(bytes.subarray(offset, offset + length), whole), name).toBe(0);
    }
  }
  expect(seen.sort()).toEqual(chosen.tensors.map(({ name }) => name).sort());
}, 120_000);

/** Items that are filled at once and come to their end when they are told, or fail. */
function held() {
  const begun: string[] = [];
  const ends = new Map<string, { readonly finish: () => void; readonly fail: (error: Error) => void }>();
  const work = (item: string, filled: () => void) => {
    begun.push(item);
    filled();
    return new Promise<void>((finish, fail) => ends.set(item, { finish, fail }));
  };
  return { begun, ends, work };
}
/** Everything that is due has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("in turn: the next begins when one is filled, and no third before the first is at its end", async () => {
  const { begun, ends, work } = held();
  const all = inTurn(["a", "b", "c"], work);
  await settled();
  expect(begun).toEqual(["a", "b"]);
  ends.get("a")?.finish();
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
  for (const item of ["b", "c"]) ends.get(item)?.finish();
  await all;
});

test("in turn: after a failure nothing begins, and it is told when nothing is at work any more", async () => {
  const { begun, ends, work } = held();
  let told = false;
  const all = inTurn(["a", "b", "c"], work).finally(() => {
    told = true;
  });
  const rejected = expect(all).rejects.toThrow("disk");
  await settled();
  ends.get("a")?.fail(new Error("disk"));
  await settled();
  expect([begun, told]).toEqual([["a", "b"], false]);
  ends.get("b")?.finish();
  await rejected;
});
