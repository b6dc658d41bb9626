/** How quickly the first screen is there and answers, in the tests' browser; the figures are printed. */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labFiles, labFolder } from "../../src/cli/lab/files.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";

/** Most bytes of the first load, gzipped. */
const FIRST_LOAD = 200_000;

describe.skipIf(browserPath === undefined)("the first screen", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    await lab.close();
  });

  test("the first load is small", async () => {
    const page = await lab.open();
    await page.locator("figure .row").first().waitFor();
    const files = labFiles(labFolder());
    const sizes = [...lab.requests].map((address) => {
      const file = files.get(new URL(address).pathname);
      return file === undefined ? 0 : gzipSync(readFileSync(file.path)).length;
    });
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    process.stdout.write(`first load: ${sizes.length} files, ${(bytes / 1000).toFixed(0)} kB gzip\n`);
    // The page, its script and style, the screen's, the worker and its task.
    expect(sizes.length).toBeGreaterThanOrEqual(6);
    expect(bytes).toBeLessThan(FIRST_LOAD);
  });

  test("first paint, and from a slider's move to the new theory on the screen at 50 layers", async () => {
    const page = await lab.open("#v1/signal?draws=0");
    await page.locator("figure").nth(1).waitFor();
    const paint = await page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    );
    await theoryInPage(page);
    await page.evaluate(watchMoves);
    // A hand's drag over the width: the browser gives a move to the page once a frame.
    const slider = page.getByRole("slider", { name: "Width" });
    const box = (await slider.boundingBox())!;
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + 0.7 * box.width, y);
    await page.mouse.down();
    for (let i = 1; i <= 60; i++) await page.mouse.move(box.x + (0.7 + 0.25 * Math.sin(i / 5)) * box.width, y);
    await page.mouse.up();
    const moves = await page.evaluate(() => window.moves);
    const times = moves.map(({ time }) => time).sort((a, b) => a - b);
    const median = times[times.length >> 1]!;
    // Figures of a machine that does other work too: the bounds are a person's patience, what is printed is the measure.
    expect(times.length).toBeGreaterThan(5);
    expect(median).toBeLessThan(1000);
    expect(paint).toBeLessThan(5000);
    const now = moves.filter(({ frames }) => frames === 1).length;
    process.stdout.write(
      `first paint ${paint.toFixed(0)} ms; slider to paint ${median.toFixed(1)} ms (median of ${times.length}; ${now} of them in the frame of the move)\n`,
    );
    expect(lab.problems).toEqual([]);
  });
});

interface Move {
  /** Milliseconds from the input event to the end of the page's work for the frame that shows the new theory. */
  readonly time: number;
  /** Frames from the move to that one; 1 is the frame of the move. */
  readonly frames: number;
}
declare global {
  interface Window {
    moves: Move[];
  }
}

/** Runs in the page: after each input event, waits for the first frame with other curves and notes when it has been painted. */
function watchMoves(): void {
  const curves = () => Array.from(document.querySelectorAll("path.theory"), (path) => path.getAttribute("d")).join();
  window.moves = [];
  let before = "";
  const noteBefore = () => {
    before = curves();
  };
  const watch = (event: Event) => {
    const shown = before;
    let frames = 0;
    const frame = () => {
      frames++;
      if (curves() === shown) {
        if (frames < 100) requestAnimationFrame(frame);
        return;
      }
      // The first task after this callback runs when style, layout and paint of its frame are done.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        window.moves.push({ time: performance.now() - event.timeStamp, frames });
        port1.close();
      };
      port2.postMessage(null);
    };
    requestAnimationFrame(frame);
  };
  window.addEventListener("input", noteBefore, true);
  window.addEventListener("input", watch);
}

/** Touches the page and waits until it has the theory's code and has practised on it. */
async function theoryInPage(page: Page): Promise<void> {
  await page.mouse.move(10, 10);
  const loaded = () => performance.getEntriesByType("resource").some(({ name }) => /\/theory-[^/]*\.js$/.test(name));
  await page.waitForFunction(loaded);
  await page.evaluate(async () => {
    for (let i = 0; i < 30; i++) await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 100 }));
  });
}
