// What a fresh clone needs before anything runs: the packages of the lock file, and dist/ no older than src/.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a command; its output goes to stderr so that stdout stays the caller's. Exits with its code if it fails. */
export function must(command, args, { stdout = 2 } = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", stdout, 2] });
  if (error !== undefined || status !== 0) {
    process.stderr.write(
      `epoch0: ${command} ${args.join(" ")} failed${error === undefined ? "" : `, ${error.message}`}\n`,
    );
    process.exit(status || 1);
  }
}

/** The path of a tool from node_modules, run with this Node: no shell, no npx. */
export function tool(name) {
  const bin = {
    tsc: "typescript/bin/tsc",
    biome: "@biomejs/biome/bin/biome",
    vitest: "vitest/vitest.mjs",
    tsdown: "tsdown/dist/run.mjs",
    vite: "vite/bin/vite.js",
    "svelte-check": "svelte-check/bin/svelte-check",
  };
  return join(root, "node_modules", bin[name]);
}

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) time = Math.max(time, modified(join(entry.parentPath ?? entry.path, entry.name)));
  }
  return time;
}

/** npm leaves a copy of the lock file in node_modules; where a package differs, what is installed is stale. */
function installed() {
  const copy = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(copy)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(copy, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || present[path]?.version === entry.version,
  );
}

export function install() {
  if (installed()) return;
  process.stderr.write("epoch0: installing packages\n");
  must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** The library and program first: that empties dist/. Then the lab, which is made of the same sources. */
export function build() {
  const source = Math.max(
    newest(join(root, "src")),
    modified(join(root, "tsdown.config.ts")),
    modified(join(root, "package.json")),
  );
  const program = modified(join(root, "dist", "cli.js")) >= source;
  const lab = modified(join(root, "dist", "lab", "index.html")) >= Math.max(source, newest(join(root, "lab")));
  if (program && lab) return;
  process.stderr.write("epoch0: building\n");
  if (!program) must(process.execPath, [tool("tsdown"), "--logLevel", "error"]);
  must(process.execPath, [tool("vite"), "build", "--config", "lab/vite.config.ts", "--logLevel", "error"]);
}

export function prepare() {
  install();
  build();
}
