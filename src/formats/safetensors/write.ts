/** Weights → .safetensors, streamed: the header first, then every tensor's bytes in the order of the header. */

import type { Dtype } from "../../model/types.ts";
import { DTYPE_BYTES } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { elementCount, shown } from "../shape.ts";
import type { ByteSink } from "../source.ts";

export interface TensorSlot {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Little-endian bytes of one tensor, in pieces of any size. */
export type TensorChunks<Slot extends TensorSlot> = (slot: Slot) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Header bytes: length, JSON, spaces to a multiple of eight so that the data is aligned (as the original writes it).
 *
 * @throws FormatError for a name that comes twice or is reserved
 */
export function safetensorsHeader(
  slots: readonly TensorSlot[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts: string[] = [];
  if (Object.keys(metadata).length > 0) parts.push(`"__metadata__":${JSON.stringify(metadata)}`);
  const names = new Set(["__metadata__"]);
  let at = 0;
  for (const { name, dtype, shape } of slots) {
    if (names.has(name)) {
      throw new FormatError(`write safetensors: each tensor needs its own name, got ${shown(name)} twice, rename one`);
    }
    names.add(name);
    const end = at + elementCount(shape, `write safetensors: ${shown(name)}`) * DTYPE_BYTES[dtype];
    const info = { dtype: dtype.toUpperCase(), shape, data_offsets: [at, end] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    at = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

/**
 * Writes a whole file into `sink`, in order, holding one chunk at a time.
 *
 * @throws FormatError when a tensor's chunks are not as long as its shape says
 */
export async function writeSafetensors<Slot extends TensorSlot>(
  sink: ByteSink,
  slots: readonly Slot[],
  chunks: TensorChunks<Slot>,
  { metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await sink.write(safetensorsHeader(slots, metadata));
  for (const slot of slots) {
    const bytes = elementCount(slot.shape, `write safetensors: ${shown(slot.name)}`) * DTYPE_BYTES[slot.dtype];
    let written = 0;
    for await (const chunk of chunks(slot)) {
      written += chunk.length;
      await sink.write(chunk);
    }
    if (written !== bytes) {
      throw new FormatError(
        `write safetensors: ${shown(slot.name)} takes ${bytes} bytes, got ${written}, give all of its values`,
      );
    }
  }
}
