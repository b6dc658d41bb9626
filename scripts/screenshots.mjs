// `npm run screenshots`: every screen of the lab in light, dark and on a phone, as docs/lab/NAME-LOOK.png. Uses the Chromium that is there.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { prepare, root } from "./prepare.mjs";

prepare();
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (executablePath === undefined) {
  process.stderr.write("screenshots: no Chromium here, install Debian's chromium\n");
  process.exit(2);
}

const LOOKS = {
  light: { viewport: { width: 1200, height: 800 }, colorScheme: "light" },
  dark: { viewport: { width: 1200, height: 800 }, colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 780 }, colorScheme: "light" },
};
/** A screen's state worth showing, where the first is not. */
const SHOWN = { model: "?example=digits" };
/** Where nothing moves by itself, since motion is reduced here, what a person would do first. */
const PLAYED = {
  race: async (page) => {
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForSelector(".race[aria-busy=false]", { timeout: 120_000 });
  },
};
/** Taller pages are cut: the beginning is what a reader looks at. */
const TALLEST = 1700;

const server = spawn(process.execPath, [join(root, "bin", "epoch0.mjs"), "lab", "--no-open", "--port", "0"], {
  stdio: ["ignore", "pipe", "pipe"],
});
const address = await new Promise((resolve, reject) => {
  let said = "";
  const look = (chunk) => {
    said += chunk;
    const [found] = /http:\/\/[\w.:[\]]+\/?/.exec(said) ?? [];
    if (found !== undefined) resolve(found);
  };
  server.stdout.on("data", look);
  server.stderr.on("data", look);
  server.on("exit", () => reject(new Error(`screenshots: the lab did not start: ${said.trim()}`)));
});

/** Formulas are set when they come into sight. */
async function throughThePage(page) {
  const { height } = page.viewportSize();
  const total = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < total; y += height) {
    await page.evaluate((at) => window.scrollTo(0, at), y);
    await page.waitForTimeout(300);
  }
  await page.evaluate(() => window.scrollTo(0, 0));
}

const folder = join(root, "docs", "lab");
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const first = await browser.newPage();
  await first.goto(address);
  await first.waitForSelector("nav a");
  const links = await first.$$eval("nav a", (all) => all.map((link) => link.getAttribute("href") ?? ""));
  const names = [
    ...new Set(links.map((link) => /#v\d+\/([\w-]+)/.exec(link)?.[1]).filter((name) => name !== undefined)),
  ];
  await first.close();
  const wanted = process.argv.slice(2);
  for (const name of names.filter((each) => wanted.length === 0 || wanted.includes(each))) {
    for (const [look, options] of Object.entries(LOOKS)) {
      const page = await browser.newPage({ ...options, reducedMotion: "reduce" });
      await page.goto(`${address}#v1/${name}${SHOWN[name] ?? ""}`);
      await page.waitForSelector("figure");
      await PLAYED[name]?.(page);
      await throughThePage(page);
      // Until nothing is computed any more; a screen that never rests is shown as it is then.
      await page
        .waitForFunction(() => document.querySelector("[aria-busy=true]") === null, null, { timeout: 30_000 })
        .catch(() => {});
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width: options.viewport.width, height: Math.min(height, TALLEST) };
      await page.screenshot({ path: join(folder, `${name}-${look}.png`), clip, fullPage: true });
      await page.close();
      console.log(`docs/lab/${name}-${look}.png`);
    }
  }
} finally {
  await browser.close();
  server.kill("SIGINT");
}
