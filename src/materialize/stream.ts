/** A plan's weights as the bytes of a file, tile by tile into any sink: disk, network, memory. */

import { writeNpz } from "../formats/npz/index.ts";
import { writeSafetensors } from "../formats/safetensors/index.ts";
import type { ByteSink } from "../formats/source.ts";
import type { Plan } from "../plan/types.ts";
import { STREAM_VERSION } from "../random/index.ts";
import { version } from "../version.ts";
import { type ParallelChunks, withThreads } from "./parallel.ts";
import { type Shard, shardOf } from "./shard.ts";
import { bytesOf, createRoom, type Slot, type SlotOptions, slotChunks, slotsOf, totalBytes } from "./slots.ts";
import type { TileOptions } from "./tiles.ts";
import { type StreamName, type ValueSource, valueSource } from "./values.ts";

export type { WeightDtype } from "./slots.ts";

export interface StreamOptions extends Partial<TileOptions>, SlotOptions {
  readonly shard?: Shard | null;
  /** Whose numbers. Default "epoch0". A framework's stream is drawn tensor by tensor, in memory. */
  readonly stream?: StreamName;
  /** SHA-256 of the model's file, for the metadata. */
  readonly modelSha256?: string | null;
  readonly signal?: AbortSignal;
  /** Called after every tile with the share that is done, 0 to 1, and the tensor's name. */
  readonly onProgress?: (done: number, tensor: string) => void;
}

/** What a weight file says about how it came to be: strings, by key. `format` is what Hugging Face's loaders look for. */
export function weightMetadata(
  plan: Plan,
  { seed = plan.seed, stream = "epoch0", shard = null, modelSha256 = null }: StreamOptions = {},
): Record<string, string> {
  return {
    format: "pt",
    generator: "epoch0",
    library_version: version,
    scheme: plan.scheme,
    seed: String(seed),
    ...(stream === "epoch0" ? { stream_version: String(STREAM_VERSION) } : { stream }),
    model: plan.model.name,
    ...(modelSha256 === null ? {} : { model_sha256: modelSha256 }),
    ...(shard === null ? {} : { shard: `${shard.index}/${shard.count}` }),
  };
}

export interface SlotStream {
  /** Threads that draw these tensors, in order. */
  readonly parallel: ParallelChunks;
  readonly metadata: Readonly<Record<string, string>>;
  readonly valuesOf: ValueSource;
  readonly signal?: AbortSignal | undefined;
  /** Called after every tile with its length and the tensor's name. */
  readonly onBytes: (bytes: number, tensor: string) => void;
}

/** Writes the tensors of one file into `sink`, one tile in memory at a time. */
export async function streamSlots(
  sink: ByteSink,
  slots: readonly Slot[],
  format: "safetensors" | "npz",
  { parallel, metadata, valuesOf, signal, onBytes }: SlotStream,
): Promise<void> {
  const room = createRoom();
  signal?.throwIfAborted();
  async function* chunks(slot: Slot): AsyncGenerator<Uint8Array> {
    for await (const bytes of parallel(slot) ?? slotChunks(slot, valuesOf, room)) {
      signal?.throwIfAborted();
      yield bytes;
      onBytes(bytes.length, slot.name);
    }
  }
  if (format === "safetensors") await writeSafetensors(sink, slots, chunks, { metadata });
  else await writeNpz(sink, slots, chunks, { metadata });
}

/**
 * Writes a plan's weights, and the model's buffers if given, as a .safetensors or .npz file into `sink`. Memory is bounded by one tile for elementwise
 * initializers, by one tensor for structured ones.
 *
 * @throws FormatError for bfloat16 in .npz; the signal's reason when it is aborted
 */
export async function streamWeights(
  sink: ByteSink,
  plan: Plan,
  format: "safetensors" | "npz",
  options: StreamOptions = {},
): Promise<void> {
  const { signal, onProgress, seed = plan.seed, stream = "epoch0", shard = null } = options;
  const all = slotsOf(plan, options);
  const slots = shard === null ? all : shardOf(all, bytesOf, shard);
  const total = totalBytes(slots);
  const wanted = new Set(slots.map(({ name }) => name));
  const valuesOf = valueSource(plan, { ...options, seed, wanted });
  let done = 0;
  const onBytes = (bytes: number, tensor: string) => {
    done += bytes;
    onProgress?.(total === 0 ? 1 : done / total, tensor);
  };
  const metadata = weightMetadata(plan, options);
  await withThreads(slots, { seed: stream === "epoch0" ? seed : null, signal }, (parallel) =>
    streamSlots(sink, slots, format, { parallel, metadata, valuesOf, signal, onBytes }),
  );
}
