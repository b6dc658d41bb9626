/** Each command on real files: what it prints, writes and answers. */

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { data, epoch0, models } from "./helpers.ts";

const digits = join(models, "digits-mlp.onnx");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epoch0-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("gain prints a report, and with --json the contract's fields alone on stdout", async () => {
  const text = await epoch0(["gain", "relu"]);
  expect(text.code).toBe(0);
  expect(text.out.split("\n")[0]).toContain("gain 1.414 keeps the forward signal, and the gradient with it");
  const { out, err } = await epoch0(["gain", "tanh", "--json"]);
  expect(err).toBe("");
  const report = JSON.parse(out);
  expect(report.schema).toBe("epoch0.gain/1");
  // DESIGN 5: tanh at bias variance 0.05.
  expect(report.critical.weightVariance).toBeCloseTo(1.76095, 5);
  expect(report.critical.q).toBeCloseTo(0.57005, 5);
});

test("an expression is an activation; a wrong one is one line with its place", async () => {
  const expression = JSON.parse((await epoch0(["gain", "--expr", "max(x, 0)", "--json"])).out);
  expect(expression.gain).toBeCloseTo(Math.SQRT2, 10);
  for (const wrong of ["x +", "y", "x; y", "import('fs')", "x".repeat(100_000), "(".repeat(5000)]) {
    const { code, out, err } = await epoch0(["gain", "--expr", wrong]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^epoch0: [^\n]+\n$/);
  }
});

test("an unknown activation is answered with the nearest names", async () => {
  const { code, err } = await epoch0(["gain", "gelo"]);
  expect(code).toBe(2);
  expect(err).toMatch(/^epoch0: .*gelo.*gelu.*\n$/);
});

test("init --stream torch writes what PyTorch drew for this very file", async () => {
  const output = join(folder, "torch.onnx");
  const { code, out } = await epoch0(["init", digits, "-o", output, "--scheme", "torch", "--stream", "torch"]);
  expect(code).toBe(0);
  expect(out).toContain("wrote");
  // The same graph with the same numbers in it.
  const [ours, theirs] = [output, digits].map((path) => readOnnx(new Uint8Array(readFileSync(path))));
  for (const name of theirs!.parameters.keys()) expect(ours!.read(name)).toEqual(theirs!.read(name));
  for (const stream of ["numpy", "jax"]) {
    const other = await epoch0(["init", digits, "-o", output, "--scheme", "glorot-uniform", "--stream", stream]);
    expect(other.code, other.err).toBe(0);
  }
  const measured = await epoch0(["init", digits, "-o", output, "--scheme", "lsuv", "--stream", "torch"]);
  expect(measured.code).toBe(2);
  expect(measured.err).toMatch(/^epoch0: init: lsuv scales the very numbers .*leave it out\n$/);
  const { code: wrong, err } = await epoch0(["init", digits, "-o", output, "--stream", "tensorflow"]);
  expect(wrong).toBe(2);
  expect(err).toMatch(/^epoch0: --stream: unknown value "tensorflow".*\n$/);
});

test("plan prints every layer; --json is one document with the contract's fields", async () => {
  const text = await epoch0(["plan", digits]);
  expect(text.code).toBe(0);
  for (const name of ["fc1.weight", "fc2.weight", "fc3.weight"]) expect(text.out).toContain(name);
  const plan = JSON.parse((await epoch0(["plan", digits, "--json", "--seed", "5", "--scheme", "he-normal"])).out);
  expect(plan).toMatchObject({
    schema: "epoch0.plan/1",
    scheme: "he-normal",
    seed: 5,
    model: { format: "onnx", parameters: 6, scalars: 26122 },
  });
  expect(plan.tensors).toHaveLength(6);
  expect(plan.layers.map((layer: { weight: string }) => layer.weight)).toEqual([
    "fc1.weight",
    "fc2.weight",
    "fc3.weight",
  ]);
  for (const key of ["signals", "gradients", "unsupported", "warnings"])
    expect(Array.isArray(plan[key]), key).toBe(true);
});

test("input mean and variance reach the prediction", async () => {
  const first = async (...options: string[]) =>
    JSON.parse((await epoch0(["plan", digits, "--scheme", "he-normal", "--json", ...options])).out).layers[0].output
      .secondMoment;
  // E[x²] = 3² + 4 = 13 of the first layer's input, so 13 times what unit-normal inputs give; exact but for rounding.
  expect((await first("--input-mean", "3", "--input-variance", "4")) / (await first())).toBeCloseTo(13, 9);
});

test("--emit prints code alone", async () => {
  const { code, out, err } = await epoch0(["plan", digits, "--emit", "torch"]);
  expect(code).toBe(0);
  expect(err).toBe("");
  expect(out).toContain("def initialize(module: nn.Module, seed: int = 0)");
  expect(out).toContain('"fc1.bias", "fc2.bias", "fc3.bias"');
});

test("--objective reaches the solver: with the signal level the widths do not matter, with the gradient they do", async () => {
  const std = async (objective: string) => {
    const { code, out } = await epoch0(["plan", "64 > 32 relu > 128 relu > 10", "--objective", objective, "--json"]);
    expect(code).toBe(0);
    return JSON.parse(out).tensors.find(({ name }: { name: string }) => name === "fc2.weight").std;
  };
  // Var(W)·E[φ²] = 1/fan_in, 1/fan_out and their geometric mean, E[φ²] = 1/2; the solver is within half a percent of a variance.
  expect(Math.abs((await std("forward")) ** 2 / (2 / 32) - 1)).toBeLessThan(0.005);
  expect(Math.abs((await std("backward")) ** 2 / (2 / 128) - 1)).toBeLessThan(0.005);
  expect(Math.abs((await std("balanced")) ** 2 / (2 / 64) - 1)).toBeLessThan(0.005);
  const wrong = await epoch0(["plan", "4 > 2", "--objective", "forwards"]);
  expect(wrong).toMatchObject({ code: 2, out: "" });
  expect(wrong.err).toContain("did you mean forward?");
});

test("explain tells one tensor; an unknown one is answered with the nearest", async () => {
  const { code, out } = await epoch0(["explain", digits, "fc2.weight"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^fc2\.weight starts as /);
  const wrong = await epoch0(["explain", digits, "fc2.wieght"]);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toMatch(/did you mean fc2\.weight/);
});

test("lsuv measures on the data that is given, and on random inputs without", async () => {
  const rows = join(folder, "rows.csv");
  writeFileSync(rows, Array.from({ length: 40 }, (_, i) => [i % 7, i % 3, (i * i) % 5, 1].join(",")).join("\n"));
  const planned = async (...more: string[]) => {
    const { code, out } = await epoch0(["plan", "4 > 8 tanh > 3", "--scheme", "lsuv", "--json", ...more]);
    expect(code).toBe(0);
    return JSON.parse(out);
  };
  const [measured, random] = [await planned("--data", rows), await planned()];
  expect(measured.tensors[0].why).toMatch(/measured on rows\.csv, 64 samples/);
  expect(random.tensors[0].why).toMatch(/measured on random normal inputs, 64 samples/);
  expect(measured.tensors[0].initializer.gain).not.toBe(random.tensors[0].initializer.gain);
  const output = join(folder, "lsuv.npz");
  const { code, out } = await epoch0([
    "init",
    "4 > 8 tanh > 3",
    "-o",
    output,
    "--scheme",
    "lsuv",
    "--data",
    rows,
    "--json",
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(out).plan.tensors[0].initializer).toEqual(measured.tensors[0].initializer);
});

test("init writes each format, the same bits each time, and says what it wrote", async () => {
  for (const name of ["w.safetensors", "w.npz", "w.onnx"]) {
    const path = join(folder, name);
    const { code, out } = await epoch0(["init", digits, "-o", path, "--json"]);
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report.schema).toBe("epoch0.init/1");
    expect(report.verify).toBeNull();
    const bytes = readFileSync(path);
    expect(report.output).toEqual({
      path,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
    const again = JSON.parse((await epoch0(["init", digits, "-o", join(folder, `again-${name}`), "--json"])).out);
    expect(again.output.sha256).toBe(report.output.sha256);
    const other = JSON.parse(
      (await epoch0(["init", digits, "-o", join(folder, `other-${name}`), "--seed", "1", "--json"])).out,
    );
    expect(other.output.sha256).not.toBe(report.output.sha256);
  }
});

test("init --verify runs the network on data, sets measured beside predicted, and writes", async () => {
  const path = join(folder, "verified.safetensors");
  const { code, out } = await epoch0([
    "init",
    digits,
    "-o",
    path,
    "--verify",
    "--data",
    join(data, "digits.csv"),
    "--json",
  ]);
  const { verify } = JSON.parse(out);
  expect(verify.layers.map((layer: { weight: string }) => layer.weight)).toEqual([
    "fc1.weight",
    "fc2.weight",
    "fc3.weight",
  ]);
  for (const { predicted, measured } of verify.layers) expect(measured / predicted).toBeGreaterThan(0);
  expect(verify.passed).toBe(true);
  expect(code).toBe(0);
  expect(existsSync(path)).toBe(true);
});

test("a verification that fails is exit code 1 and writes nothing", async () => {
  const path = join(folder, "failed.safetensors");
  // Data of variance 0.25·256 against a prediction told to expect unit variance.
  const { code, out } = await epoch0([
    "init",
    digits,
    "-o",
    path,
    "--verify",
    "--data",
    join(data, "digits.csv"),
    "--input-mean",
    "0",
    "--input-variance",
    "1",
  ]);
  expect(code).toBe(1);
  expect(out).toContain("Not as predicted");
  expect(out).toContain("Nothing was written");
  expect(existsSync(path)).toBe(false);
});

test("--html writes one page and keeps stdout for the report", async () => {
  const page = join(folder, "report.html");
  const { code, out } = await epoch0(["plan", digits, "--html", page]);
  expect(code).toBe(0);
  expect(out).toContain("fc1.weight");
  expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>/);
});

test("bad input is one line and exit code 2, and leaves nothing behind", async () => {
  const before = readdirSync(folder);
  const truncated = join(folder, "truncated.onnx");
  writeFileSync(truncated, readFileSync(digits).subarray(0, 5000));
  const empty = join(folder, "empty.onnx");
  writeFileSync(empty, "");
  const cases = [
    ["plan", truncated],
    ["plan", empty],
    ["plan", folder],
    ["plan", join(folder, "missing.onnx")],
    ["plan", "784 > > 10"],
    ["init", digits, "-o", join(folder, "no-such-folder", "w.safetensors")],
    ["init", digits, "-o", digits],
    ["init", digits, "-o", join(folder, "w16.npz"), "--dtype", "bf16"],
    ["init", digits, "-o", join(folder, "d.npz"), "--verify", "--data", join(data, "iris.csv")],
    ["plan", digits, "--html", join(folder, "no-such-folder", "r.html")],
  ];
  for (const argv of cases) {
    const { code, err } = await epoch0(argv);
    expect(code, argv.join(" ")).toBe(2);
    expect(err).toMatch(/^epoch0: [^\n]+\n$/);
  }
  expect(readdirSync(folder).sort()).toEqual([...before, "empty.onnx", "truncated.onnx"].sort());
});

test("an interruption is exit code 130 and leaves nothing behind", async () => {
  const before = readdirSync(folder);
  const controller = new AbortController();
  controller.abort();
  const { code, out } = await epoch0(["init", digits, "-o", join(folder, "never.safetensors")], {
    signal: controller.signal,
  });
  expect(code).toBe(130);
  expect(out).toBe("");
  expect(readdirSync(folder)).toEqual(before);
});
