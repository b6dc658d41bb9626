import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearest } from "../../src/cli/nearest.ts";
import { terminalWidth, wantsColor } from "../../src/cli/terminal.ts";
import { epoch0 } from "./helpers.ts";

const COMMANDS = ["init", "plan", "check", "explain", "gain", "inspect", "diff", "race", "reproduce", "lab"];

test("help lists the commands and an example", async () => {
  for (const argv of [[], ["--help"], ["-h"]]) {
    const { code, out, err } = await epoch0(argv);
    expect(code).toBe(0);
    expect(err).toBe("");
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
    expect(out).toContain("$ epoch0 init model.onnx -o weights.safetensors");
  }
});

test("every command's help has an example of that command", async () => {
  for (const command of COMMANDS) {
    const { code, out } = await epoch0([command, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain(`$ epoch0 ${command} `);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  }
});

/** Command lines that cannot be, and what the one line must name. */
const WRONG: readonly (readonly [string[], RegExp])[] = [
  [["frobnicate"], /frobnicate/],
  [["gian"], /did you mean gain\?/],
  [["plan"], /model.*see epoch0 plan --help/],
  [["plan", "x.onnx", "--shceme", "auto"], /did you mean --scheme\?/],
  [["plan", "4 > 2", "--scheme", "hee-normal"], /"hee-normal".*he-normal/],
  [["plan", "4 > 2", "--seed", "1.5"], /--seed.*whole number.*"1\.5"/],
  [["plan", "4 > 2", "--seed", "9007199254740993"], /--seed/],
  [["plan", "4 > 2", "--input-variance", "-1"], /--input-variance.*from 0.*"-1"/],
  [["plan", "4 > 2", "--input-mean", "NaN"], /--input-mean/],
  [["plan", "4 > 2", "--input-mean", ""], /--input-mean/],
  [["plan", "4 > 2", "--input-mean", "1e300"], /--input-mean.*"1e300"/],
  [["plan", "4 > 2", "--input-variance", "1e300"], /--input-variance.*from 0 to.*"1e300"/],
  [["plan", "4 > 2", "--emit", "torch", "--json"], /--emit and --json/],
  [["plan", ""], /empty name/],
  [["plan", "4 > 2", "--mode", "trian"], /--mode.*did you mean train\?/],
  [["plan", "4 > 2", "--batch", "0"], /--batch/],
  [["plan", "4 > 2", "--emit", "torhc"], /--emit.*did you mean torch\?/],
  [["init", "4 > 2"], /-o FILE/],
  [["init", "4 > 2", "-o", "weights.safetensor"], /did you mean \.safetensors\?/],
  [["init", "4 > 2", "-o", "w.npz", "--dtype", "fp16"], /--dtype.*did you mean f16/],
  [["init", "4 > 2", "-o", "w.npz", "--shard", "3/2"], /--shard.*"3\/2"/],
  [["init", "4 > 2", "-o", "w.npz", "--data", "x.csv"], /--verify/],
  [["gain"], /--expr/],
  [["gain", "relu", "--expr", "x"], /both/],
  [["gain", "relu", "tanh"], /argument/],
  [["gain", "relu", "--bias-variance", "no"], /--bias-variance/],
];

for (const [argv, names] of WRONG) {
  test(`epoch0 ${argv.join(" ")}: one line, exit code 2`, async () => {
    const { code, out, err } = await epoch0(argv);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^epoch0: [^\n]+\n$/);
    expect(err).toMatch(names);
    expect(err).not.toMatch(/\n\s+at /);
  });
}

test("--debug adds the stack, after the line", async () => {
  const { code, err } = await epoch0(["gain", "--debug"]);
  expect(code).toBe(2);
  expect(err).toMatch(/^epoch0: gain: [^\n]+\n[\s\S]+\n\s+at /);
});

test("no argument, however odd, gives more than one line or another code than 0 or 2", async () => {
  const word = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("plan", "gain", "--json", "--seed", "-o", "--", "--expr=", "-V"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (argv) => {
      const { code, err } = await epoch0(argv);
      expect([0, 2]).toContain(code);
      expect(err).toMatch(code === 0 ? /^$/ : /^epoch0: [^\n]+\n$/);
    }),
    { numRuns: 60 },
  );
});

test("--version is package.json's", async () => {
  const { out } = await epoch0(["--version"]);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("edit distance is a metric on short words, and one step for each kind of slip", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
  fc.assert(
    fc.property(
      word,
      word,
      (a, b) => editDistance(a, b) === editDistance(b, a) && (editDistance(a, b) === 0) === (a === b),
    ),
  );
  for (const slip of ["he-nrmal", "he-normaal", "he-normak", "he-nromal"])
    expect(editDistance(slip, "he-normal")).toBe(1);
});

test("nearest names come nearest first; nothing is suggested for nonsense", () => {
  expect(nearest("glorot", ["he-normal", "glorot-uniform", "glorot-normal"])).toEqual([
    "glorot-uniform",
    "glorot-normal",
  ]);
  expect(nearest("HE-NORMAL", ["he-normal"])).toEqual(["he-normal"]);
  expect(nearest("zzzzzz", ["he-normal", "zeros"])).toEqual([]);
});

test("colour: NO_COLOR over FORCE_COLOR over the terminal", () => {
  expect(wantsColor({ NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false);
  expect(wantsColor({ NO_COLOR: "" }, true)).toBe(true);
  expect(wantsColor({ FORCE_COLOR: "1" }, false)).toBe(true);
  expect(wantsColor({ FORCE_COLOR: "0" }, true)).toBe(false);
  expect(wantsColor({ TERM: "dumb" }, true)).toBe(false);
  expect(wantsColor({}, true)).toBe(true);
  expect(wantsColor({}, false)).toBe(false);
});

test("width is the terminal's within what tables can use", () => {
  expect(terminalWidth(undefined)).toBe(100);
  expect(terminalWidth(20)).toBe(60);
  expect(terminalWidth(500)).toBe(160);
});
