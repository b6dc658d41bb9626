/** The built program where things go wrong around it: full disks, readers that leave, Ctrl-C, narrow terminals. */

import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { epoch0, models } from "./helpers.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "bin", "epoch0.mjs");
const digits = join(models, "digits-mlp.onnx");
const { NO_COLOR: _, FORCE_COLOR: __, ...plain } = process.env;
let folder = "";

beforeAll(() => {
  const script = 'const { build } = await import("./scripts/prepare.mjs"); build();';
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root }).status).toBe(0);
  folder = mkdtempSync(join(tmpdir(), "epoch0-bad-day-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A line of bash, with the program as "$epoch0". */
function bash(line: string) {
  return spawnSync("/bin/bash", ["-c", `epoch0() { "${process.execPath}" "${bin}" "$@"; }; ${line}`], {
    cwd: folder,
    encoding: "utf8",
    env: plain,
  });
}

test("a file that cannot grow is one line, exit code 2, and no file", () => {
  const { status, stderr } = bash(`ulimit -f 20; epoch0 init "${digits}" -o full.safetensors >/dev/null`);
  expect(stderr).toMatch(/^epoch0: write full\.safetensors: [^\n]+, [^\n]+\n$/);
  expect(status).toBe(2);
  expect(readdirSync(folder)).toEqual([]);
});

test.runIf(existsSync("/dev/full"))("output that cannot be written is said, with exit code 2", () => {
  for (const line of [`epoch0 plan "${digits}" >/dev/full`, "epoch0 gain relu --json >/dev/full"]) {
    const { status, stderr } = bash(line);
    expect(stderr).toBe("epoch0: cannot write the output: the disk is full, free some space\n");
    expect(status).toBe(2);
  }
});

test("a reader that leaves in the middle of a long document is no error", () => {
  const { status, stderr, stdout } = bash(
    `epoch0 plan "${join(models, "skeleton-resnet18.onnx")}" --json | head -c 20; echo; echo "\${PIPESTATUS[0]}"`,
  );
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n").at(-1)).toBe("0");
  expect(status).toBe(0);
});

test("Ctrl-C in the middle of a big draw: one line, exit code 130 within three seconds, nothing left", async () => {
  const place = join(folder, "interrupted");
  mkdirSync(place);
  const child = spawn(
    process.execPath,
    [bin, "init", join(models, "skeleton-vgg16.onnx"), "-o", join(place, "big.safetensors")],
    { env: plain },
  );
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  while (readdirSync(place).length === 0 && child.exitCode === null) await new Promise((go) => setTimeout(go, 20));
  const asked = Date.now();
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  // GRACE_MS of the terminal, and a second for the process to go.
  expect(Date.now() - asked).toBeLessThan(4000);
  expect(err).toMatch(/^epoch0: interrupted[^\n]*\n$/);
  expect(readdirSync(place)).toEqual([]);
});

test("the model's own file is never the output, not even through a link", async () => {
  const own = join(folder, "own.onnx");
  const link = join(folder, "link.onnx");
  const bytes = readFileSync(digits);
  writeFileSync(own, bytes);
  symlinkSync(own, link);
  for (const argv of [
    ["init", own, "-o", own],
    ["init", own, "-o", link],
    ["plan", own, "--html", own],
  ]) {
    const { code, err } = await epoch0(argv);
    expect(code, argv.join(" ")).toBe(2);
    expect(err).toMatch(/^epoch0: [^\n]+\n$/);
  }
  expect(readFileSync(own).equals(bytes)).toBe(true);
});

test("files of every kind, cut or empty, are refused in one line that names them", async () => {
  for (const name of ["digits-mlp.onnx", "digits-mlp.safetensors", "digits-mlp.npz"]) {
    const bytes = readFileSync(join(models, name));
    for (const length of [0, 5, 5000, bytes.length - 1]) {
      const path = join(folder, name);
      writeFileSync(path, bytes.subarray(0, length));
      const { code, out, err } = await epoch0(["plan", path, "--json"]);
      expect(code, `${name} of ${length} bytes`).toBe(2);
      expect(out).toBe("");
      expect(err).toMatch(/^epoch0: [^\n]*digits-mlp\.[^\n]+\n$/);
    }
  }
});

test("colour obeys NO_COLOR, also where it is forced", () => {
  const ansi = "\u001b[";
  expect(bash(`FORCE_COLOR=1 epoch0 plan "4 > 8 relu > 2"`).stdout).toContain(ansi);
  expect(bash(`NO_COLOR=1 FORCE_COLOR=1 epoch0 plan "4 > 8 relu > 2"`).stdout).not.toContain(ansi);
  expect(bash(`epoch0 plan "4 > 8 relu > 2"`).stdout).not.toContain(ansi);
});

test("the essay's own network", async () => {
  const { code, out, err } = await epoch0(["plan", "784 > 256 logistic > 256 logistic > 10 softmax"]);
  expect(code).toBe(0);
  expect(err).toBe("");
  expect(out).toContain("The gradient falls 6.5× a layer");
});

const KINDS = ["resnet-cifar", "vit-mini", "lstm", "gpt-mini"];

test.each(KINDS)("%s fits 60 columns", async (name) => {
  const { out } = await epoch0(["plan", join(models, `${name}.onnx`)], { width: 60 });
  expect(out.split("\n").filter((line) => [...line].length > 60)).toEqual([]);
});

test.each(KINDS)("%s as code for every framework names every parameter", async (name) => {
  const path = join(models, `${name}.onnx`);
  const { tensors } = JSON.parse((await epoch0(["plan", path, "--json"])).out);
  for (const target of ["torch", "keras", "jax", "tfjs"]) {
    const { code, out, err } = await epoch0(["plan", path, "--emit", target]);
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(out).toMatch(/initialize/);
    expect(tensors.filter((tensor: { name: string }) => !out.includes(`"${tensor.name}"`))).toEqual([]);
  }
});

test("three shards hold every parameter once", async () => {
  const names: string[] = [];
  for (const shard of ["1/3", "2/3", "3/3"]) {
    const path = join(folder, `part-${shard[0]}.safetensors`);
    expect((await epoch0(["init", digits, "-o", path, "--shard", shard])).code).toBe(0);
    const bytes = readFileSync(path);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString("utf8"));
    names.push(...Object.keys(header).filter((key) => key !== "__metadata__"));
  }
  expect(names.sort()).toEqual(["fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight", "fc3.bias", "fc3.weight"]);
});

test("weights without a graph: planned by name and shape, and said so", async () => {
  const { code, out } = await epoch0(["plan", join(models, "digits-mlp.safetensors")]);
  expect(code).toBe(0);
  expect(out).toContain("Nothing can be predicted: the file has no graph");
});
