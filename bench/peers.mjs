// Packages that a benchmark compares with and that nobody else needs: installed under out/bench on first use.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../scripts/prepare.mjs";

const folder = join(root, "out", "bench");

function installed(name, version) {
  try {
    return JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version === version;
  } catch {
    return false;
  }
}

/**
 * The modules of `versions` (name → exact version), installed without their scripts where they are not there yet.
 * Throws in one line where npm cannot.
 */
export async function peers(versions) {
  mkdirSync(folder, { recursive: true });
  const missing = Object.entries(versions).filter(([name, version]) => !installed(name, version));
  if (missing.length > 0) {
    const wanted = missing.map(([name, version]) => `${name}@${version}`);
    process.stderr.write(`installing ${wanted.join(", ")} under out/bench\n`);
    const args = ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status, stderr } = spawnSync("npm", [...args, ...wanted], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`npm could not install ${wanted.join(", ")}: ${stderr.trim().split("\n")[0]}`);
  }
  const require = createRequire(join(folder, "peers.mjs"));
  return Promise.all(Object.keys(versions).map((name) => import(pathToFileURL(require.resolve(name)).href)));
}

/** What `start` makes; null, said in one line, where a package is out of reach: the other peers still come. */
export async function peerIfThere(start) {
  try {
    return await start();
  } catch (error) {
    process.stderr.write(`bench: a peer is left out: ${error.message.split("\n")[0]}\n`);
    return null;
  }
}
