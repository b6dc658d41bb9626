/** `epoch0 race` as a process: worker threads, one JSON document, Ctrl-C and going on. */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "bin", "epoch0.mjs");
let folder = "";

beforeAll(() => {
  const script = 'const { build } = await import("./scripts/prepare.mjs"); build();';
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root }).status).toBe(0);
  folder = mkdtempSync(join(tmpdir(), "epoch0-race-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = "4 > 8 tanh > 3 softmax";
const common = ["race", line, "--data", "iris", "--standardise", "--schemes", "auto,zeros", "--threads", "2"];
const epoch0 = (...words: string[]) => spawnSync(process.execPath, [bin, ...words], { cwd: folder, encoding: "utf8" });

test("runs on threads and prints one document with numbers in full", () => {
  const { status, stdout, stderr } = epoch0(
    ...common,
    "--steps",
    "30",
    "--seeds",
    "4",
    "--json",
    "--html",
    "race.html",
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "wrote race.html\n" });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ schema: "epoch0.race/1", data: { name: "iris", train: 120, test: 30 } });
  expect(result.runs).toHaveLength(8);
  for (const run of result.runs) {
    expect(run.losses).toHaveLength(run.evaluations.at(-1).step);
    expect(Object.keys(run)).toEqual(
      expect.arrayContaining(["scheme", "seed", "learningRate", "accuracy", "diverged"]),
    );
  }
  expect(result.ranking.map(({ scheme }: { scheme: string }) => scheme)).toEqual(["auto", "zeros"]);
  // The same command finds every run in its file, the table says where.
  const again = epoch0(...common, "--steps", "30", "--seeds", "4");
  expect(again.stdout).toMatch(/auto is ahead of the rest on iris/);
  const [, done, kept] = again.stdout.match(/(\d+) runs, (\d+) of an earlier time, kept in \.epoch0\/race-/) ?? [];
  expect(done).toBe(kept);
});

test("Ctrl-C keeps what is done, exit code 130, and the same command goes on", async () => {
  const words = [...common, "--steps", "400", "--seeds", "12", "--lr", "0.1", "--results", "kept/long.json"];
  const child = spawn(process.execPath, [bin, ...words], { cwd: folder });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  for (let waited = 0; waited < 400; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (readdirSync(folder).includes("kept") && readdirSync(join(folder, "kept")).includes("long.json")) break;
  }
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(stderr).toMatch(/^epoch0: interrupted, \d+ runs are kept in kept\/long\.json, run the same command again/);
  expect(readdirSync(join(folder, "kept"))).toEqual(["long.json"]);
  const again = epoch0(...words);
  expect(again.status).toBe(0);
  expect(again.stdout).toMatch(/24 runs, [1-9]\d* of an earlier time, kept in kept\/long\.json/);
});

test("says in one line what is wrong with the order", () => {
  const fails = (...words: string[]) => {
    const { status, stderr } = epoch0("race", ...words);
    expect(status).toBe(2);
    expect(stderr.split("\n")).toHaveLength(2);
    return stderr;
  };
  expect(fails(line)).toMatch(/^epoch0: race: no data, add --data/);
  expect(fails(line, "--data", "digits")).toMatch(/digits has 64 numbers a row, got a model input of 4/);
  expect(fails(line, "--data", "iris", "--schemes", "he-norml")).toMatch(/he-norml/);
  expect(fails(line, "--data", "iris", "--lr", "fast")).toMatch(/--lr: must be/);
});
