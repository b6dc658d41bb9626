/** The lab's own rules that a machine can see (DESIGN 3, lab/README.md). */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { palette } from "../../src/report/theme.ts";

const source = fileURLToPath(new URL("../../lab/src/", import.meta.url));
const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { name: relative(source, path), text: readFileSync(path, "utf8") };
  });

test("no file is longer than 300 lines", () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter(({ text }) => text.split("\n").length > 301).map(({ name }) => name)).toEqual([]);
});

test("nothing of the page touches Node, and no style stands in the markup", () => {
  expect(files.filter(({ text }) => /from "node:/.test(text)).map(({ name }) => name)).toEqual([]);
  expect(files.filter(({ text }) => /<[^>]*\sstyle="/.test(text)).map(({ name }) => name)).toEqual([]);
});

test("a screen's page takes types alone from its compute.ts, which runs in the worker", () => {
  const wrong = files.filter(
    ({ name, text }) => name.endsWith(".svelte") && /import (?!type)[^;]*from "[./]*compute\.ts"/.test(text),
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("the colours are those of terminal and reports", () => {
  const css = files.find(({ name }) => name.endsWith("theme.css"))?.text ?? "";
  const [light = "", dark = ""] = css.split('[data-theme="dark"]');
  for (const [part, colors] of [
    [light, palette.light],
    [dark, palette.dark],
  ] as const)
    for (const [name, hex] of Object.entries(colors)) expect(part).toContain(`--${name}: ${hex};`);
});
