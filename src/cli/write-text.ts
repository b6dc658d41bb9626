/** Text files, written whole or not at all. */

import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { sameFile } from "../formats/file.ts";
import { UsageError } from "./errors.ts";

/**
 * Writes through a temporary file beside the target: an interrupted or failed write leaves the old file as it was.
 * Refuses to overwrite `input`, the model that was read.
 */
export async function writeText(
  path: string,
  text: string,
  { input }: { readonly input?: string } = {},
): Promise<void> {
  if (input !== undefined && sameFile(path, input)) {
    throw new UsageError(`write: ${path} is the input, give another name`);
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new UsageError(`write: cannot write ${path}, ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Record<string, string> = {
    ENOENT: "its folder does not exist, create it first",
    EACCES: "permission denied, choose another folder",
    EPERM: "permission denied, choose another folder",
    EROFS: "the disk is read-only, choose another folder",
    EISDIR: "it is a folder, give a file name",
    ENOTDIR: "a part of its path is a file, choose another folder",
    ENOSPC: "the disk is full, free some space",
  };
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}
