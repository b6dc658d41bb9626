/** Sharded models through the built program: launchers' ranks, killed and interrupted runs, what is refused. */

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Environment } from "../../src/cli/launcher.ts";
import { epoch0 as inProcess } from "./helpers.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = fileURLToPath(new URL("../../bin/epoch0.mjs", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "epoch0-cli-shards-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Three million parameters: some tenths of a second of drawing. */
const MODEL = "700 > 700 relu > 700 relu > 700 relu > 700 relu > 700 relu > 700 relu > 10";
const INIT = ["init", MODEL, "--dtype", "bf16", "--max-shard-size", "1MB"];
const SHARDS = 6;

/** Without the ranks of whatever runs the tests. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(RANK|WORLD_SIZE|SLURM_|OMPI_|PMI_|JOB_COMPLETION)/.test(name)),
);

function epoch0(argv: readonly string[], env: Environment = {}) {
  return spawnSync(process.execPath, [bin, ...argv], {
    encoding: "utf8",
    env: { ...clean, NO_COLOR: "1", ...env },
  });
}

function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => !name.startsWith("."));
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

let undisturbed: Record<string, string>;
beforeAll(() => {
  const script = 'const { build } = await import("./scripts/prepare.mjs"); build();';
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root }).status).toBe(0);
  const { status, stdout } = epoch0([...INIT, "-o", join(work, "whole"), "--json"]);
  expect(status).toBe(0);
  undisturbed = contents(join(work, "whole"));
  const { output } = JSON.parse(stdout);
  expect(output.complete).toBe(true);
  expect(output.files).toHaveLength(SHARDS);
  for (const { path, sha256 } of [output, ...output.files])
    expect(undisturbed[path.slice(join(work, "whole").length + 1)]).toBe(sha256);
}, 180_000);

test("ranks of any launcher write together what one process writes", () => {
  const folder = join(work, "ranks");
  const ranks: readonly (readonly [string, Environment, string])[] = [
    ["torchrun", { RANK: "0", WORLD_SIZE: "3", SLURM_PROCID: "0", SLURM_NTASKS: "1" }, "auto"],
    ["Slurm", { SLURM_PROCID: "1", SLURM_NTASKS: "3" }, "auto"],
    ["Kubernetes", { JOB_COMPLETION_INDEX: "2" }, "auto/3"],
  ];
  ranks.forEach(([launcher, environment, shard], rank) => {
    const { status, stdout } = epoch0([...INIT, "-o", folder, "--shard", shard], environment);
    expect(status).toBe(0);
    expect(stdout).toContain(`wrote 2 of 6 files, part ${rank + 1} of 3 (${launcher})`);
    expect(readdirSync(folder).includes("model.safetensors.index.json")).toBe(rank === 2);
  });
  expect(contents(folder)).toEqual(undisturbed);
  // The same command on every rank must not mean the same file.
  const named = ["init", "8 > 8 > 8", "-o", join(work, "same", "net.safetensors"), "--shard", "auto"];
  for (const RANK of ["1", "0"]) expect(epoch0(named, { RANK, WORLD_SIZE: "2" }).status).toBe(0);
  expect(Object.keys(contents(join(work, "same")))).toEqual([
    "net-00001-of-00002.safetensors",
    "net-00002-of-00002.safetensors",
    "net.safetensors.index.json",
  ]);
  const { status, stderr } = epoch0([...INIT, "-o", folder, "--shard", "auto"], { RANK: "3", WORLD_SIZE: "3" });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^epoch0: --shard auto: RANK counts from 0 and must be below WORLD_SIZE = 3, got 3, [^\n]*\n$/,
  );
}, 180_000);

/** Starts a run and sends it a signal so many milliseconds after it began to write. */
function stopped(folder: string, signal: NodeJS.Signals, after: number, argv: readonly string[] = INIT) {
  mkdirSync(folder, { recursive: true });
  const before = readdirSync(folder).length;
  return new Promise<{ readonly code: number | null; readonly err: string }>((resolve) => {
    const child = spawn(process.execPath, [bin, ...argv, "-o", folder], { env: { ...clean, NO_COLOR: "1" } });
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    const poll = setInterval(() => {
      if (readdirSync(folder).length === before) return;
      clearInterval(poll);
      setTimeout(() => child.kill(signal), after);
    }, 5);
    child.on("close", (code) => {
      clearInterval(poll);
      resolve({ code, err });
    });
  });
}

test("killed at random moments and started again: the bytes of an undisturbed run", async () => {
  const folder = join(work, "killed");
  for (let attempt = 0; attempt < 4; attempt++) {
    await stopped(folder, "SIGKILL", 200 * Math.random());
    const there = contents(folder);
    // Whatever bears its final name is whole, and the index is there only with all of them.
    for (const [name, sha256] of Object.entries(there)) expect(sha256, name).toBe(undisturbed[name]);
    if ("model.safetensors.index.json" in there) expect(Object.keys(there)).toHaveLength(SHARDS + 1);
  }
  const { status, stdout } = epoch0([...INIT, "-o", folder]);
  expect(status).toBe(0);
  expect(contents(folder)).toEqual(undisturbed);
  expect(stdout).toMatch(/wrote 6 files, 5\.\d+ MB.*; model: .*model\.safetensors\.index\.json\n$/);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}, 180_000);

test("Ctrl-C: exit code 130, one line, nothing half written", async () => {
  const folder = join(work, "interrupted");
  // Half a gigabyte in a hundred files: far from done when the signal comes.
  const large = ["init", `8000 ${"> 8000 ".repeat(4)}`, "--dtype", "bf16", "--max-shard-size", "5MB"];
  const { code, err } = await stopped(folder, "SIGINT", 0, large);
  expect(err).toBe("epoch0: interrupted, nothing was left half written\n");
  expect(code).toBe(130);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp") || name.endsWith(".json"))).toEqual([]);
}, 180_000);

test.each([
  [["-o", "out.npz", "--max-shard-size", "1GB"], "--max-shard-size: only .safetensors is sharded"],
  [["-o", "out", "--max-shard-size", "five"], '--max-shard-size: must be a size such as 5GB or 512MiB, got "five"'],
  [["-o", "out", "--max-shard-size", "0"], "--max-shard-size: must be a size"],
  [["-o", "out", "--shard", "auto/0"], "--shard: must be i/n with i from 1 to n, or auto"],
  [["-o", "weights.safetensor"], '-o: unknown kind of file "weights.safetensor", did you mean .safetensors?'],
])("%j is refused in one line", async (argv, message) => {
  const { code, err } = await inProcess(["init", "4 > 2", ...argv]);
  expect(code).toBe(2);
  expect(err.startsWith(`epoch0: ${message}`)).toBe(true);
  expect(err.trimEnd()).not.toContain("\n");
});

test("a Hugging Face configuration is enough: its folder in, a sharded model out, and that folder in again", async () => {
  const source = join(work, "huggingface");
  const target = join(work, "drawn");
  mkdirSync(source);
  const config = {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    vocab_size: 200,
    initializer_range: 0.02,
  };
  writeFileSync(join(source, "config.json"), JSON.stringify(config));
  const argv = ["init", source, "-o", target, "--scheme", "huggingface", "--max-shard-size", "100KB", "--json"];
  const { code, out } = await inProcess(argv);
  expect(code).toBe(0);
  const { plan, output } = JSON.parse(out);
  expect(plan.model).toMatchObject({ format: "huggingface", parameters: 21 });
  expect(output.files.length).toBeGreaterThan(2);
  const inspected = JSON.parse((await inProcess(["inspect", target, "--json"])).out);
  expect(inspected.model.parameters).toBe(21);
  const again = JSON.parse((await inProcess(argv)).out);
  expect(again.output.files.every((file: { kept: boolean }) => file.kept)).toBe(true);
  const checked = await inProcess(["check", source]);
  expect(checked.code).toBe(2);
  expect(checked.err).toBe(
    "epoch0: check: config.json holds no weights to check, draw some first with epoch0 init -o FILE\n",
  );
});
