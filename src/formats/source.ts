/** Where bytes come from and go to, so that readers touch only what they need and writers never hold a whole file. */

import { FormatError } from "./error.ts";

/** Random access to a file: `read` returns exactly `length` bytes (the caller keeps within `size`). */
export interface ByteSource {
  readonly size: number;
  readonly read: (offset: number, length: number) => Uint8Array;
  /** Fills `target` with the bytes from `offset` on, where that saves making a new array each time. */
  readonly readInto?: (offset: number, target: Uint8Array) => void;
}

/** The same where bytes arrive later, such as a Blob in a browser. */
export interface AsyncByteSource {
  readonly size: number;
  readonly read: (offset: number, length: number) => Uint8Array | Promise<Uint8Array>;
}

/** Takes a file's bytes in order; a chunk may be overwritten by the caller once the returned promise is done. */
export interface ByteSink {
  readonly write: (chunk: Uint8Array) => void | Promise<void>;
}

/** A source over bytes in memory; reads are views. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const read = (offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > bytes.length) {
      throw new FormatError(`read: ${length} bytes wanted, the file ends at ${bytes.length}, it is cut`, offset);
    }
    return bytes.subarray(offset, offset + length);
  };
  return { size: bytes.length, read, readInto: (offset, target) => target.set(read(offset, target.length)) };
}

/** A sink that keeps everything; `bytes()` joins it. */
export function memorySink(): ByteSink & { readonly bytes: () => Uint8Array } {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk) => {
      chunks.push(new Uint8Array(chunk));
    },
    bytes: () => {
      const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      let at = 0;
      for (const chunk of chunks) {
        all.set(chunk, at);
        at += chunk.length;
      }
      return all;
    },
  };
}
