/** The Rate and scale screen: the experiments of `epoch0 reproduce`, and in a browser. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { map, slope } from "../../lab/src/screens/rate/compute.ts";
import { schema } from "../../lab/src/screens/rate/state.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { epoch0 } from "../cli/helpers.ts";
import { accessibilityFaults, browserPath, type Lab, openLab } from "./browser.ts";

const context = { breathe: async () => {} };
async function last<Part>(parts: AsyncGenerator<Part>): Promise<Part> {
  let found: Part | undefined;
  for await (const part of parts) found = part;
  if (found === undefined) throw new Error("no part");
  return found;
}

interface Reproduced {
  readonly results: readonly { readonly figures: { readonly plainDifference: readonly number[] } }[];
}

test("slope and rate are the command's, first draw", { timeout: 60_000 }, async () => {
  const { apart } = await last(slope(defaults(schema), context));
  // Rescaling by a power of two rounds nothing.
  expect(apart.theorem).toBe(0);
  const { out } = await epoch0(["reproduce", "slope-is-rate", "--quick", "--json"]);
  const { results }: Reproduced = JSON.parse(out);
  expect(apart.plain).toBe(results[0]?.figures.plainDifference[0]);
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
