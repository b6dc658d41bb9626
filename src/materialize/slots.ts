/** What a weight file holds, in order, before any value is drawn: the plan's tensors, then the model's buffers. */

import { DTYPE_BYTES, decodeNumbers, encodeNumbers, isFloat } from "../formats/dtype.ts";
import type { TensorSlot } from "../formats/safetensors/index.ts";
import type { Buffer, Dtype } from "../model/types.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { elements, TILE } from "./tiles.ts";
import type { ValueSource } from "./values.ts";

export type WeightDtype = "f32" | "f16" | "bf16";

export interface SlotOptions {
  /**
   * Number type of real-valued tensors; whole-number and boolean ones keep their own. "own": as the model has each tensor,
   * so that values of the file come out bit for bit. Default f32.
   */
  readonly dtype?: WeightDtype | "own";
  /** `model.buffers`: written after the plan's tensors, unchanged but for `dtype`. Default none. */
  readonly buffers?: ReadonlyMap<string, Buffer> | undefined;
}

export interface Slot extends TensorSlot {
  /** One of the two. */
  readonly tensor: PlannedTensor | null;
  readonly buffer: Buffer | null;
}

export const bytesOf = ({ dtype, shape }: TensorSlot): number => elements(shape) * DTYPE_BYTES[dtype];

export const totalBytes = (slots: readonly TensorSlot[]): number => slots.reduce((sum, slot) => sum + bytesOf(slot), 0);

export function slotsOf(plan: Plan, { dtype = "f32", buffers }: SlotOptions): Slot[] {
  const own = (dtypeOfModel: Dtype): Dtype => (isFloat(dtypeOfModel) && dtype !== "own" ? dtype : dtypeOfModel);
  const slots = plan.tensors.map(
    (tensor): Slot => ({ name: tensor.name, shape: tensor.shape, dtype: own(tensor.dtype), tensor, buffer: null }),
  );
  const planned = new Set(slots.map(({ name }) => name));
  for (const [name, buffer] of buffers ?? []) {
    if (planned.has(name)) continue;
    slots.push({ name, shape: buffer.shape, dtype: own(buffer.dtype), tensor: null, buffer });
  }
  return slots;
}

/** The bytes of one tensor as the file has them, piece by piece; a piece may be overwritten when the next is asked for. */
export function* slotChunks({ tensor, buffer, dtype }: Slot, valuesOf: ValueSource, room: Room): Generator<Uint8Array> {
  if (tensor !== null) for (const tile of valuesOf(tensor)) yield encodeNumbers(tile, dtype, room(tile.length));
  if (buffer === null) return;
  const bytes = buffer.bytes();
  yield buffer.dtype === dtype ? bytes : encodeNumbers(decodeNumbers(bytes, buffer.dtype), dtype);
}

/** Place for so many 16-bit numbers, the same each time where it is no larger than a tile. */
export type Room = (count: number) => Uint16Array;

export function createRoom(): Room {
  let kept = new Uint16Array(0);
  return (count) => {
    if (count > TILE) return new Uint16Array(count);
    if (kept.length < count) kept = new Uint16Array(count);
    return kept;
  };
}

/** True where the slot's values come out of the model's files. */
export function isCopied({ tensor, buffer }: Slot): boolean {
  return buffer !== null || tensor?.initializer.kind === "file";
}

/**
 * A larger file is not hashed for the metadata alone: where only its shapes matter, reading all of it, on every rank, would take
 * longer than drawing.
 */
const HASHED = 2 ** 30;

/** Whether the metadata have the SHA-256 of the model's file, of `size` bytes. */
export const isHashed = (slots: readonly Slot[], size: number): boolean => size <= HASHED || slots.some(isCopied);
