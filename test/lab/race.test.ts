/** The Race screen: the runs of `epoch0 race`, seen step by step, and in a browser. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { architecture, commands, SIZES } from "../../lab/src/screens/race/command.ts";
import { type RacePart, race } from "../../lab/src/screens/race/compute.ts";
import { type RaceState, schema, schemesOf } from "../../lab/src/screens/race/state.ts";
import { beginningOf, ratiosOf } from "../../lab/src/screens/race/updates.ts";
import { fate } from "../../lab/src/screens/race/words.ts";
import { formatLink } from "../../lab/src/state/link.ts";
import { defaults, encode } from "../../lab/src/state/schema.ts";
import { formatNumber } from "../../src/report/number.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { outputOf, written } from "./commands.ts";
import { statesOf } from "./states.ts";

interface RaceJson {
  readonly runs: readonly {
    readonly scheme: string;
    readonly state: string;
    readonly losses: readonly (number | string)[];
    readonly evaluations: readonly {
      readonly step: number;
      readonly loss: number | string;
      readonly accuracy: number;
    }[];
    readonly loss: number | string;
    readonly accuracy: number | null;
  }[];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "race-screen-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
async function command(state: RaceState): Promise<RaceJson> {
  const results = join(folder, `${files++}.json`);
  return JSON.parse(await outputOf(`${commands(state, null)[0]} --threads 1 --results "${results}"`));
}

/** All parts, the pace being "as far as it goes". */
async function parts(state: RaceState, file: { name: string; text: string } | null = null): Promise<RacePart[]> {
  const context = { breathe: async () => {}, told: () => state.steps + 1, hear: async () => {} };
  const found: RacePart[] = [];
  for await (const part of race({ state, file }, context)) found.push(part);
  return found;
}

const lastFrame = (found: readonly RacePart[]) => {
  const last = found.at(-1);
  if (last?.kind !== "frame") throw new Error("no frame");
  return last;
};
describe("runs", () => {
  test("are those of the command on the screen, for ten random states", async () => {
    for (const random of fc.sample(statesOf(schema), { numRuns: 10, seed: 11 })) {
      const data = random.data === "file" ? "moons" : random.data;
      const state = { ...random, data, depth: Math.min(3, random.depth), width: Math.min(16, random.width), steps: 12 };
      const found = await parts(state);
      const [opened] = found;
      expect(opened).toMatchObject({ kind: "opened", line: architecture(state, SIZES[data]) });
      const { runs, over } = lastFrame(found);
      expect(over).toBe(true);
      const { runs: expected } = await command(state);
      const view = runs.map(({ scheme, state, losses, evaluations, final }) => ({
        scheme,
        state,
        losses,
        evaluations,
        ...final,
      }));
      expect(written(view)).toEqual(
        expected.map(({ scheme, state, losses, evaluations, loss, accuracy }) => ({
          scheme,
          state,
          losses,
          evaluations,
          loss,
          accuracy,
        })),
      );
    }
  });

  test("a divergence is named with the layer where it began", async () => {
    const state: RaceState = {
      ...defaults(schema),
      data: "digits",
      activation: "relu",
      a: "gpt2(1)",
      b: "none",
      c: "none",
      d: "none",
      steps: 30,
      optimizer: "sgd",
    };
    const [run] = lastFrame(await parts(state)).runs;
    expect(run?.state).toBe("diverged");
    expect(run?.began?.weight).toMatch(/weight/);
    expect(run === undefined ? "" : fate(run)).toMatch(/^Diverged after \d+ steps? \(.*\)\. It began in layer \d/);
  });

  test("a file of one's own is read here, and asks for labels", async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${Math.sin(i)},${Math.cos(2 * i)},${i % 3},${i % 2 === 0 ? "even" : "odd"}`,
    );
    const state: RaceState = { ...defaults(schema), data: "file", depth: 1, width: 4, steps: 10, c: "none", d: "none" };
    const found = await parts(state, { name: "own.csv", text: `a,b,c,label\n${rows.join("\n")}\n` });
    expect(found[0]).toMatchObject({
      line: "3 > 4 relu x1 > 2",
      train: 32,
      test: 8,
      points: null,
      sizes: { name: "own.csv" },
    });
    expect(lastFrame(found).over).toBe(true);
    await expect(parts(state, { name: "own.csv", text: "1,2\n3,4\n" })).rejects.toThrow(/own.csv: no labels/);
  });
});

describe("where a divergence began", () => {
  const names = ["a", "b"];
  test("is the layer that the first step as large as the weights moved furthest", () => {
    expect(
      beginningOf(names, [
        [0.1, 0.2],
        [0.5, 3],
        [100, 4],
      ]),
    ).toMatchObject({ layer: 2, step: 1, ratio: 3 });
    expect(
      beginningOf(names, [
        [0.1, 0.2],
        [0.3, 0.1],
      ]),
    ).toMatchObject({ layer: 1, step: 1 });
    // Zeros that leave 0 have no share; numbers that are none are further than any.
    expect(
      beginningOf(names, [
        [0.1, Number.POSITIVE_INFINITY],
        [Number.NaN, 2],
      ]),
    ).toMatchObject({ layer: 1, step: 1 });
    expect(beginningOf(names, [])).toBeNull();
  });
  test("ratios are norms of the change over norms of the weights", () => {
    const before = new Map([
      ["a", Float32Array.of(3, 4)],
      ["b", Float32Array.of(0, 0)],
    ]);
    const after = new Map([
      ["a", Float32Array.of(3, 6)],
      ["b", Float32Array.of(0, 1)],
    ]);
    expect(ratiosOf(names, before, after)).toEqual([2 / 5, Number.POSITIVE_INFINITY]);
    expect(ratiosOf(names, before, before)).toEqual([0, 0]);
  });
});

test("schemes race once each, and nobody is nobody", () => {
  expect(schemesOf({ a: "auto", b: "none", c: "auto", d: "zeros" })).toEqual(["auto", "zeros"]);
});

describe.skipIf(browserPath === undefined)("Race", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });
  const short: RaceState = { ...defaults(schema), depth: 2, width: 8, steps: 12, c: "none", d: "none", seed: 3 };
  const link = (state: RaceState) => formatLink({ screen: "race", query: encode(schema, state) });
  const patient = { timeout: 30_000 };

  test("runs live to its end, with the numbers of its command", { timeout: 90_000 }, async () => {
    const page = await lab.open(link(short));
    await page.locator("[aria-busy=false]").waitFor(patient);
    await page.getByRole("button", { name: "Numbers" }).first().click();
    const { runs } = await command(short);
    const expected = [...runs]
      .sort((a, b) => Number(a.loss) - Number(b.loss))
      .map(({ loss }) => formatNumber(Number(loss)));
    expect(await page.locator("figure").first().locator("tbody td:nth-child(2)").allTextContents()).toEqual(expected);
    expect(await page.locator("canvas").count()).toBe(2);
    expect(await page.getByText("over after 12 steps").count()).toBe(1);
    expect(lab.problems).toEqual([]);
  });

  test("waits, goes one step and plays, by keyboard alone", { timeout: 90_000 }, async () => {
    const page = await lab.open(link(short), { reducedMotion: "reduce" });
    const race = page.locator("[data-step]");
    await page.locator("canvas").first().waitFor(patient);
    expect(await race.getAttribute("data-step")).toBe("0");
    await page.getByRole("button", { name: "One step" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => race.getAttribute("data-step"), patient).toBe("1");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.locator("[aria-busy=false]").waitFor(patient);
    const second = page.getByRole("combobox", { name: "Second" });
    await second.selectOption("zeros");
    await page.waitForURL(/b=zeros/);
    await expect.poll(() => page.locator(".lane h3").allTextContents().then(String), patient).toContain("zeros");
    await page.goBack();
    await expect.poll(() => second.inputValue(), patient).toBe("one-over-root-n");
    expect(lab.problems).toEqual([]);
  });

  test("takes a CSV file", { timeout: 90_000 }, async () => {
    const page = await lab.open(link({ ...short, data: "file" }));
    const rows = Array.from({ length: 30 }, (_, i) => `${i % 7},${i % 5},${i % 3 === 0 ? "third" : "other"}`);
    const file = { name: "own rows.csv", mimeType: "text/csv", buffer: Buffer.from(`${rows.join("\n")}\n`) };
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByText("2 > 8 relu x2 > 2; 24 rows to learn from, 6 held out").waitFor(patient);
    await expect.poll(() => page.locator(".command code").textContent(), patient).toContain("--data 'own rows.csv'");
    expect(lab.problems).toEqual([]);
  });
});
