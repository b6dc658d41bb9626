// `npm test`: types, style and tests, after installing and building what is missing. Further arguments go to vitest.
import { spawnSync } from "node:child_process";
import { prepare, root, tool } from "./prepare.mjs";

prepare();
const steps = [
  [tool("tsc"), "--noEmit", "-p", "."],
  [
    tool("svelte-check"),
    "--tsconfig",
    "lab/tsconfig.json",
    "--output",
    "human",
    "--threshold",
    "warning",
    "--fail-on-warnings",
  ],
  [tool("biome"), "check", "."],
  [tool("vitest"), "run", ...process.argv.slice(2)],
];
let failed = 0;
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: "inherit" });
  failed ||= status ?? 1;
}
process.exit(failed);
