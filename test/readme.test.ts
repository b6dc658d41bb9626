/** The README shows what the program prints today, and tells of nothing that is not there. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

test("marked blocks are what the program prints and knows", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", "readme.mjs"), "--check"], {
    encoding: "utf8",
  });
  expect(stderr.replace("epoch0: building\n", "")).toBe("");
  expect(status).toBe(0);
});

test("local links lead to files", () => {
  for (const file of ["README.md", "COMPATIBILITY.md", "examples/README.md"]) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(existsSync(join(root, dirname(file), target)), `${file} links to ${target}`).toBe(true);
    }
  }
});
