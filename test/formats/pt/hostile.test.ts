/**
 * Hostile PyTorch files: each is refused in one line, or read without harm. The small ones lie in test/hostile-pt/, made by
 * UPDATE_HOSTILE=1 npx vitest run test/formats/pt/hostile.test.ts
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { readPt } from "../../../src/formats/pt/index.ts";
import { shared } from "../corpus-paths.ts";
import { harmless, refused } from "./hostile.ts";

const folder = new URL("../../hostile-pt/", import.meta.url);
/** The repository carries no file over this size that a script can make. */
const LARGEST = 16_384;

const files = new Map(
  [
    ...Object.entries(refused).map(([name, bytes]) => [`refused-${name}.pt`, bytes] as const),
    ...Object.entries(harmless).map(([name, bytes]) => [`harmless-${name}.pt`, bytes] as const),
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

function readAll(bytes: Uint8Array): number {
  const model = readPt(bytes);
  let count = 0;
  for (const name of model.parameters.keys()) {
    count += model.read(name)?.length ?? 0;
    for (const piece of model.tiles?.(name) ?? []) count += piece.length;
  }
  return count;
}

test.each(Object.keys(refused))("refuses %s in one line, and runs nothing", (name) => {
  let error: unknown = null;
  try {
    readAll(refused[name]!);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(FormatError);
  const message = error instanceof Error ? error.message : "";
  expect(message).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(message.length).toBeLessThan(400);
  expect(existsSync("/tmp/epoch0-was-run")).toBe(false);
});

test("a global is named with the byte where it stands", () => {
  const bytes = refused["os-system"]!;
  const at = new TextDecoder("latin1").decode(bytes).indexOf("cos\nsystem\n");
  expect(at).toBeGreaterThan(0);
  expect(() => readPt(bytes)).toThrow(`the file names "os.system"`);
  expect(() => readPt(bytes)).toThrow(`(byte ${at})`);
});

test.each(Object.keys(harmless))("reads %s without harm", (name) => {
  expect(readAll(harmless[name]!)).toBeGreaterThan(0);
});

test.each(["bn-cnn.pt", "digits-mlp-legacy.pt", "autoencoder-checkpoint.pt"])(
  "%s mutated and cut is read or refused, never anything else",
  (file) => {
    const good = new Uint8Array(readFileSync(`${shared}models/${file}`));
    // The pickle is where mistakes can be made: most edits go there.
    const edit = fc.record({
      at: fc.oneof({ weight: 4, arbitrary: fc.nat(3000) }, { weight: 1, arbitrary: fc.nat(good.length - 1) }),
      value: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.option(fc.nat(good.length)), (edits, cut) => {
        const bytes = good.slice(0, cut ?? good.length);
        for (const { at, value } of edits) if (at < bytes.length) bytes[at] = value;
        try {
          readAll(bytes);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }),
      { numRuns: 400 },
    );
  },
);
