/** The committed modules are what their sources compile to. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Compiler {
  modules(): string[];
  compile(name: string): Promise<{ readonly bytes: number; readonly source: string }>;
}

const { modules, compile }: Compiler = await import(new URL("../../scripts/kernels.mjs", import.meta.url).href);

test.each(modules())("%s is up to date, and small enough to compile in a page's main thread", async (name) => {
  const { bytes, source } = await compile(name);
  const path = new URL(`../../src/kernels/wasm/${name}.ts`, import.meta.url);
  expect(readFileSync(path, "utf8")).toBe(source);
  // Older browsers refuse to compile more than 4 KiB at once there; current ones take 8 MiB.
  expect(bytes).toBeLessThan(65_536);
});
