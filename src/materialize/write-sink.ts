/** A file as a sink (Node) that draws and writes at the same time, with no more than a few blocks between the two. */

import type { FileHandle } from "node:fs/promises";
import type { ByteSink } from "../formats/source.ts";

/** Chunks as large are not copied: gathering them would save nothing. */
const LARGE = 2 ** 19;
/** Small enough that three of them cost no memory worth naming, large enough that a system call costs nothing. */
const BLOCK = 4 * 2 ** 20;
/** Bytes of one system call: Node counts them in 31 bits. */
const MOST = 2 ** 30;
/** Blocks that may be on their way to the system; one more is being filled. */
const AHEAD = 2;
/**
 * Bytes after which the system is told to begin with the disk. Otherwise it lets gigabytes pile up in its cache and the
 * disk stands still until the sync at the end, which then takes as long as the whole file.
 */
const SYNC_EVERY = 64 * 2 ** 20;

export interface FileSink extends ByteSink {
  /** Waits until everything has been handed to the system and is on the disk. */
  readonly end: () => Promise<void>;
}

async function writeAt(file: FileHandle, block: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < block.length; ) {
    const { bytesWritten } = await file.write(block, at, Math.min(MOST, block.length - at), position + at);
    at += bytesWritten;
  }
}

/**
 * A sink into an open file, from its start. When `write` is done the chunk may be used again: a small one was copied, a large one has
 * been handed to the system, which began before `write` returned. It waits while the disk is behind. An error of the disk comes out
 * of this or the next `write` or of `end`.
 */
export function fileSink(file: FileHandle): FileSink {
  const free: Uint8Array[] = [];
  const underWay: Promise<void>[] = [];
  let failure: { readonly error: unknown } | null = null;
  let block: Uint8Array | null = null;
  let filled = 0;
  let position = 0;
  let unsynced = 0;
  let syncing: Promise<void> | null = null;
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  const check = () => {
    if (failure !== null) throw failure.error;
  };
  const send = async (): Promise<void> => {
    const full = block;
    if (full === null || filled === 0) return;
    const sent = writeAt(file, full.subarray(0, filled), position).then(() => {
      free.push(full);
    }, fail);
    underWay.push(sent);
    position += filled;
    unsynced += filled;
    block = null;
    filled = 0;
    if (underWay.length >= AHEAD) await underWay.shift();
    await sync();
  };
  const sync = async (): Promise<void> => {
    check();
    if (unsynced < SYNC_EVERY) return;
    unsynced = 0;
    await syncing;
    check();
    syncing = file.datasync().catch(fail);
  };
  const sendLarge = async (chunk: Uint8Array): Promise<void> => {
    const sent = writeAt(file, chunk, position + filled).catch(fail);
    const before = send();
    position += chunk.length;
    unsynced += chunk.length;
    await before;
    await sent;
    await sync();
  };
  return {
    write: async (chunk) => {
      check();
      if (chunk.length >= LARGE) return sendLarge(chunk);
      for (let at = 0; at < chunk.length; ) {
        block ??= free.pop() ?? new Uint8Array(BLOCK);
        const length = Math.min(chunk.length - at, BLOCK - filled);
        block.set(chunk.subarray(at, at + length), filled);
        filled += length;
        at += length;
        if (filled === BLOCK) await send();
      }
    },
    end: async () => {
      await send();
      await Promise.all(underWay);
      await syncing;
      check();
      await file.sync();
    },
  };
}
