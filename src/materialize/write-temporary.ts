/** Names of files that are being written (Node), so that what a killed process left can be told from what a living one writes. */

import { createHash, randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** A process elsewhere that has not touched its file for so long is taken to be gone. */
const GONE_MS = 24 * 3600 * 1000;

const thisHost = (): string => createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

const prefixOf = (path: string): string => `.${basename(path).slice(0, 100)}.`;

/** Made by this process: a restarted container has the same processes by number, and none of their work. */
const ours = new Set<string>();

/** Beside `path`, hidden, with machine and process in its name. */
export function temporaryName(path: string): string {
  const name = `${prefixOf(path)}${thisHost()}-${process.pid}-${randomBytes(3).toString("hex")}.tmp`;
  ours.add(name);
  return join(dirname(path), name);
}

function isAlive(pid: number, name: string): boolean {
  if (pid === process.pid) return ours.has(name);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Removes temporary files of `path` whose process is gone; those of the living stay. */
export async function clearLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = prefixOf(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const [, host, pid] = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{6}\.tmp$/.exec(name.slice(prefix.length)) ?? [];
    if (host === undefined) continue;
    const left = join(folder, name);
    const age = Date.now() - (await stat(left).then(({ mtimeMs }) => mtimeMs, Date.now));
    const gone = host === thisHost() ? !isAlive(Number(pid), name) : age > GONE_MS;
    if (gone) await rm(left, { force: true }).catch(() => undefined);
  }
}
