/** The Zeros and twins screen: its numbers are those of its command, and what it shows is the verdict of `reproduce zeros`. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../lab/src/screens/twins/command.ts";
import { training } from "../../lab/src/screens/twins/compute.ts";
import { schema, shown, type TwinsState } from "../../lab/src/screens/twins/state.ts";
import { sentence, tableOf, titleOf, weightsTable } from "../../lab/src/screens/twins/words.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { zeros } from "../../src/reproduce/statements/zeros.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { figuresOf } from "./commands.ts";
import { statesOf } from "./states.ts";

const start: TwinsState = defaults(schema);

test("from zero: the verdict of reproduce", async () => {
  const { figures } = await zeros.run({ seed: 0, size: "quick" });
  const [tanh, relu, logistic] = (["tanh", "relu", "logistic"] as const).map((activation) =>
    training({ ...start, activation }),
  );
  for (const [run, ranks] of [
    [tanh!, figures.tanhRank],
    [relu!, figures.reluRank],
  ] as const) {
    expect(run.moved).toBeNull();
    expect(new Set(run.frames.map(({ rank }) => rank))).toEqual(new Set(ranks as number[]));
    expect(titleOf(run)).toBe("No hidden weight ever moves: only the last bias learns");
    expect(sentence(run, 7)).toContain("rank 0 of 4");
  }
  expect(logistic!.moved).toBe(Math.min(...(figures.logisticFirstMove as number[])));
  expect(Math.max(...logistic!.frames.map(({ rank }) => rank))).toBe(Math.max(...(figures.logisticRank as number[])));
  expect(titleOf(logistic!)).toBe(
    "From step 2 the hidden weights move, but the four units of a layer stay one unit for ever",
  );
  expect(sentence(logistic!, 1)).toContain("have not moved");
  expect(sentence(logistic!, 500)).toContain(
    "all 4 units are the same unit, to the bit; the matrix between them has rank 1 of 4",
  );
});

test("its tables are in the JSON of the command on the screen, for ten random states", async () => {
  for (const random of fc.sample(statesOf(schema), { numRuns: 10, seed: 2 })) {
    const state = { ...random, seed: random.seed % 1000 };
    const [line = ""] = commands(state);
    // Draws decide the verdict, not the figures of the screen.
    const { figures } = await figuresOf(`${line} --set draws=1`);
    const run = training(state);
    const at = tableOf(run).rows.map(([step]) => Number(step));
    const columns = ["loss", "rank", "stableRank", "units1", "units2"].map((name) => figures[name] as number[]);
    expect(tableOf(run).rows).toEqual(at.map((step) => [step, ...columns.map((column) => column[step])]));
    const last = Math.min(state.step, run.frames.length - 1);
    const cells = weightsTable(run.frames[last]!).rows.map((row) => row.slice(1).filter((cell) => cell !== null));
    expect(cells).toEqual(figures.weights);
  }
});

test("any constant makes twins for ever, to the bit", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("tanh" as const, "relu" as const, "logistic" as const),
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.nat(1000),
      (activation, value, rate, seed) => {
        const { frames } = training({ ...start, activation, start: "constant", value, rate, seed });
        for (const { groups, rank } of frames) {
          expect(groups).toEqual([
            [0, 0, 0, 0],
            [0, 0, 0, 0],
          ]);
          expect(rank).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 6, endOnFailure: true },
  );
});

test("a breath of noise lets units part and learn what one unit cannot", () => {
  // How far 1,000 steps come depends on the draw: the median of nine. The law of it is rumelhart-1986's to test.
  const draws = Array.from({ length: 9 }, (_, draw) => ({ ...start, activation: "tanh", seed: draw }) as const);
  const median = (trainings: readonly ReturnType<typeof training>[]) =>
    trainings.map(({ frames }) => frames.at(-1)!.loss).sort((a, b) => a - b)[4]!;
  const constants = draws.map((each) => training({ ...each, start: "constant" }));
  const breaths = draws.map((each) => training({ ...each, start: "breath" }));
  const breath = breaths[0]!;
  expect(breath.frames[0]!.rank).toBe(4);
  expect(breath.frames[0]!.stableRank).toBeLessThan(1.01);
  expect(median(breaths)).toBeLessThan(median(constants) / 2);
  expect(titleOf(breath)).toMatch(/^A breath of noise/);
  const wild = training({ ...start, activation: "relu", start: "constant", value: 2, rate: 5 });
  if (wild.diverged !== null) expect(titleOf(wild)).toBe(`The training diverges at step ${wild.diverged}`);
  expect(wild.frames.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  expect(shown(start)).not.toContain("noise");
});

describe.skipIf(browserPath === undefined)("Zeros and twins", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  test("steps, plays, pauses and starts again by keyboard alone; the link follows", async () => {
    const page = await lab.open("#v1/twins");
    await page.locator("figure").first().waitFor();
    const verdict = page.locator("figure p.verdict").first();
    expect(await verdict.textContent()).toContain("After 0 steps in both hidden layers all 4 units are the same unit");
    const step = page.getByRole("button", { name: "Step", exact: true });
    for (let presses = 0; presses < 30 && !(await step.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.waitForURL(/step=2/);
    expect(await verdict.textContent()).toContain("After 2 steps");
    await page.getByRole("button", { name: "Play" }).press("Enter");
    await expect.poll(() => verdict.textContent(), { timeout: 30_000 }).toMatch(/After \d\d+ steps/);
    await page.getByRole("button", { name: "Pause" }).press("Enter");
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.getByRole("button", { name: "Reset" }).press("Enter");
    await expect.poll(() => verdict.textContent(), { timeout: 30_000 }).toContain("After 0 steps");
    await page.getByRole("combobox", { name: "Weights start" }).selectOption("drawn");
    await expect
      .poll(() => page.locator("figure h2").first().textContent(), { timeout: 30_000 })
      .toMatch(/^Drawn weights/);
    await page.waitForURL(/start=drawn/);
    expect(lab.problems).toEqual([]);
  });

  test("a link is the state, and nothing plays by itself", async () => {
    const page = await lab.open("#v1/twins?activation=tanh&start=breath&step=300", { reducedMotion: "reduce" });
    await page.locator("figure").first().waitFor();
    expect(await page.locator("figure p.verdict").first().textContent()).toContain(
      "After 300 steps all 4 units of the first hidden layer differ",
    );
    expect(await page.getByRole("button", { name: "Play" }).count()).toBe(1);
    expect(lab.problems).toEqual([]);
  });
});
