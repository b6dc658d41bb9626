/** What holds on every screen alike: words and numbers beside each picture, files of it, its link, small screens, keys, axe. */

import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { allScreens, openScreen, settled } from "./all-screens.ts";
import { accessibilityFaults, browserPath, type Lab, openLab } from "./browser.ts";

/** The file that a button of a figure saves. */
async function saved(page: Page, figure: Locator, format: string): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    figure.getByRole("button", { name: new RegExp(`^Save .* as ${format}$`) }).click(),
  ]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/** Cells of one line of RFC 4180. */
const cellsOf = (line: string) =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, cell = ""]) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));

/** What a drawing shows: its elements and numbers, without the names that Svelte gives to ids and styles. */
const picture = (page: Page): Promise<readonly string[]> =>
  page.locator("figure .chart").evaluateAll((charts) =>
    charts.map((chart) => {
      const svgs = [...chart.querySelectorAll("svg")].map((svg) =>
        svg.outerHTML.replace(/ (?:class|id|aria-\w+)="[^"]*"/g, ""),
      );
      return [...svgs, ...[...chart.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL())].join("\n");
    }),
  );

describe.skipIf(browserPath === undefined)("every screen", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });
  afterEach(() => {
    expect(lab.problems).toEqual([]);
  });

  // One page a screen, loaded twice, as that costs seconds.
  describe.each(allScreens)("$name", (screen) => {
    let page: Page;
    let first: readonly string[] = [];
    afterAll(() => page.context().close());

    test("says in words what each picture shows, has its numbers, and saves them as CSV, SVG and PNG", async () => {
      page = await openScreen(lab, screen);
      first = await picture(page);
      for (const figure of await page.locator("figure").all()) await checkFigure(page, figure);
    });

    // With the numbers open, as they are left by the test before.
    test("has no serious fault for those who see less, light and dark, wide and at 360 pixels, where it is usable", async () => {
      expect(await accessibilityFaults(page)).toEqual([]);
      await look(page, "light", SMALL);
      expect(await accessibilityFaults(page, { looks: true })).toEqual([]);
      await look(page, "dark", SMALL);
      expect(await accessibilityFaults(page)).toEqual([]);
      await checkSmall(page, SMALL.width);
      await look(page, "dark", WIDE);
      expect(await accessibilityFaults(page, { looks: true })).toEqual([]);
      await look(page, "light", WIDE);
    });

    test("is its link: the same picture again, and on the way back", async () => {
      expect(first.join("").length).toBeGreaterThan(200);
      expect(page.url()).toBe(lab.url + screen.link);
      await page.reload();
      await settled(page, screen);
      expect(await picture(page)).toEqual(first);
      // Away and back: what was drawn once is drawn the same.
      await page.goto(`${lab.url}#v1/${screen.name === "choose" ? "phase" : "choose"}`);
      await page.goBack();
      await settled(page, screen);
      await expect.poll(() => picture(page), { timeout: 30_000 }).toEqual(first);
      expect(page.url()).toBe(lab.url + screen.link);
    });

    // As it is after the way back, numbers closed and nothing focused.
    test("is worked by keys alone: all is reached, each slider has a field, and arrows move both", async () => {
      await keysAlone(page);
    });
  });
});

const WIDE = { width: 1200, height: 900 };
const SMALL = { width: 360, height: 800 };

/** The page as the system's theme and the window's size have it, once it is drawn so. */
async function look(page: Page, theme: "light" | "dark", viewport: typeof WIDE): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(viewport);
  await page.waitForFunction(
    ({ theme, width }) =>
      document.documentElement.dataset.theme === theme && document.documentElement.clientWidth <= width,
    { theme, width: viewport.width },
  );
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
  );
}

async function checkFigure(page: Page, figure: Locator): Promise<void> {
  const title = (await figure.locator("figcaption .title").textContent()) ?? "";
  const verdict = (await figure.locator("p.verdict").textContent()) ?? "";
  expect(title.length).toBeGreaterThan(10);
  expect([title, verdict.trim().split(" ").length > 5]).toEqual([title, true]);
  const described = await figure
    .locator("[role=img], [role=application]")
    .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? ""));
  expect(described.length).toBeGreaterThan(0);
  for (const text of described) expect(text.length).toBeGreaterThan(15);

  await figure.getByRole("button", { name: "Numbers" }).click();
  const columns = await figure.locator("thead th").allTextContents();
  const rows = await figure.locator("tbody tr").count();
  expect([columns.length > 1, rows > 0]).toEqual([true, true]);

  const csv = await saved(page, figure, "CSV");
  const written = csv.bytes.toString("utf8");
  expect(written.endsWith("\r\n")).toBe(true);
  const lines = written.trimEnd().split("\r\n");
  expect(cellsOf(lines[0] ?? "")).toEqual(columns);
  expect(lines).toHaveLength(rows + 1);
  // In full: whatever the table rounds begins with the same digits.
  const shown = await figure.locator("tbody tr").first().locator("td").allTextContents();
  const full = cellsOf(lines[1] ?? "");
  expect(full).toHaveLength(shown.length);

  const svg = await saved(page, figure, "SVG");
  await checkSvg(page, svg.bytes.toString("utf8"), title);
  const png = await saved(page, figure, "PNG");
  const [width, height] = sizeOf(svg.bytes.toString("utf8"));
  checkPng(png.bytes, { width: Math.floor(2 * width), height: Math.floor(2 * height) });
  const stem = csv.name.replace(/\.csv$/, "");
  expect([svg.name, png.name]).toEqual([`${stem}.svg`, `${stem}.png`]);
}

const sizeOf = (svg: string): readonly [number, number] => [
  Number(/ width="([\d.]+)"/.exec(svg)?.[1]),
  Number(/ height="([\d.]+)"/.exec(svg)?.[1]),
];

/** Stands alone: title and axes in it, every colour written out, and drawn as a picture it has more than one. */
async function checkSvg(page: Page, svg: string, title: string): Promise<void> {
  expect(svg).not.toMatch(/var\(--|currentcolor| class="| style="/i);
  const found = await page.evaluate(
    async ({ svg }) => {
      const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
      const root = parsed.documentElement;
      const texts = [...root.querySelectorAll("text")];
      const image = new Image();
      image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      const pen = canvas.getContext("2d")!;
      pen.drawImage(image, 0, 0);
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Map<string, number>();
      for (let i = 0; i < data.length; i += 4) {
        const colour = data.slice(i, i + 4).join();
        colours.set(colour, (colours.get(colour) ?? 0) + 1);
      }
      return {
        root: `${root.namespaceURI} ${root.localName}`,
        heading: texts
          .filter((text) => text.parentElement === root)
          .map(({ textContent }) => textContent)
          .join(" "),
        axes: texts.filter((text) => text.parentElement !== root).length,
        images: [...root.querySelectorAll("image")].map((each) => each.getAttribute("href")?.slice(0, 14)),
        unfilled: [...root.querySelectorAll("svg svg :is(path, circle, rect, line, text)")].filter(
          (mark) =>
            !/^(rgb|none|#)/.test(mark.getAttribute("fill") ?? "") ||
            !/^(rgb|none|#)/.test(mark.getAttribute("stroke") ?? ""),
        ).length,
        wide: texts.filter((text) => text.parentElement === root && text.getComputedTextLength() > image.naturalWidth)
          .length,
        colours: [...colours.values()].filter((count) => count > 20).length,
      };
    },
    { svg },
  );
  expect(found).toMatchObject({ root: "http://www.w3.org/2000/svg svg", heading: title, unfilled: 0 });
  // A canvas carries its axes in the picture itself.
  expect(found.axes + found.images.length).toBeGreaterThan(0);
  for (const href of found.images) expect(href).toBe("data:image/png");
  expect(found.colours).toBeGreaterThanOrEqual(3);
}

/** A whole PNG: signature, size, and as many bytes of pixels as the size asks for (RFC 2083: 8-bit RGB or RGBA, a filter byte a row). */
function checkPng(bytes: Buffer, { width, height }: { readonly width: number; readonly height: number }): void {
  expect(bytes.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
  const [w, h, depth, kind] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]];
  // The browser rounds a picture's size to whole pixels before it is doubled.
  expect([Math.abs(w - width) <= 2, Math.abs(h - height) <= 2, depth]).toEqual([true, true, 8]);
  const pixels: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      pixels.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  expect(inflateSync(Buffer.concat(pixels))).toHaveLength(h * (1 + w * (kind === 6 ? 4 : 3)));
}

/** Everything that can be worked stands in the order of Tab, shows that it has the focus, and Numbers open with Enter. */
async function keysAlone(page: Page): Promise<void> {
  const inOrder = async () => {
    await page.evaluate(() => {
      for (const seen of document.querySelectorAll("[data-seen]")) seen.removeAttribute("data-seen");
      (document.activeElement as HTMLElement | null)?.blur();
    });
    const focus = () =>
      page.evaluate(() => {
        const active = document.activeElement;
        if (active === null || active === document.body) return null;
        const again = active.hasAttribute("data-seen");
        active.setAttribute("data-seen", "");
        const look = getComputedStyle(active);
        return {
          again,
          ring: look.outlineStyle !== "none" && Number.parseFloat(look.outlineWidth) > 0,
          words: active.textContent?.trim() ?? "",
          kind: active.getAttribute("type") ?? active.localName,
        };
      });
    return { focus };
  };
  const { focus } = await inOrder();
  for (let presses = 0; presses < 300; presses++) {
    await page.keyboard.press("Tab");
    const at = await focus();
    if (at === null || at.again) break;
    expect(at).toMatchObject({ ring: true });
    if (at.words === "Numbers") await page.keyboard.press("Enter");
  }
  const missed = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex='0']")]
      .filter((element) => element.checkVisibility() && !element.matches(":disabled, [data-seen]"))
      .map((element) => element.outerHTML.slice(0, 100)),
  );
  expect(missed).toEqual([]);
  expect(await page.locator("figure tbody tr").count()).toBeGreaterThan(0);

  for (const slider of await page.getByRole("slider").all()) {
    const field = slider.locator("xpath=..").locator("input[type=number]");
    const name = (await slider.getAttribute("aria-label")) ?? "";
    expect(await slider.locator("xpath=..").locator("label").textContent()).toContain(name);
    for (const [element, up, down] of [
      [slider, "ArrowRight", "ArrowLeft"],
      [field, "ArrowUp", "ArrowDown"],
    ] as const) {
      const before = Number(await field.inputValue());
      await element.focus();
      await page.keyboard.press(up);
      if (Number(await field.inputValue()) === before) await page.keyboard.press(down);
      expect([name, Number(await field.inputValue()) !== before]).toEqual([name, true]);
      expect([name, await field.getAttribute("aria-invalid")]).toEqual([name, "false"]);
      expect(await slider.getAttribute("aria-valuetext")).toBe(await field.inputValue());
    }
  }
}

/** Nothing is wider than the screen, words in charts are large enough and inside it, targets are 24 pixels a side (WCAG 2.2, 2.5.8). */
async function checkSmall(page: Page, width: number): Promise<void> {
  const found = await page.evaluate((width) => {
    const name = (element: Element) => element.outerHTML.slice(0, 120);
    const shown = (element: Element) => element.checkVisibility() && element.getBoundingClientRect().right > 0;
    const scrolls = (element: Element) => element.closest(".scroll, pre, .katex") !== null;
    // A link within a sentence is as large as its words: the criterion's exception.
    const inline = (element: Element) => element.matches("p a, li a, dd a");
    const target = (element: Element) =>
      element.matches("[type=checkbox]") ? (element.closest("label") ?? element) : element;
    return {
      scroll: document.documentElement.scrollWidth,
      small: [...document.querySelectorAll("a[href], button, input, select, summary, [role=application]")]
        .filter((element) => shown(element) && !inline(element))
        .map(target)
        .filter((element) => {
          const { width, height } = element.getBoundingClientRect();
          return width < 24 || height < 24;
        })
        .map(name),
      charts: [...document.querySelectorAll("figure .chart :is(svg, canvas)")]
        .filter((chart) => {
          const { left, right } = chart.getBoundingClientRect();
          return left < 0 || right > width;
        })
        .map(name),
      words: [...document.querySelectorAll("figure .chart text")]
        .filter((text) => {
          const { left, right } = text.getBoundingClientRect();
          return left < 0 || right > width || Number.parseFloat(getComputedStyle(text).fontSize) < 11;
        })
        .map(name),
      text: [...document.querySelectorAll("main p, main h1, main h2, main h3, main li, main label, main button")]
        .filter((text) => shown(text) && !scrolls(text) && text.getBoundingClientRect().right > width)
        .map(name),
    };
  }, width);
  expect(found).toEqual({ scroll: width, small: [], charts: [], words: [], text: [] });
}
