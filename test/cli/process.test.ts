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

/** Seconds of processor time a run, by the shell's own count, which other work on the machine does not lengthen. */
function processorSeconds(command: string, runs: number): number {
  const script = `i=0; while [ $i -lt ${runs} ]; do ${command} >/dev/null; i=$((i+1)); done; times`;
  const { stdout } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" });
  // The second line is the children's: user, then system, as 0m0.520000s.
  const children = stdout.trim().split("\n").at(-1) ?? "";
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
  expect(seconds).toHaveLength(2);
  return seconds.reduce((sum, each) => sum + each, 0) / runs;
}

test("--help answers within 60 ms of the runtime alone", () => {
  const node = `"${process.execPath}"`;
  const nothing = processorSeconds(`${node} -e 0`, 10);
  const help = processorSeconds(`${node} "${bin}" --help`, 10);
  // 60 ms where the runtime itself starts in 40; on a slower processor both take as many times longer.
  expect(help - nothing).toBeLessThan(0.06 * Math.max(1, nothing / 0.04));
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
