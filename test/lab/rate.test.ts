/** The Rate and scale screen: the experiments of `epoch0 reproduce`, and in a browser. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../lab/src/screens/rate/command.ts";
import { map, slope } from "../../lab/src/screens/rate/compute.ts";
import { RATES, SCALES, schema } from "../../lab/src/screens/rate/state.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { accessibilityFaults, browserPath, type Lab, openLab } from "./browser.ts";
import { figuresOf } from "./commands.ts";
import { statesOf } from "./states.ts";

const context = { breathe: async () => {} };
async function last<Part>(parts: AsyncGenerator<Part>): Promise<Part> {
  let found: Part | undefined;
  for await (const part of parts) found = part;
  if (found === undefined) throw new Error("no part");
  return found;
}

test("the map is the command's", { timeout: 120_000 }, async () => {
  const state = { ...defaults(schema), width: 6, steps: 10, draws: 2, seed: 12345 };
  const { figures } = await figuresOf(commands(state)[0] ?? "");
  const { loss, saturated } = await last(map(state, context));
  expect([figures.scales, figures.rates]).toEqual([SCALES, RATES]);
  expect([loss, saturated]).toEqual([figures.loss, figures.saturatedShare]);
});

test("slope and rate are the command's, for random states", { timeout: 120_000 }, async () => {
  for (const state of [defaults(schema), ...fc.sample(statesOf(schema), { numRuns: 2, seed: 5 })]) {
    const { steep, theorem, plain, apart } = await last(slope(state, context));
    const { figures } = await figuresOf(`${commands(state)[1]} --set draws=1`);
    expect([steep, theorem, plain]).toEqual([figures.slopeLoss, figures.rescaledLoss, figures.plainLoss]);
    expect([[apart.theorem], [apart.plain]]).toEqual([figures.rescaledDifference, figures.plainDifference]);
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

  test("fills its map, is a link, and has no serious fault, light and dark", { timeout: 120_000 }, async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await lab.open("#v1/rate?steps=10&width=8", { colorScheme });
      await page.locator("[aria-busy=false]").waitFor({ timeout: 60_000 });
      expect(await page.locator("figure").count()).toBe(2);
      expect(await page.getByRole("spinbutton", { name: "Steps" }).inputValue()).toBe("10");
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.context().close();
    }
    expect(lab.problems).toEqual([]);
  });
});
