/** The Signal screen in a browser. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { architecture, schemesOf } from "../../lab/src/screens/signal/command.ts";
import { schema } from "../../lab/src/screens/signal/state.ts";
import { formatLink } from "../../lab/src/state/link.ts";
import { encode } from "../../lab/src/state/schema.ts";
import { formatNumber } from "../../src/report/number.ts";
import { epoch0 } from "../cli/helpers.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { statesOf } from "./states.ts";

describe.skipIf(browserPath === undefined)("Signal", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  test("opens on the 1/√n rule that loses the signal and the scheme that keeps it", async () => {
    const page = await lab.open();
    await page.locator("figure").nth(1).waitFor();
    const titles = await page.locator("figure h2").allTextContents();
    expect(titles[0]).toBe("The gradient falls 3.0× a layer, the forward signal falls 3.0× a layer");
    expect(titles[1]).toMatch(/stay level/);
    await page.locator("[aria-busy=false]").waitFor();
    expect(await page.locator("figure p.verdict").first().textContent()).toContain(
      "16 draws of the weights bear that out",
    );
    expect(lab.problems).toEqual([]);
  });

  test("works by keyboard alone", async () => {
    const page = await lab.open("#v1/signal?draws=0");
    await page.locator("figure").nth(1).waitFor();
    const slider = page.getByRole("slider", { name: "Depth" });
    for (let presses = 0; presses < 20 && !(await slider.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL(/depth=48/);
    await expect.poll(() => page.locator("figure h2").nth(1).textContent(), { timeout: 30_000 }).toContain("49 layers");
    expect(lab.problems).toEqual([]);
  });

  test("a link is the state, and going back undoes a change", async () => {
    const page = await lab.open("#v1/signal?depth=12&activation=relu&scheme=he-normal&draws=0&seed=5");
    await page.locator("figure").first().waitFor();
    expect(await page.getByRole("spinbutton", { name: "Depth" }).inputValue()).toBe("12");
    expect(await page.getByRole("combobox", { name: "Activation" }).inputValue()).toBe("relu");
    await page.getByRole("combobox", { name: "Scheme" }).selectOption("torch");
    await page.waitForURL(/scheme=torch/);
    await page.goBack();
    await expect.poll(() => page.getByRole("combobox", { name: "Scheme" }).inputValue()).toBe("he-normal");
    expect(page.url()).toContain("seed=5");
    await page.goForward();
    await expect.poll(() => page.getByRole("combobox", { name: "Scheme" }).inputValue()).toBe("torch");
  });

  test("what a link asks for and cannot have is said in a line", async () => {
    const page = await lab.open("#v1/signal?depth=9999&draws=0");
    expect(await page.getByRole("alert").textContent()).toContain("a whole number from 1 to 100, so 50 is shown");
  });

  test("its numbers are the command's, for ten random states", async () => {
    const page = await lab.open("#v1/signal?draws=0");
    await page.locator("figure").nth(1).waitFor();
    for (const button of await page.getByRole("button", { name: "Numbers" }).all()) await button.click();
    for (const state of fc.sample(statesOf(schema), { numRuns: 10, seed: 7 })) {
      const shown = { ...state, draws: 0, depth: Math.min(state.depth, 30) };
      const { out } = await epoch0(["plan", architecture(shown), "--scheme", schemesOf(shown)[0], "--json"]);
      const { layers }: { layers: { output: { secondMoment: number | string } }[] } = JSON.parse(out);
      const expected = layers.map(({ output }) => formatNumber(Number(output.secondMoment)));
      await page.evaluate(
        (hash) => {
          window.location.hash = hash;
        },
        formatLink({ screen: "signal", query: encode(schema, shown) }),
      );
      const cells = page.locator("figure").first().locator("tbody td:nth-child(2)");
      await expect.poll(() => cells.allTextContents(), { timeout: 30_000 }).toEqual(expected);
    }
    expect(lab.problems).toEqual([]);
  });
});
