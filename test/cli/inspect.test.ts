/** `epoch0 inspect` and `epoch0 diff` on real files. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { epoch0, models } from "./helpers.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epoch0-inspect-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["digits-mlp.pt", "digits-mlp-legacy.pt", "digits-mlp.safetensors", "digits-mlp.npz", "digits-mlp.onnx"])(
  "%s: the finding, then a line for every parameter",
  async (file) => {
    const { code, out, err } = await epoch0(["inspect", join(models, file)]);
    expect([code, err]).toEqual([0, ""]);
    const lines = out.split("\n");
    expect(lines[0]).toBe(`${file}: 6 parameters, 26,122 scalars`);
    expect(lines[2]).toBe("all 3 weights are as drawn: torch");
    expect(lines.filter((line) => /^fc[123]\.(weight|bias)/.test(line))).toHaveLength(6);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(100);
  },
);

test("--json is one document with every figure", async () => {
  const { out } = await epoch0(["inspect", join(models, "lenet5.npz"), "--json"]);
  const report = JSON.parse(out);
  expect(report.schema).toBe("epoch0.inspect/1");
  expect(report.model).toMatchObject({ format: "npz", parameters: 10, scalars: 61_706 });
  const fc1 = report.tensors.find(({ name }: { name: string }) => name === "fc1.weight");
  expect(fc1).toMatchObject({ role: "weight", fanIn: 400, fanOut: 120, zeros: 0, nan: 0, shape: [120, 400] });
  expect(fc1.likeness).toMatchObject({ family: "uniform", confidence: expect.any(Number) });
  expect(fc1.likeness.schemes).toContain("torch");
  // U(±1/√400): the standard error of a uniform's deviation is σ·√(0.8/4n).
  expect(Math.abs(fc1.std - 0.05 / Math.sqrt(3))).toBeLessThan(5 * 0.05 * Math.sqrt(0.8 / (4 * 48_000)));
  expect(fc1.scaledStd).toBeCloseTo(20 * fc1.std, 12);
  // Up to 32,768 numbers are counted all, of more a sample.
  const fc2 = report.tensors.find(({ name }: { name: string }) => name === "fc2.weight");
  expect(fc2.histogram.counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(84 * 120);
});

test("names and patterns choose, --sort orders, few are told in full", async () => {
  const gpt = join(models, "gpt-mini.safetensors");
  const one = await epoch0(["inspect", gpt, "h.0.mlp.c_fc"]);
  expect(one.out).toContain("h.0.mlp.c_fc.weight\n  shape");
  expect(one.out).toMatch(/spectral norm +1\.69 ±/);
  const { out } = await epoch0(["inspect", gpt, "*.c_proj.weight", "--sort", "norm", "--json"]);
  const norms = JSON.parse(out).tensors.map(({ spectrum }: { spectrum: { norm: number } }) => spectrum.norm);
  expect(norms).toHaveLength(4);
  expect(norms).toEqual([...norms].sort((a, b) => b - a));
  const none = await epoch0(["inspect", gpt, "wtee.weight"]);
  expect(none.code).toBe(2);
  expect(none.err).toMatch(/^epoch0: inspect: no parameter matches "wtee\.weight", did you mean wte\.weight.*\n$/);
});

test("numbers that are not finite come first", async () => {
  const header = JSON.stringify({ "a.weight": { dtype: "F32", shape: [4, 4], data_offsets: [0, 64] } });
  const bytes = new Uint8Array(8 + header.length + 64);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  new DataView(bytes.buffer).setFloat32(8 + header.length, Number.NaN, true);
  const path = join(folder, "nan.safetensors");
  writeFileSync(path, bytes);
  const { out, code } = await epoch0(["inspect", path]);
  expect(code).toBe(0);
  expect(out).toContain("1 parameter with numbers that are not finite: a.weight first");
});

test("diff: the finding, what changed, --json; exit code 0 whatever changed", async () => {
  const same = await epoch0(["diff", join(models, "digits-mlp.onnx"), join(models, "digits-mlp.pt")]);
  expect([same.code, same.err]).toEqual([0, ""]);
  expect(same.out).toContain("\nthe same numbers in both\n");
  const other = await epoch0(["diff", join(models, "zero-mlp.onnx"), join(models, "digits-mlp.safetensors")]);
  expect(other.code).toBe(0);
  expect(other.out).toMatch(/fc1\.weight +128×64 +re-drawn .*torch: U\(±0\.125\)/);
  for (const line of other.out.split("\n")) expect([...line].length).toBeLessThanOrEqual(100);
  const report = JSON.parse(
    (await epoch0(["diff", join(models, "digits-mlp.npz"), join(models, "digits-mlp.pt"), "--json"])).out,
  );
  expect(report).toMatchObject({ schema: "epoch0.diff/1", summary: { unchanged: 6, trained: 0 }, clonedLayers: [] });
  const wrong = await epoch0(["diff", join(models, "digits-mlp.npz"), join(models, "nowhere.pt")]);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toMatch(/^epoch0: [^\n]*nowhere\.pt: no such file[^\n]*\n$/);
});

test("hostile PyTorch files: one line and exit code 2, or read without harm", async () => {
  const hostile = fileURLToPath(new URL("../hostile-pt/", import.meta.url));
  for (const file of readdirSync(hostile)) {
    const { code, err, out } = await epoch0(["inspect", join(hostile, file)]);
    if (file.startsWith("harmless")) {
      expect([code, err], file).toEqual([0, ""]);
      continue;
    }
    expect([code, out], file).toEqual([2, ""]);
    expect(err, file).toMatch(/^epoch0: [^\n]+\n$/);
  }
});

test("plan and init take a state dict: new weights under the same names", async () => {
  const plan = JSON.parse(
    (await epoch0(["plan", join(models, "digits-mlp.pt"), "--json", "--scheme", "he-normal"])).out,
  );
  expect(plan.tensors).toHaveLength(6);
  const output = join(folder, "new.safetensors");
  expect(
    (await epoch0(["init", join(models, "digits-mlp-legacy.pt"), "-o", output, "--scheme", "he-normal"])).code,
  ).toBe(0);
  const diff = JSON.parse((await epoch0(["diff", join(models, "digits-mlp.pt"), output, "--json"])).out);
  expect(diff.summary).toMatchObject({ "re-drawn": 6, unchanged: 0, missing: 0, new: 0 });
  const fc2 = diff.tensors.find(({ name }: { name: string }) => name === "fc2.weight");
  expect(fc2.likeness.schemes).toContain("he-normal");
});
