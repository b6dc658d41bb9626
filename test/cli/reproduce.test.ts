import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { experimentIds } from "../../src/reproduce/index.ts";
import { epoch0 } from "./helpers.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "epoch0-reproduce-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("--json prints one document of the contract and nothing else", async () => {
  const { code, out, err } = await epoch0(["reproduce", "variance-algebra", "depth", "--quick", "--json"]);
  expect([code, err]).toEqual([0, ""]);
  const document = JSON.parse(out);
  expect(document.schema).toBe("epoch0.reproduce/1");
  expect(document.results.map(({ id }: { id: string }) => id)).toEqual(["variance-algebra", "depth"]);
  for (const result of document.results) {
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(["id", "statement", "verdict", "condition", "figures", "seconds"]),
    );
    expect(["holds", "holds-if", "does-not-hold"]).toContain(result.verdict);
    expect(result.seconds).toBeGreaterThan(0);
  }
});

test("--html writes the essay into a folder that it makes", async () => {
  const path = join(folder, "deep", "essay");
  const { code, out } = await epoch0(["reproduce", "variance-algebra", "--quick", "--html", path]);
  expect(code).toBe(0);
  expect(out).toContain(`wrote ${join(path, "index.html")}`);
  expect(await readFile(join(path, "index.html"), "utf8")).toContain('id="variance-algebra"');
});

test("--list names every experiment and runs none", async () => {
  const { code, out } = await epoch0(["reproduce", "--list"]);
  expect(code).toBe(0);
  for (const id of experimentIds()) expect(out).toContain(id);
});

test("an unknown experiment is one line with the names, before anything runs", async () => {
  const { code, out, err } = await epoch0(["reproduce", "depht"]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(/^epoch0: reproduce: unknown experiment "depht", use statements, papers, all, or saturation/);
  expect(err.trimEnd()).not.toContain("\n");
});

test.each([
  ["/dev/null/essay", "ENOTDIR"],
  // Every new name below /proc is answered with ENOENT, where Node's own recursive mkdir tries for ever.
  ["/proc/deep/essay", "ENOENT"],
])("a folder that cannot be made is said before anything runs: %s", async (path, reason) => {
  const { code, err } = await epoch0(["reproduce", "depth", "--quick", "--html", path]);
  expect(code).toBe(2);
  expect(err).toBe(`epoch0: --html: cannot make the folder ${path} (${reason}), give another one\n`);
});

test("--set takes the experiment's own settings, and says which there are", async () => {
  const argv = ["reproduce", "rumelhart-1986", "--set", "draws=2", "--set", "start=zeros", "--json"];
  const { out } = await epoch0(argv);
  const [result] = JSON.parse(out).results;
  expect(result.command).toBe("epoch0 reproduce rumelhart-1986 --set draws=2 --set start=zeros");
  expect(result.figures.equalLoss).toHaveLength(2);
  expect(new Set(result.figures.units2)).toEqual(new Set([1]));
  for (const [id, set, line] of [
    ["rumelhart-1986", "width=3", /has no setting "width", use activation, start, value/],
    ["rumelhart-1986", "start=ones", /start must be one of zeros, constant, breath, drawn, got "ones"/],
    ["bigger-rate", "width=0", /width must be a whole number from 1 to 1024, got "0"/],
    ["bigger-rate", "width=", /width must be a whole number from 1 to 1024, got ""/],
    ["bigger-rate", "width", /--set: must be name=value, got "width"/],
    ["depth", "width=3", /depth has no setting "width", it has none/],
  ] as const) {
    const { code, err } = await epoch0(["reproduce", id, "--set", set]);
    expect([code, err.trimEnd().includes("\n")]).toEqual([2, false]);
    expect(err).toMatch(line);
  }
});

test("one draw decides nothing, and says so", async () => {
  const { out } = await epoch0(["reproduce", "rumelhart-1986", "--set", "draws=1"]);
  expect(out).toContain("one draw");
  expect(out).toContain("undecided at this size");
});
