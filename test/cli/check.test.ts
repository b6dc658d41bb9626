/** `epoch0 check` and `init --fix` from the outside: exit codes, documents, configuration, baseline. */

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { data, epoch0, models } from "./helpers.ts";

const started = process.cwd();
afterEach(() => process.chdir(started));

const folder = () => mkdtempSync(join(tmpdir(), "epoch0-check-"));
const bad = `${models}saturated-mlp.onnx`;
const good = `${models}digits-mlp.onnx`;

test("exit codes go by --fail-on", async () => {
  expect((await epoch0(["check", good])).code).toBe(0);
  expect((await epoch0(["check", bad])).code).toBe(1);
  const raw = ["check", good, "--data", `${data}digits.csv`];
  expect((await epoch0(raw)).code).toBe(0);
  expect((await epoch0([...raw, "--fail-on", "warning"])).code).toBe(1);
});

test("--json is one document of the contract, the other formats have theirs", async () => {
  const { out, err, code } = await epoch0(["check", bad, "--json"]);
  expect([code, err]).toEqual([1, ""]);
  const { schema, findings, summary } = JSON.parse(out);
  expect(schema).toBe("epoch0.check/1");
  expect(findings[0]).toMatchObject({ rule: "saturated", severity: "error", tensor: "fc1.weight" });
  expect(Object.keys(findings[0])).toEqual(expect.arrayContaining(["message", "evidence", "fix"]));
  expect(summary).toMatchObject({ errors: 2, warnings: 1 });
  expect((await epoch0(["check", bad, "--format", "json"])).out).toBe(out);
  expect(JSON.parse((await epoch0(["check", bad, "--format", "sarif"])).out).version).toBe("2.1.0");
  expect((await epoch0(["check", bad, "--format", "github"])).out).toMatch(/^::error file=/);
  expect((await epoch0(["check", bad, "--format", "markdown"])).out).toMatch(/^### epoch0 check/);
  expect((await epoch0(["check", bad])).out).toMatch(/\n2 errors and 1 warning, by the weights.*\n$/);
});

test("weights without a graph get the weight rules", async () => {
  const { out, code } = await epoch0(["check", `${models}digits-mlp.safetensors`, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out).summary.looked).toEqual(["weights"]);
});

test("a configuration is found upward, in JSON, JavaScript and TypeScript", async () => {
  const top = folder();
  const below = join(top, "a", "b");
  mkdirSync(below, { recursive: true });
  process.chdir(below);
  writeFileSync(join(top, "epoch0.config.json"), '{ "rules": { "saturated": "warning" } }');
  expect((await epoch0(["check", bad])).code).toBe(0);
  writeFileSync(join(top, "epoch0.config.json"), '{ "rules": { "saturated": "warning" }, "failOn": "warning" }');
  expect((await epoch0(["check", bad])).code).toBe(1);
  expect((await epoch0(["check", bad, "--fail-on", "error"])).code).toBe(0);
  writeFileSync(join(below, "other.mjs"), 'export default { rules: { saturated: "off", "large-logits": "off" } };');
  expect((await epoch0(["check", bad, "--config", "other.mjs", "--fail-on", "warning"])).code).toBe(0);
  const typed =
    'interface Own { readonly rules: object }\nexport default { rules: { saturated: "off" } } satisfies Own;';
  writeFileSync(join(below, "epoch0.config.ts"), typed);
  expect((await epoch0(["check", bad])).code).toBe(0);
});

const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ["epoch0.config.json", "{", /^epoch0: config: cannot read .*epoch0\.config\.json, /],
  ["epoch0.config.json", '{ "rules": { "saturated": 1 } }', /epoch0\.config\.json: rules\.saturated: must be "off"/],
  ["epoch0.config.mjs", "export const x = 1;", /epoch0\.config\.mjs has no default export, add one$/],
  ["epoch0.config.mjs", "throw new Error('no\\nway');", /cannot read .*, no way$/],
];

test.each(WRONG)("a bad %s is one line and exit code 2", async (name, text, line) => {
  const place = folder();
  process.chdir(place);
  writeFileSync(join(place, name), text);
  const { code, out, err } = await epoch0(["check", good]);
  expect([code, out]).toEqual([2, ""]);
  expect(err.trim()).toMatch(line);
  expect(err.trim().split("\n")).toHaveLength(1);
});

test("a baseline is written once, and then only what is new counts", async () => {
  process.chdir(folder());
  const written = await epoch0(["check", bad, "--write-baseline", "known.json"]);
  expect(written.code).toBe(0);
  expect(JSON.parse(readFileSync("known.json", "utf8")).findings).toHaveLength(3);
  const known = await epoch0(["check", bad, "--baseline", "known.json", "--fail-on", "warning"]);
  expect(known.code).toBe(0);
  expect(known.out).toContain("3 in the baseline");
  expect((await epoch0(["check", `${models}zero-mlp.onnx`, "--baseline", "known.json"])).code).toBe(1);
  const missing = await epoch0(["check", bad, "--baseline", "nowhere.json"]);
  expect(missing.code).toBe(2);
  expect(missing.err).toBe(
    "epoch0: --baseline: cannot read nowhere.json, write it first with --write-baseline nowhere.json\n",
  );
});

test("init --fix writes a file that passes, and says what it drew", async () => {
  process.chdir(folder());
  const { code, out } = await epoch0(["init", bad, "-o", "mended.onnx", "--fix", "--scheme", "torch"]);
  expect(code).toBe(0);
  expect(out).toContain("Draws 3 tensors of saturated-mlp.onnx anew (torch, seed 0), keeps the other 3 bit for bit");
  expect((await epoch0(["check", "mended.onnx", "--fail-on", "warning"])).code).toBe(0);
  const json = await epoch0(["init", bad, "-o", "mended.npz", "--fix", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject({ schema: "epoch0.init/1", verify: null, fix: { kept: 3 } });
  for (const extra of [["--verify"], ["--dtype", "f16"], ["--stream", "torch"], ["--data", `${data}digits.csv`]]) {
    const refused = await epoch0(["init", bad, "-o", "x.onnx", "--fix", ...extra]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/^epoch0: init: --fix .*leave|^epoch0: init: --fix draws single tensors/);
  }
  expect((await epoch0(["init", "4 > 2", "-o", "x.npz", "--fix"])).err).toMatch(/--fix needs a file with weights/);
});
