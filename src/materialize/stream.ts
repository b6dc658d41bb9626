/** A plan's weights as the bytes of a file, tile by tile into any sink: disk, network, memory. */

import { DTYPE_BYTES, decodeNumbers, encodeNumbers, isFloat } from "../formats/dtype.ts";
import { writeNpz } from "../formats/npz/index.ts";
import { type TensorSlot, writeSafetensors } from "../formats/safetensors/index.ts";
import type { ByteSink } from "../formats/source.ts";
import type { Buffer, Dtype } from "../model/types.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { STREAM_VERSION } from "../random/index.ts";
import { version } from "../version.ts";
import { type Shard, shardOf } from "./shard.ts";
import { elements, type TileOptions } from "./tiles.ts";
import { type StreamName, type ValueSource, valueSource } from "./values.ts";

export type WeightDtype = "f32" | "f16" | "bf16";

export interface StreamOptions extends Partial<TileOptions> {
  /**
   * Number type of real-valued tensors; whole-number and boolean ones keep their own. "own": as the model has each tensor,
   * so that values of the file come out bit for bit. Default f32.
   */
  readonly dtype?: WeightDtype | "own";
  readonly shard?: Shard | null;
  /** Whose numbers. Default "epoch0". A framework's stream is drawn tensor by tensor, in memory. */
  readonly stream?: StreamName;
  /** `model.buffers`: written after the plan's tensors, unchanged but for `dtype`. Default none. */
  readonly buffers?: ReadonlyMap<string, Buffer> | undefined;
  /** SHA-256 of the model's file, for the metadata. */
  readonly modelSha256?: string | null;
  readonly signal?: AbortSignal;
  /** Called after every tile with the share that is done, 0 to 1, and the tensor's name. */
  readonly onProgress?: (done: number, tensor: string) => void;
}

interface Slot extends TensorSlot {
  /** One of the two. */
  readonly tensor: PlannedTensor | null;
  readonly buffer: Buffer | null;
}

const bytesOf = ({ dtype, shape }: TensorSlot): number => elements(shape) * DTYPE_BYTES[dtype];

function slotsOf(plan: Plan, { dtype = "f32", shard = null, buffers }: StreamOptions): Slot[] {
  const own = (dtypeOfModel: Dtype): Dtype => (isFloat(dtypeOfModel) && dtype !== "own" ? dtype : dtypeOfModel);
  const slots = plan.tensors.map(
    (tensor): Slot => ({ name: tensor.name, shape: tensor.shape, dtype: own(tensor.dtype), tensor, buffer: null }),
  );
  const planned = new Set(slots.map(({ name }) => name));
  for (const [name, buffer] of buffers ?? []) {
    if (planned.has(name)) continue;
    slots.push({ name, shape: buffer.shape, dtype: own(buffer.dtype), tensor: null, buffer });
  }
  return shard === null ? slots : shardOf(slots, bytesOf, shard);
}

function* slotChunks({ tensor, buffer, dtype }: Slot, valuesOf: ValueSource): Generator<Uint8Array> {
  if (tensor !== null) for (const tile of valuesOf(tensor)) yield encodeNumbers(tile, dtype);
  if (buffer === null) return;
  const bytes = buffer.bytes();
  yield buffer.dtype === dtype ? bytes : encodeNumbers(decodeNumbers(bytes, buffer.dtype), dtype);
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
  const slots = slotsOf(plan, options);
  const total = slots.reduce((sum, slot) => sum + bytesOf(slot), 0);
  const { signal, onProgress, seed = plan.seed } = options;
  const wanted = new Set(slots.map(({ name }) => name));
  const valuesOf = valueSource(plan, { ...options, seed, wanted });
  let done = 0;
  function* chunks(slot: Slot): Generator<Uint8Array> {
    for (const bytes of slotChunks(slot, valuesOf)) {
      signal?.throwIfAborted();
      yield bytes;
      done += bytes.length;
      onProgress?.(total === 0 ? 1 : done / total, slot.name);
    }
  }
  signal?.throwIfAborted();
  const metadata = weightMetadata(plan, options);
  if (format === "safetensors") await writeSafetensors(sink, slots, chunks, { metadata });
  else await writeNpz(sink, slots, chunks, { metadata });
}
