/** Folders to write into. */

import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes the folder and those above it, one by one from the nearest that exists. (Node's own `recursive` never ends on file
 * systems that answer every new name with ENOENT, as /proc does.)
 *
 * Errors: as the file system says them, with `code`.
 */
export async function makeFolders(path: string): Promise<void> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT" && dirname(folder) !== folder)
        return null;
      throw error;
    });
    if (found !== null && !found.isDirectory()) {
      throw Object.assign(new Error(`${folder} is no folder`), { code: "ENOTDIR" });
    }
    if (found !== null) break;
    missing.push(folder);
  }
  for (const folder of missing.reverse()) {
    await mkdir(folder).catch((error: unknown) => {
      // Another process may have made it in between.
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
  }
}
