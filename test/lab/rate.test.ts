/** The Rate and scale screen: the experiments of `epoch0 reproduce`, and in a browser. */

import fc from "fast-check";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../lab/src/screens/rate/command.ts";
import { map, slope } from "../../lab/src/screens/rate/compute.ts";
import { RATES, SCALES, schema } from "../../lab/src/screens/rate/state.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { figuresOf, written } from "./commands.ts";
import { statesOf } from "./states.ts";

const context = { breathe: async () => {} };
async function last<Part>(parts: AsyncGenerator<Part>): Promise<Part> {
  let found: Part | undefined;
  for await (const part of parts) found = part;
  if (found === undefined) throw new Error("no part");
  return found;
}

/** Ten random states, small enough to be trained 48 times each in a test. */
const states = fc.sample(statesOf(schema), { numRuns: 10, seed: 5 }).map((state) => ({
  ...state,
  width: 4 + (state.width % 4),
  steps: 10 + (state.steps % 3),
  draws: 1,
}));

test("the map is the command's", async () => {
  // Of the ten those that a test can afford, and one of two draws.
  for (const state of [...states.slice(0, 2), { ...states[2]!, draws: 2 }]) {
    const { figures } = await figuresOf(commands(state)[0] ?? "");
    const { loss, saturated } = await last(map(state, context));
    expect([figures.scales, figures.rates]).toEqual([SCALES, RATES]);
    expect(written([loss, saturated])).toEqual([figures.loss, figures.saturatedShare]);
  }
});

test("slope and rate are the command's, for ten random states", async () => {
  for (const state of [defaults(schema), ...states]) {
    const { steep, theorem, plain, apart } = await last(slope(state, context));
    const { figures } = await figuresOf(`${commands(state)[1]} --set draws=1`);
    expect(written([steep, theorem, plain])).toEqual([figures.slopeLoss, figures.rescaledLoss, figures.plainLoss]);
    expect(written([[apart.theorem], [apart.plain]])).toEqual([figures.rescaledDifference, figures.plainDifference]);
    // Rescaling by a power of two rounds nothing.
    if (state.beta === 2) expect(apart.theorem).toBe(0);
  }
});

test("no rate rescues the saturated column", { timeout: 60_000 }, async () => {
  const { loss, saturated, done, total } = await last(map({ ...defaults(schema), width: 8, steps: 40 }, context));
  expect(done).toBe(total);
  const best = loss.map((column) => Math.min(...column.map((each) => each ?? Number.POSITIVE_INFINITY)));
  expect(saturated.at(-1)).toBeGreaterThan(0.75);
  expect(best.at(-1)).toBeGreaterThan(2 * Math.min(...best));
});

describe.skipIf(browserPath === undefined)("Rate and scale", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  test("by keys alone: a slider trains anew, training stops, and both pictures have their numbers", {
    timeout: 120_000,
  }, async () => {
    const page = await lab.open("#v1/rate?steps=300&width=4&draws=5");
    const tabTo = async (target: Locator) => {
      for (let presses = 0; presses < 60 && !(await target.evaluate((it) => it === document.activeElement)); presses++)
        await page.keyboard.press("Tab");
    };
    await tabTo(page.getByRole("slider", { name: "Draws" }));
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL(/draws=4/);
    const stop = page.getByRole("button", { name: "Stop training" });
    await stop.waitFor({ timeout: 60_000 });
    await tabTo(stop);
    await page.keyboard.press("Enter");
    await page.locator("[aria-busy=false]").waitFor();
    expect(await stop.count()).toBe(0);
    expect(await page.locator(".command code").first().textContent()).toBe(
      "npx epoch0 reproduce bigger-rate --set width=4 --set steps=300 --set draws=4 --json",
    );
    expect(lab.problems).toEqual([]);
  });
});
