/**
 * The folder test/hostile-onnx/ holds the small ones of the hostile files, for the command line's tests and for people.
 * Made by: UPDATE_HOSTILE=1 npx vitest run test/formats/onnx/hostile-files.test.ts
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { harmless, refused } from "./hostile.ts";

const folder = new URL("../../hostile-onnx/", import.meta.url);
/** The repository carries no file over this size that a script can make. */
const LARGEST = 16_384;

const files = new Map(
  [
    ...Object.entries(refused).map(([name, bytes]) => [`refused-${name}.onnx`, bytes] as const),
    ...Object.entries(harmless).map(([name, bytes]) => [`harmless-${name}.onnx`, bytes] as const),
  ].filter(([, bytes]) => bytes.length <= LARGEST),
);

it("the folder of hostile files is what the script makes", () => {
  if (process.env.UPDATE_HOSTILE) {
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of files) writeFileSync(new URL(name, folder), bytes);
  }
  expect(readdirSync(folder).sort()).toEqual([...files.keys()].sort());
  for (const [name, bytes] of files) expect(new Uint8Array(readFileSync(new URL(name, folder))), name).toEqual(bytes);
});
