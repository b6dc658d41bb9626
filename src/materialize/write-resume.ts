/**
 * Which shards of an earlier run may stay (Node).
 *
 * A shard is whole if its header is, byte for byte, the one that this run would write (names, shapes, dtypes, seed, scheme,
 * stream, and the plan's SHA-256), its size is right, and its SHA-256 is the one recorded beside it before it appeared
 * under its name. Anything less is drawn again.
 */

import { open, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type WrittenFile, writeAtomically } from "./write-atomic.ts";
import { type DigestOptions, digestOf } from "./write-digest.ts";

/** A header and the size of the file that it begins. */
export interface ExpectedShard {
  readonly path: string;
  readonly header: Uint8Array;
  readonly bytes: number;
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
}

/** Header and size alone: the shard was written for this plan; its data is not read. */
export async function matchesPlan({ path, header, bytes }: ExpectedShard): Promise<boolean> {
  if ((await sizeOf(path)) !== bytes) return false;
  const file = await open(path, "r").catch(() => null);
  if (file === null) return false;
  try {
    const found = new Uint8Array(header.length);
    const { bytesRead } = await file.read(found, 0, found.length, 0);
    return bytesRead === header.length && Buffer.compare(found, header) === 0;
  } finally {
    await file.close();
  }
}

/** Where a shard's digest is kept: hidden beside it, in the form that `sha256sum -c` reads. */
export function recordPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.sha256`);
}

export async function recordDigest({ path, sha256 }: WrittenFile): Promise<void> {
  const text = new TextEncoder().encode(`${sha256}  ${basename(path)}\n`);
  await writeAtomically(recordPath(path), async (sink) => sink.write(text));
}

async function recordedDigest(path: string): Promise<string | null> {
  const text = await readFile(recordPath(path), "utf8").catch(() => "");
  const [, sha256 = null, name = ""] = /^([0-9a-f]{64}) [ *](.+)\n$/.exec(text) ?? [];
  return name === basename(path) ? sha256 : null;
}

/** The shard as it stands, if it is whole; null where it has to be written. Reads all of it. */
export async function wholeShard(shard: ExpectedShard, options: DigestOptions = {}): Promise<WrittenFile | null> {
  const recorded = await recordedDigest(shard.path);
  if (recorded === null || !(await matchesPlan(shard))) return null;
  const sha256 = await digestOf(shard.path, options);
  return sha256 === recorded ? { path: shard.path, bytes: shard.bytes, sha256 } : null;
}
