/** The README shows what the program prints today, and tells of nothing that is not there. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Files of a folder and of the folders in it, from the root. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

const pagesBelow = (folder: string) => filesBelow(folder).filter((file) => file.endsWith(".md"));

test("marked blocks are what the program prints and knows", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", "readme.mjs"), "--check"], {
    encoding: "utf8",
  });
  expect(stderr.replace("epoch0: building\n", "")).toBe("");
  expect(status).toBe(0);
});

test("local links lead to files", () => {
  const docs = pagesBelow("docs");
  for (const file of ["README.md", "COMPATIBILITY.md", "CHANGELOG.md", "examples/README.md", ...docs]) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(existsSync(join(root, dirname(file), target)), `${file} links to ${target}`).toBe(true);
    }
  }
});

test("the index of each folder of the documentation names every page and folder in it", () => {
  const folders = ["docs", ...new Set(pagesBelow("docs").map((page) => dirname(page)))];
  for (const folder of new Set(folders)) {
    const index = readFileSync(join(root, folder, "README.md"), "utf8");
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    const wanted = entries
      .filter(
        (entry) => entry.name !== "README.md" && (entry.isFile() || pagesBelow(join(folder, entry.name)).length > 0),
      )
      .map((entry) => (entry.isDirectory() ? `${entry.name}/README.md` : entry.name));
    expect(wanted.filter((name) => !index.includes(`](${name})`))).toEqual([]);
  }
});

test("every picture of the documentation stands in a page, and nothing else lies there", () => {
  const pages = pagesBelow("docs");
  const text = pages.map((page) => readFileSync(join(root, page), "utf8")).join();
  const others = filesBelow("docs").filter((file) => !pages.includes(file));
  expect(others.length).toBeGreaterThan(0);
  expect(others.filter((file) => !text.includes(`](${relative("docs", file)})`))).toEqual([]);
});

test("commands that the papers tell of are scripts of the package", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const file of [
    "README.md",
    "COMPATIBILITY.md",
    "docs/README.md",
    "docs/accuracy.md",
    "docs/benchmarks.md",
    "docs/check.md",
  ]) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, name = ""] of text.matchAll(/npm run ([a-z-]+)/g)) expect(Object.keys(scripts), file).toContain(name);
  }
});
