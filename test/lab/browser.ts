/** The lab in a real browser: served by the program itself, watched for errors and for anything that leaves its origin. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { run } from "../../src/cli/index.ts";

const PLACES = [
  process.env.CHROME_PATH ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where Chrome or Chromium is; undefined where there is none: then these tests do not run, which CI counts as a failure. */
export const browserPath = PLACES.find((path) => path !== "" && existsSync(path));
if (browserPath === undefined) {
  const line = "no Chromium or Chrome here: the lab's browser tests did not run";
  if (process.env.CI) throw new Error(line);
  process.stderr.write(`${line}\n`);
}

/** Chromium's pages without its windows: pages are the same, at a third of the browser process's time. Debian has it too. */
const SHELL = "/usr/bin/chromium-headless-shell";
const pagesPath = process.env.CHROME_PATH === undefined && existsSync(SHELL) ? SHELL : browserPath;

export interface Lab {
  /** Ends in "/". */
  readonly url: string;
  /** A page at the link ("#v1/…"), the first screen without one. */
  readonly open: (link?: string, options?: BrowserContextOptions) => Promise<Page>;
  /** Console errors, uncaught errors, requests that left the origin: must stay empty. */
  readonly problems: readonly string[];
  /** Every address asked for so far, each once. */
  readonly requests: ReadonlySet<string>;
  /** Resolves to the exit code of the program. */
  readonly close: () => Promise<number>;
}

/**
 * Starts `epoch0 lab` and one browser, with further switches if need be; the whole browser where its own services are
 * asked, as for the memory of a page. Call once a file, and `close` at its end.
 */
export async function openLab(switches: readonly string[] = [], executablePath = pagesPath): Promise<Lab> {
  const stop = new AbortController();
  let code: Promise<number> = Promise.resolve(-1);
  const url = await new Promise<string>((resolve, reject) => {
    const terminal = {
      out: (text: string) => {
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(text);
        if (found !== null) resolve(found[0]);
      },
      err: (text: string) => reject(new Error(text)),
      width: 100,
      color: false,
      progress: false,
      signal: stop.signal,
    };
    code = run(["lab", "--port", "0", "--no-open"], terminal);
  });
  const browser: Browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...switches] });
  const problems: string[] = [];
  const requests = new Set<string>();
  return {
    url,
    problems,
    requests,
    async open(link = "", options = {}) {
      const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("request", (request) => {
        requests.add(request.url());
        const { protocol, origin } = new URL(request.url());
        if (protocol !== "data:" && protocol !== "blob:" && `${origin}/` !== url) problems.push(request.url());
      });
      await page.goto(url + link);
      return page;
    },
    async close() {
      await browser.close();
      stop.abort();
      return code;
    },
  };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Rules of axe-core that see colours and places; all others see the tree alone, which no theme and no width changes. */
const OF_LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"];

/** Faults that axe-core calls serious or critical, one line each; `looks`: by the rules alone that a theme or a width concerns. */
export async function accessibilityFaults(
  page: Page,
  { looks = false }: { readonly looks?: boolean } = {},
): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const options = { resultTypes: ["violations"], ...(looks && { runOnly: { type: "rule", values: OF_LOOKS } }) };
  const { violations }: AxeResult = await page.evaluate(`axe.run(${JSON.stringify(options)})`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}
