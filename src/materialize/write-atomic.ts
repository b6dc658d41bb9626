/** A file that appears whole or not at all (Node): written beside its place under another name, synced, renamed. */

import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ByteSink } from "../formats/source.ts";
import { fileSink } from "./write-sink.ts";
import { clearLeftovers, temporaryName } from "./write-temporary.ts";

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal digits. */
  readonly sha256: string;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full, free some space",
  EDQUOT: "the disk quota is used up, free some space",
  EFBIG: "the file system does not take files of this size, write shards",
  EROFS: "the file system is read-only, choose another folder",
  EACCES: "permission denied, choose another folder",
  EPERM: "permission denied, choose another folder",
  ENOENT: "the folder does not exist, make it first",
  ENOTDIR: "a part of the path is not a folder, check the path",
  EISDIR: "is a directory, name a file in it",
  ENAMETOOLONG: "the name is too long, choose a shorter one",
  EIO: "the disk fails, check it",
};

/** What the system refused, in one line; anything else is handed on unchanged. */
export function writeError(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  return new Error(`write ${path}: ${REASONS[code] ?? `the system says ${code}, check the path`}`, { cause: error });
}

/** Makes the new name durable; some file systems do not let a directory be synced, and the rename stands anyway. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

export interface AtomicOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when all of it is on the disk, before it appears under its name. */
  readonly onDisk?: (written: WrittenFile) => Promise<void>;
}

/**
 * Calls `fill` with a sink into a temporary file in the same folder and moves it to `path` when all of it is on the
 * disk. On any error, an abort up to then included, the temporary file is removed and what was at `path` stays; a temporary file that
 * a killed process left there is removed too.
 *
 * @throws Error in one line when the system refuses; whatever `fill` throws
 */
export async function writeAtomically(
  path: string,
  fill: (sink: ByteSink) => Promise<void>,
  { signal, onDisk }: AtomicOptions = {},
): Promise<WrittenFile> {
  const temporary = temporaryName(path);
  const hash = createHash("sha256");
  let bytes = 0;
  let file: FileHandle | null = null;
  try {
    signal?.throwIfAborted();
    await clearLeftovers(path);
    file = await open(temporary, "wx", 0o666);
    const sink = fileSink(file);
    await fill({
      write: (chunk) => {
        signal?.throwIfAborted();
        // Hashed while the system takes it.
        const written = sink.write(chunk);
        hash.update(chunk);
        bytes += chunk.length;
        return written;
      },
    });
    signal?.throwIfAborted();
    await sink.end();
    await file.close();
    file = null;
    const written = { path, bytes, sha256: hash.digest("hex") };
    await onDisk?.(written);
    // Syncing takes seconds: who stopped meanwhile does not want the file.
    signal?.throwIfAborted();
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return written;
  } catch (error) {
    await file?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, path);
  }
}
