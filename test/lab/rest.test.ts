/** Hours of use: nothing is left behind, a hidden tab rests, and where motion is not wanted nothing moves. */

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { allScreens, settled } from "./all-screens.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";

const patient = { timeout: 60_000 };

/** What the page says about its visibility, and the event that goes with a change: what a browser does with a tab behind others. */
const hide = (page: Page, hidden: boolean) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

interface Measured {
  readonly breakdown: readonly {
    readonly bytes: number;
    readonly attribution: readonly { readonly scope: string }[];
  }[];
}

interface Held {
  /** Live objects after collection: of the page, and of all its workers. */
  readonly page: number;
  readonly behind: number;
  /** Of the document and detached ones. */
  readonly nodes: number;
  readonly listeners: number;
  readonly workers: number;
}

async function held(page: Page): Promise<Held> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  await session.detach();
  // Measured at once by --enable-blink-features=ForceEagerMeasureMemory; the page is isolated, so that it may ask.
  const { breakdown } = await page.evaluate(async (): Promise<Measured> => {
    const measure: unknown = Reflect.get(performance, "measureUserAgentSpecificMemory");
    return typeof measure === "function" ? measure.call(performance) : { breakdown: [] };
  });
  const bytesOf = (scope: string) =>
    breakdown
      .filter(({ attribution }) => attribution.some((each) => each.scope === scope))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    page: bytesOf("Window"),
    behind: bytesOf("DedicatedWorkerGlobalScope"),
    nodes,
    listeners: jsEventListeners,
    workers: page.workers().length,
  };
}

describe.skipIf(browserPath === undefined)("over time", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab(["--enable-blink-features=ForceEagerMeasureMemory"], browserPath);
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });
  afterEach(() => {
    expect(lab.problems).toEqual([]);
  });

  async function follow(page: Page, link: string): Promise<void> {
    await page.evaluate((hash) => {
      window.location.hash = hash;
    }, link);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  }
  const withSeed = (link: string, seed: number) => link.replace(/seed=\d+/, `seed=${seed}`);

  /** All screens one after the other, each changed before it is done: what was under way is cancelled. */
  async function round(page: Page, number: number, changes = CHANGES): Promise<void> {
    for (const { link } of allScreens) {
      for (let change = 0; change < changes; change++) await follow(page, withSeed(link, number * CHANGES + change));
      await page.locator("figure").first().waitFor(patient);
    }
    await follow(page, "#v1/choose?depth=1&width=4");
    await page.locator("pre").waitFor(patient);
  }
  const CHANGES = 6;
  const ROUNDS = 3;

  test("a hundred changes and half as many trainings leave nothing behind: nodes, listeners, workers, memory", {
    timeout: 300_000,
  }, async () => {
    const page = await lab.open();
    let workers = 0;
    page.on("worker", () => workers++);
    // What is loaded once is loaded.
    for (const warm of [0, 1]) await round(page, warm, 2);
    const before = await held(page);
    for (let i = 2; i < 2 + ROUNDS; i++) await round(page, i);
    const after = await held(page);
    const changes = ROUNDS * CHANGES * allScreens.length;
    const text = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(
      `${changes} changes: page ${text(before.page)} → ${text(after.page)}, workers ${text(before.behind)} → ${text(after.behind)}, nodes ${before.nodes} → ${after.nodes}\n`,
    );
    // A screen that stayed would stay with its hundred nodes and more; one node a screen that was left is less than that.
    const left = ROUNDS * allScreens.length;
    expect(after.nodes - before.nodes).toBeLessThan(left);
    expect(after.listeners - before.listeners).toBeLessThan(left);
    // A picture is some hundred numbers in its lines, its table and its SVG: 20 kB and more. Half of one for every change would
    // be this, and what compiled code comes and goes with is 0.4 MB either way; an hour of a change a second stays under 40 MB.
    expect(after.page - before.page).toBeLessThan(changes * 10_000);

    const race = "#v1/race?depth=1&width=4&b=none&c=none&d=none&steps=10&seed=0";
    const fresh = workers;
    for (let i = 0; i < TRAININGS; i++) {
      await follow(page, withSeed(race, 1000 + i));
      await page.locator("[data-step] canvas").first().waitFor(patient);
    }
    await follow(page, "#v1/choose?depth=1&width=4");
    await page.locator("pre").waitFor(patient);
    // A worker is replaced after 40 trainings, of which each leaves its compiled program in it (0.15 MB measured, 0.25 taken).
    expect(workers - fresh).toBeGreaterThanOrEqual(1);
    await expect.poll(() => page.workers().length, patient).toBeLessThanOrEqual(2);
    expect((await held(page)).behind - before.behind).toBeLessThan(40 * 0.25e6);
    await page.context().close();
  });
  const TRAININGS = 45;

  test("a hidden tab rests, and goes on where it was; one that is opened behind others begins when it is looked at", {
    timeout: 120_000,
  }, async () => {
    const page = await lab.open("#v1/choose?depth=1&width=4");
    // How far the sampling or the training is, in the screen's own words or its own mark.
    const progress = () =>
      page.evaluate(
        () =>
          `${document.querySelector("figure")?.textContent} ${document.querySelector("[data-step]")?.getAttribute("data-step")}`,
      );
    const goesOn = async () => {
      const now = await progress();
      await expect.poll(progress, patient).not.toBe(now);
    };
    for (const link of ["#v1/rate?steps=60&draws=5", "#v1/signal?draws=64&width=256", "#v1/race?steps=3000"]) {
      await follow(page, link);
      await page.locator("figure").first().waitFor(patient);
      await goesOn();
      await hide(page, true);
      // The part that was being computed may still come in, then no more: one takes a tenth of this on a machine that is free.
      await expect.poll(() => changesIn(page, 1500), patient).toBe(0);
      const resting = await progress();
      expect(await changesIn(page, 1500)).toBe(0);
      expect(await progress()).toBe(resting);
      await hide(page, false);
      await goesOn();
    }
    await follow(page, "#v1/choose?depth=1&width=4");
    await page.locator("pre").waitFor(patient);
    await hide(page, true);
    await follow(page, "#v1/signal?draws=8&depth=3&width=8");
    await page.locator("figure").nth(1).waitFor(patient);
    await expect.poll(() => changesIn(page, 1500), patient).toBe(0);
    expect(await page.locator("[aria-busy=true]").count()).toBe(1);
    expect(await page.locator("figure .row").count()).toBe(0);
    await hide(page, false);
    await page.locator("[aria-busy=false]").waitFor(patient);
    await page.context().close();
  });

  test("where motion is not wanted nothing moves by itself", async () => {
    const page = await lab.open("#v1/choose?depth=1&width=4", { reducedMotion: "reduce" });
    for (const screen of allScreens.filter(({ name }) => name !== "race")) {
      await follow(page, screen.link);
      await settled(page, screen);
      await still(page);
    }
    await follow(page, "#v1/race?depth=2&width=8&c=none&d=none&steps=12");
    await page.locator("[data-step] canvas").first().waitFor(patient);
    await still(page);
    expect(await page.locator("[data-step]").getAttribute("data-step")).toBe("0");
    await page.context().close();
  });
});

/** Changes of the page within so many milliseconds. */
const changesIn = (page: Page, ms: number) =>
  page.evaluate(async (time) => {
    let changes = 0;
    const observer = new MutationObserver((list) => {
      changes += list.length;
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    await new Promise((resolve) => setTimeout(resolve, time));
    observer.disconnect();
    return changes;
  }, ms);

/** Formulas and last parts come in; a page that moved by itself would never be still. */
async function still(page: Page): Promise<void> {
  await expect.poll(() => changesIn(page, 500), patient).toBe(0);
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior)).toBe("auto");
}
