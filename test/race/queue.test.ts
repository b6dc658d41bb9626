import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RaceOrder, type RaceProgress, runRace } from "../../src/race/queue.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epoch0-race-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = {
  schemes: ["auto", "zeros"],
  learningRates: [0.1],
  seeds: 3,
  seed: 0,
  steps: 20,
  batch: 16,
  optimizer: "sgd",
  target: null,
} as const;
const order: RaceOrder = { model: "4 > 8 tanh > 3 softmax", data: "iris", standardise: true, settings };

it("goes on after an interruption and ends as if there had been none", async () => {
  const results = join(folder, "race.json");
  const controller = new AbortController();
  const stopped = runRace(order, {
    results,
    signal: controller.signal,
    onProgress: ({ done }) => done === 2 && controller.abort(),
  });
  await expect(stopped).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["race.json"]);

  const seen: RaceProgress[] = [];
  const resumed = await runRace(order, { results, onProgress: (progress) => seen.push(progress) });
  expect(seen.at(-1)).toMatchObject({ done: 6, expected: 6, path: results });
  expect(seen.at(-1)!.kept).toBeGreaterThanOrEqual(2);
  const whole = await runRace(order, { results: join(folder, "whole.json") });
  const timeless = (runs: typeof whole.runs) => runs.map((run) => ({ ...run, seconds: 0 }));
  expect(timeless(resumed.runs)).toEqual(timeless(whole.runs));
  expect(resumed.ranking).toEqual(whole.ranking);
  expect(whole.ranking[0]).toMatchObject({ scheme: "auto", rank: 1 });

  const more = await runRace({ ...order, settings: { ...settings, schemes: ["auto", "zeros", "torch"] } }, { results });
  expect(more.runs).toHaveLength(9);
});

it("does not mix two races in one file, and reads no other file", async () => {
  const results = join(folder, "race.json");
  const before = readFileSync(results, "utf8");
  const other = { ...order, settings: { ...settings, steps: 21 } };
  await expect(runRace(other, { results })).rejects.toThrow("holds another race");
  expect(readFileSync(results, "utf8")).toBe(before);
  const text = join(folder, "notes.json");
  writeFileSync(text, "{}");
  await expect(runRace(order, { results: text })).rejects.toThrow("is not a results file");
  const nowhere = join(folder, "notes.json", "race.json");
  await expect(runRace(order, { results: nowhere })).rejects.toThrow("is no folder, name another file with --results");
  const deep = join(folder, "a", "b", "race.json");
  await expect(runRace(order, { results: deep })).rejects.toThrow("cannot make the folder");
  await expect(runRace({ ...order, data: "no-such.csv" })).rejects.toThrow('no file "no-such.csv", give a file or one');
});
