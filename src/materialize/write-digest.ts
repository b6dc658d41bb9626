/** SHA-256 of files (Node), piece by piece, so that a long one can be interrupted. */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

const PIECE = 4 * 2 ** 20;

export interface DigestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
}

/** Hexadecimal digits. */
export async function digestOf(path: string, { signal, onBytes }: DigestOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE);
  const file = await open(path, "r");
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, bytesRead));
      onBytes?.(bytesRead);
    }
  } finally {
    await file.close();
  }
}
