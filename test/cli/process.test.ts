/** The built program as a process: start-up, pipes, exit codes. */

import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = fileURLToPath(new URL("../../bin/epoch0.mjs", import.meta.url));
const environment = { ...process.env, NO_COLOR: "1" };

beforeAll(() => {
  const script = 'const { build } = await import("./scripts/prepare.mjs"); build();';
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root }).status).toBe(0);
});

function fastest(args: readonly string[]): number {
  let best = Number.POSITIVE_INFINITY;
  // The fastest of several runs: other work on the machine only ever adds.
  for (let i = 0; i < 9; i++) {
    const started = performance.now();
    spawnSync(process.execPath, args);
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

test("--help answers within 60 ms of the runtime alone", () => {
  const nothing = fastest(["-e", "0"]);
  const help = fastest([bin, "--help"]);
  expect(help - nothing).toBeLessThan(60);
});

test("a reader that leaves early is no error", async () => {
  const child = spawn(
    "/bin/sh",
    ["-c", `"${process.execPath}" "${bin}" --help | head -n 1; echo "\${PIPESTATUS:-0}"`],
    { env: environment },
  );
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(err).toBe("");
  expect(code).toBe(0);
});

test("errors go to stderr with exit code 2, JSON alone goes to stdout", () => {
  const missing = spawnSync(process.execPath, [bin, "plan", "no-such-file.onnx", "--json"], {
    encoding: "utf8",
    env: environment,
  });
  expect(missing.status).toBe(2);
  expect(missing.stdout).toBe("");
  expect(missing.stderr).toMatch(/^epoch0: [^\n]*no-such-file\.onnx[^\n]*\n$/);
  const gain = spawnSync(process.execPath, [bin, "gain", "relu", "--json"], { encoding: "utf8", env: environment });
  expect(gain.status).toBe(0);
  expect(gain.stderr).toBe("");
  expect(JSON.parse(gain.stdout).gain).toBeCloseTo(Math.SQRT2, 12);
});
