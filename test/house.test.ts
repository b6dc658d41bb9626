/** The house's rules that a machine can see (DESIGN 3). */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../src/", import.meta.url));

/** In order: a room may import rooms before it. The doors (`index`, `node`) come last and may import all but the cli. */
const ROOMS = [
  "random",
  "gaussian",
  "activation",
  "kernels",
  "init",
  "model",
  "formats",
  "propagate",
  "plan",
  "materialize",
  "adapters",
  "run",
  "check",
  "race",
  "reproduce",
  "report",
  "cli",
];

/** `model` and `activation` share the expression contract, `report` formats are below none: types alone may go anywhere. */
interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

function sourceFiles(): string[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(src, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

/** Template literals hold other people's languages (the emitters'): imports inside them are text. */
function withoutTemplates(text: string): string {
  return text.replace(/`(?:[^`\\]|\\[\s\S])*`/g, "``");
}

function importsOf(file: string): Import[] {
  const text = withoutTemplates(readFileSync(join(src, file), "utf8"));
  const found: Import[] = [];
  for (const match of text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  )) {
    const to = match[2] ?? match[3] ?? match[4] ?? "";
    found.push({ from: file, to, typeOnly: match[1] !== undefined, dynamic: match[4] !== undefined });
  }
  return found;
}

const roomOf = (path: string) => path.split("/")[0] ?? "";
const target = ({ from, to }: Import) => relative(src, resolve(src, dirname(from), to)).replaceAll("\\", "/");
const files = sourceFiles();
const imports = files.flatMap(importsOf);
const local = imports.filter(({ to }) => to.startsWith("."));

test("every room under src is in the list, and there is something to check", () => {
  const rooms = new Set(files.filter((file) => file.includes("/")).map(roomOf));
  expect([...rooms].filter((room) => !ROOMS.includes(room))).toEqual([]);
  expect(local.length).toBeGreaterThan(100);
});

test("imports go one way down the list of rooms", () => {
  const wrong = local
    .filter(({ from, typeOnly }) => from.includes("/") && !typeOnly)
    .filter((entry) => {
      const to = target(entry);
      if (!to.includes("/")) return to !== "version.ts";
      return ROOMS.indexOf(roomOf(to)) > ROOMS.indexOf(roomOf(entry.from));
    })
    .map(({ from, to }) => `${from} imports ${to}`);
  expect(wrong).toEqual([]);
});

test("imports name the file, extension included, and the file exists", () => {
  const known = new Set(files);
  const wrong = local.filter((entry) => !known.has(target(entry))).map(({ from, to }) => `${from} imports ${to}`);
  expect(wrong).toEqual([]);
});

test("only file access, writers and the command line touch Node", () => {
  const allowed = (file: string) =>
    file.startsWith("cli/") ||
    file === "node.ts" ||
    file === "formats/file.ts" ||
    file.startsWith("kernels/pool/") ||
    /^race\/queue[^/]*\.ts$/.test(file) ||
    /^formats\/(.*\/)?(file|node)[^/]*\.ts$/.test(file) ||
    /^materialize\/.*(file|write|sink|node|atomic)[^/]*\.ts$/.test(file);
  const wrong = imports
    .filter(({ from, to }) => /^node:/.test(to) && !allowed(from))
    .map(({ from, to }) => `${from} imports ${to}`);
  expect(wrong).toEqual([]);
});

test("what the library's door reaches, without dynamic imports too, needs no Node", () => {
  const byFile = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file)]));
  const reached = new Set<string>();
  const queue = ["index.ts"];
  const node: string[] = [];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const entry of byFile.get(file) ?? []) {
      if (entry.typeOnly) continue;
      if (entry.to.startsWith("node:")) node.push(`${file} imports ${entry.to}`);
      else if (entry.to.startsWith(".")) queue.push(target(entry));
    }
  }
  expect(reached.size).toBeGreaterThan(20);
  expect(node).toEqual([]);
});

/** The graph contract is types alone, one a node kind: splitting it would only scatter it. */
const CONTRACTS = new Set(["model/types.ts"]);

test("no file is longer than 300 lines", () => {
  const long = files
    .map((file) => ({ file, lines: readFileSync(join(src, file), "utf8").split("\n").length - 1 }))
    .filter(({ file, lines }) => lines > 300 && !CONTRACTS.has(file))
    .map(({ file, lines }) => `${file}: ${lines}`);
  expect(long).toEqual([]);
});
