/** New weights as the bytes of a file: the same that `epoch0 init` writes, streamed to the disk or gathered for a download. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { ByteSource } from "../../../../src/formats/source.ts";
import { streamWeights, type WeightDtype } from "../../../../src/materialize/index.ts";
import { isHashed, slotsOf } from "../../../../src/materialize/slots.ts";
import type { Model } from "../../../../src/model/types.ts";
import type { Plan } from "../../../../src/plan/types.ts";
import type { Context } from "../../work/protocol.ts";

export type Drawn =
  | { readonly kind: "progress"; readonly done: number; readonly what: string }
  /** `blob` is null where the file was written to the disk already. */
  | { readonly kind: "done"; readonly bytes: number; readonly sha256: string; readonly blob: Blob | null };

const PIECE = 4 * 2 ** 20;

/** How often progress is told. */
const TOLD_MS = 100;

/** SHA-256 of a file, piece by piece; the last part is the digest. */
async function* digestOf(source: ByteSource, context: Context): AsyncGenerator<Drawn, string> {
  const hash = sha256.create();
  let told = performance.now();
  for (let at = 0; at < source.size; at += PIECE) {
    hash.update(source.read(at, Math.min(PIECE, source.size - at)));
    await context.breathe();
    if (performance.now() - told < TOLD_MS) continue;
    told = performance.now();
    yield { kind: "progress", done: at / source.size, what: "reading the file for its SHA-256" };
  }
  return bytesToHex(hash.digest());
}

interface Target {
  readonly write: (block: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** The file, where it was not written elsewhere. */
  readonly end: () => Promise<Blob | null>;
  readonly abort: () => Promise<void>;
}

/** The browser keeps blobs where it likes, large ones on the disk. */
function blobTarget(): Target {
  const parts: Blob[] = [];
  return {
    write: async (block) => {
      parts.push(new Blob([block]));
    },
    end: async () => new Blob(parts, { type: "application/octet-stream" }),
    abort: async () => {},
  };
}

async function diskTarget(handle: FileSystemFileHandle): Promise<Target> {
  const stream = await handle.createWritable();
  return {
    write: (block) => stream.write(block),
    end: async () => {
      await stream.close();
      return null;
    },
    abort: () => stream.abort(),
  };
}

export interface DrawJob {
  readonly model: Model;
  readonly plan: Plan;
  /** The model's own file, for the metadata. */
  readonly source: ByteSource;
  readonly dtype: WeightDtype;
  /** Where to, or null for a blob. */
  readonly handle: FileSystemFileHandle | null;
}

/** Draws and writes; where it is cancelled, nothing is left under the file's name. */
export async function* drawWeights(job: DrawJob, context: Context): AsyncGenerator<Drawn> {
  const { model, plan, source, dtype, handle } = job;
  // Who waits for a file looks elsewhere meanwhile.
  context.keepOn?.();
  const slots = slotsOf(plan, { dtype, buffers: model.buffers });
  const modelSha256 = isHashed(slots, source.size) ? yield* digestOf(source, context) : null;
  const target = handle === null ? blobTarget() : await diskTarget(handle);
  const hash = sha256.create();
  const stop = new AbortController();
  let [bytes, filled, ended] = [0, 0, false];
  let block = new Uint8Array(PIECE);
  const flush = async () => {
    const full = block.subarray(0, filled);
    hash.update(full);
    await target.write(full.slice());
    filled = 0;
    await context.breathe();
  };
  const write = async (chunk: Uint8Array) => {
    bytes += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      const length = Math.min(chunk.length - at, block.length - filled);
      block.set(chunk.subarray(at, at + length), filled);
      filled += length;
      at += length;
      if (filled === block.length) await flush();
    }
  };
  let [done, what] = [0, ""];
  const { read, buffers } = model;
  const onProgress = (share: number, tensor: string) => {
    [done, what] = [share, `drawing ${tensor}`];
  };
  const work = streamWeights({ write }, plan, "safetensors", {
    read,
    buffers,
    dtype,
    modelSha256,
    signal: stop.signal,
    onProgress,
  }).then(() => {
    ended = true;
  });
  try {
    while (!ended) {
      await Promise.race([work, new Promise((resolve) => setTimeout(resolve, TOLD_MS))]);
      yield { kind: "progress", done, what };
    }
    await flush();
    const blob = await target.end();
    yield { kind: "done", bytes, sha256: bytesToHex(hash.digest()), blob };
  } catch (error) {
    await target.abort().catch(() => undefined);
    throw error;
  } finally {
    if (!ended) {
      stop.abort();
      await work.catch(() => undefined);
      await target.abort().catch(() => undefined);
    }
    block = new Uint8Array(0);
  }
}
