/** A plan's weights as the bytes of a file, tile by tile into any sink: disk, network, memory. */

import { DTYPE_BYTES, encodeNumbers, isFloat } from "../formats/dtype.ts";
import { writeNpz } from "../formats/npz/index.ts";
import { type TensorSlot, writeSafetensors } from "../formats/safetensors/index.ts";
import type { ByteSink } from "../formats/source.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { STREAM_VERSION } from "../random/index.ts";
import { version } from "../version.ts";
import { type Shard, shardOf } from "./shard.ts";
import { elements, type TileOptions, tensorTiles } from "./tiles.ts";

export type WeightDtype = "f32" | "f16" | "bf16";

export interface StreamOptions extends Partial<TileOptions> {
  /** Number type of real-valued tensors; whole-number and boolean ones keep their own. Default f32. */
  readonly dtype?: WeightDtype;
  readonly shard?: Shard | null;
  /** SHA-256 of the model's file, for the metadata. */
  readonly modelSha256?: string | null;
  readonly signal?: AbortSignal;
  /** Called after every tile with the share that is done, 0 to 1, and the tensor's name. */
  readonly onProgress?: (done: number, tensor: string) => void;
}

interface Slot extends TensorSlot {
  readonly tensor: PlannedTensor;
}

const bytesOf = ({ dtype, shape }: TensorSlot): number => elements(shape) * DTYPE_BYTES[dtype];

function slotsOf(plan: Plan, { dtype = "f32", shard = null }: StreamOptions): Slot[] {
  const slots = plan.tensors.map((tensor) => ({
    name: tensor.name,
    shape: tensor.shape,
    dtype: isFloat(tensor.dtype) ? dtype : tensor.dtype,
    tensor,
  }));
  return shard === null ? slots : shardOf(slots, bytesOf, shard);
}

/** What a weight file says about how it came to be: strings, by key. `format` is what Hugging Face's loaders look for. */
export function weightMetadata(
  plan: Plan,
  { seed = plan.seed, shard = null, modelSha256 = null }: StreamOptions = {},
): Record<string, string> {
  return {
    format: "pt",
    generator: "epoch0",
    library_version: version,
    scheme: plan.scheme,
    seed: String(seed),
    stream_version: String(STREAM_VERSION),
    model: plan.model.name,
    ...(modelSha256 === null ? {} : { model_sha256: modelSha256 }),
    ...(shard === null ? {} : { shard: `${shard.index}/${shard.count}` }),
  };
}

/**
 * Writes a plan's weights as a .safetensors or .npz file into `sink`. Memory is bounded by one tile for elementwise
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
  let done = 0;
  function* chunks({ tensor, dtype }: Slot): Generator<Uint8Array> {
    for (const tile of tensorTiles(tensor, { ...options, seed })) {
      signal?.throwIfAborted();
      const bytes = encodeNumbers(tile, dtype);
      yield bytes;
      done += bytes.length;
      onProgress?.(total === 0 ? 1 : done / total, tensor.name);
    }
  }
  signal?.throwIfAborted();
  const metadata = weightMetadata(plan, options);
  if (format === "safetensors") await writeSafetensors(sink, slots, chunks, { metadata });
  else await writeNpz(sink, slots, chunks, { metadata });
}
