/** An output below a file: one line that says so. */

import { expect, test } from "vitest";
import { epoch0 } from "./helpers.ts";

test("a name below a file cannot be written, and the line says what to do", async () => {
  const { code, out, err } = await epoch0(["init", "4 > 2", "-o", "package.json/weights.safetensors"]);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/^epoch0: write package\.json\/weights\.safetensors: [^\n]+, [^\n]+\n$/);
});
