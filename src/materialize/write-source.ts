/** What is said of the model's own files in those that are written from it (Node). */

import { stat } from "node:fs/promises";
import { modelFiles } from "../formats/file.ts";
import { isCopied, isHashed, type Slot } from "./slots.ts";
import { digestOf } from "./write-digest.ts";

export interface Source {
  /** The model's files, the one that was named first; none for a line. */
  readonly files: readonly string[];
  /** Of the first; null for a line, and for a large file of which nothing is copied. */
  readonly sha256: string | null;
  /** Of all files, where values are copied from them; else empty. */
  readonly copied: readonly string[];
}

export async function sourceOf(
  path: string | null,
  slots: readonly Slot[],
  signal: AbortSignal | undefined,
): Promise<Source> {
  const files = path === null ? [] : await modelFiles(path);
  const [first] = files;
  if (first === undefined) return { files, sha256: null, copied: [] };
  if (!slots.some(isCopied)) {
    const { size } = await stat(first);
    return { files, sha256: isHashed(slots, size) ? await digestOf(first, { signal }) : null, copied: [] };
  }
  const copied: string[] = [];
  for (const file of files) copied.push(await digestOf(file, { signal }));
  return { files, sha256: copied[0] ?? null, copied };
}
