/** Several threads: the same bits as one, whatever is asked, and an end in every case. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { encodeNumbers } from "../../src/formats/dtype.ts";
import { draw } from "../../src/init/index.ts";
import { type Fill, runFill } from "../../src/kernels/index.ts";
import { createKey } from "../../src/random/index.ts";
import { draws, LAWS } from "../browser/draws.js";

type Library = typeof import("../../src/index.ts");

const root = new URL("../../", import.meta.url);
const { build }: { build(): void } = await import(new URL("scripts/prepare.mjs", root).href);
build();
const library: Library = await import(new URL("dist/index.js", root).href);
const { createPool, fillParallel, sharedFloat32 } = library;

const folder = mkdtempSync(join(tmpdir(), "epoch0-pool-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COUNT = 5_000_003;
const fill: Fill = { kind: "normal", key: createKey(0, "w"), start: 77, mean: 0, std: 0.02 };
const sha = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array) =>
  createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
const expected = (() => {
  const values = new Float32Array(COUNT);
  runFill(values, fill, null);
  return sha(values);
})();

test("every law and float type: one thread, tiles, one and four threads agree with the reference", async () => {
  const hashes = await draws(library, [1, 4]);
  const shape = [11, 3001];
  for (const [name, initializer] of Object.entries(LAWS)) {
    const values = draw(initializer, { seed: 3, name: "w", shape });
    for (const dtype of ["f32", "f16", "bf16"] as const)
      expect(hashes[`${name} ${dtype}`], `${name} ${dtype}`).toBe(sha(encodeNumbers(values, dtype)));
  }
  // One more: what threads write into memory that they share, compared there with one thread's.
  expect(Object.keys(hashes)).toHaveLength(1 + Object.keys(LAWS).length * 3);
});

test.each([
  ["memory that kernels write to", () => sharedFloat32(COUNT)],
  ["a part of it", () => sharedFloat32(COUNT + 100).subarray(37, COUNT + 37)],
  ["a SharedArrayBuffer", () => new Float32Array(new SharedArrayBuffer(COUNT * 4))],
  ["an ordinary array", () => new Float32Array(COUNT)],
])("fillParallel into %s: one and three threads, and progress to the end", async (_, make) => {
  for (const size of [1, 3]) {
    const pool = createPool({ size });
    const shares: number[] = [];
    const out = make();
    await fillParallel(out, fill, { pool, onProgress: (share) => shares.push(share) });
    pool.close();
    expect(sha(out)).toBe(expected);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  }
});

test("memories one after the other in one pool: each gets its own values", async () => {
  const pool = createPool({ size: 2 });
  for (let i = 0; i < 3; i++) {
    const out = sharedFloat32(COUNT);
    await fillParallel(out, fill, { pool });
    expect(sha(out)).toBe(expected);
  }
  pool.close();
});

test("an abort ends a fill with its reason, and the pool goes on", async () => {
  const pool = createPool({ size: 2 });
  const controller = new AbortController();
  const reason = new Error("enough");
  const out = new Float32Array(COUNT * 4);
  const filling = fillParallel(out, fill, {
    pool,
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(filling).rejects.toBe(reason);
  const after = new Float32Array(COUNT);
  await fillParallel(after, fill, { pool });
  expect(sha(after)).toBe(expected);
  pool.close();
});

test.each([
  ["throws", 'throw new Error("no memory")', /a worker thread failed \(no memory\)/],
  [
    "ends",
    'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(3));',
    /a worker thread ended with code 3/,
  ],
])("a thread that %s gives an error, not a hang", async (name, script, message) => {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, script);
  const pool = createPool({ size: 2, url: pathToFileURL(path) });
  await expect(fillParallel(new Float32Array(COUNT), fill, { pool })).rejects.toThrow(message);
  await expect(fillParallel(new Float32Array(COUNT), fill, { pool })).rejects.toThrow(/pool: /);
});

test("closed while at work: what was asked for fails", async () => {
  const pool = createPool({ size: 1 });
  const filling = fillParallel(new Float32Array(COUNT), fill, { pool });
  pool.close();
  await expect(filling).rejects.toThrow(/closed while at work/);
});

test("wrong numbers are told before any thread is asked", async () => {
  const pool = createPool({ size: 1 });
  await expect(fillParallel(new Float32Array(4), { ...fill, std: -1 } as Fill, { pool })).rejects.toThrow(
    /not negative/,
  );
  pool.close();
  expect(() => createPool({ size: 0 })).toThrow(/whole number from 1/);
});

test("a process ends by itself after a big draw, with threads idle behind it", () => {
  const script = `
    import { drawParallel } from ${JSON.stringify(new URL("dist/index.js", root).href)};
    const out = await drawParallel({ kind: "uniform", low: 0, high: 1 }, { seed: 0, name: "w", shape: [2 ** 25] });
    process.stdout.write(String(out.length));`;
  const start = performance.now();
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: fileURLToPath(root),
    encoding: "utf8",
    timeout: 60_000,
  });
  expect([status, stdout]).toEqual([0, String(2 ** 25)]);
  expect(performance.now() - start).toBeLessThan(60_000);
});
