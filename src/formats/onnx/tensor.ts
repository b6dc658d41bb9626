/** Values of a ProtoTensor: raw, typed lists or external data, as doubles (constants) or as they are (parameters). */

import { elementType } from "./dtype.ts";
import { safeLocation } from "./external.ts";
import { decodeBfloat16, decodeFloat16 } from "./half.ts";
import { elementCount, typedField } from "./parse-tensor.ts";
import type { ProtoTensor } from "./proto.ts";
import { eachField, FIXED32, FIXED64, fail, readIntegers, type Wire, wireOf } from "./wire.ts";

/** Bytes of an external file, or null where it cannot be had. */
export type ExternalSource = (location: string) => Uint8Array | null;

export interface TensorSource {
  readonly wire: Wire;
  readonly external: ExternalSource | null;
}

/** True where the values can be had: in the file, or in external data that somebody supplies. */
export function hasValues(source: TensorSource, tensor: ProtoTensor): boolean {
  return tensor.external === null || source.external !== null;
}

/** The little-endian bytes of a raw or external tensor; null for typed lists. A view, not a copy. */
function rawBytes(source: TensorSource, tensor: ProtoTensor, bytes: number): Uint8Array | null {
  if (tensor.raw) return source.wire.bytes.subarray(tensor.raw.start, tensor.raw.end);
  const { external } = tensor;
  if (!external) return null;
  const at = tensor.span.start;
  const location = safeLocation(external.location, at);
  const file = source.external?.(location) ?? null;
  if (!file)
    return fail(
      `tensor ${tensor.name}: its file ${JSON.stringify(location)} is not there; put it beside the model`,
      at,
    );
  if (external.offset > file.length || bytes > file.length - external.offset) {
    return fail(
      `tensor ${tensor.name} needs ${bytes} bytes at ${external.offset} of ${JSON.stringify(location)}, which has ${file.length}`,
      at,
    );
  }
  return file.subarray(external.offset, external.offset + bytes);
}

function wide(low: number, high: number): number {
  return high * 2 ** 32 + low;
}

function decodeRaw(bytes: Uint8Array, dtype: string, out: Float64Array | Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = out.length;
  switch (dtype) {
    case "f32":
      for (let i = 0; i < n; i++) out[i] = view.getFloat32(4 * i, true);
      return;
    case "f64":
      for (let i = 0; i < n; i++) out[i] = view.getFloat64(8 * i, true);
      return;
    case "f16":
      for (let i = 0; i < n; i++) out[i] = decodeFloat16(view.getUint16(2 * i, true));
      return;
    case "bf16":
      for (let i = 0; i < n; i++) out[i] = decodeBfloat16(view.getUint16(2 * i, true));
      return;
    case "i64":
      for (let i = 0; i < n; i++) out[i] = wide(view.getUint32(8 * i, true), view.getInt32(8 * i + 4, true));
      return;
    case "u64":
      for (let i = 0; i < n; i++) out[i] = wide(view.getUint32(8 * i, true), view.getUint32(8 * i + 4, true));
      return;
    case "i32":
      for (let i = 0; i < n; i++) out[i] = view.getInt32(4 * i, true);
      return;
    case "u32":
      for (let i = 0; i < n; i++) out[i] = view.getUint32(4 * i, true);
      return;
    case "i16":
      for (let i = 0; i < n; i++) out[i] = view.getInt16(2 * i, true);
      return;
    case "u16":
      for (let i = 0; i < n; i++) out[i] = view.getUint16(2 * i, true);
      return;
    case "i8":
      for (let i = 0; i < n; i++) out[i] = view.getInt8(i);
      return;
    default:
      for (let i = 0; i < n; i++) out[i] = bytes[i];
  }
}

function decodeTyped(wire: Wire, tensor: ProtoTensor, dtype: string, out: Float64Array | Float32Array): void {
  const typed = typedField(tensor.type);
  const integers: number[] = [];
  let filled = 0;
  eachField(wire, tensor.span.start, tensor.span.end, (field, type, value, start, end) => {
    if (field !== typed?.field) return;
    if (typed.bytes === 0) {
      readIntegers(wire, type, value, { start, end }, integers);
    } else if (type === FIXED32 || type === FIXED64 || end - start >= typed.bytes) {
      for (let at = start; at < end; at += typed.bytes) {
        out[filled++] = typed.bytes === 4 ? wire.view.getFloat32(at, true) : wire.view.getFloat64(at, true);
      }
    }
  });
  for (const integer of integers) {
    if (dtype === "f16") out[filled++] = decodeFloat16(integer & 0xffff);
    else if (dtype === "bf16") out[filled++] = decodeBfloat16(integer & 0xffff);
    else out[filled++] = dtype === "u64" && integer < 0 ? integer + 2 ** 64 : integer;
  }
}

function fill<T extends Float64Array | Float32Array>(
  source: TensorSource,
  tensor: ProtoTensor,
  out: T,
  bytes: number,
): T {
  const dtype = elementType(tensor.type)?.dtype ?? "f32";
  const raw = rawBytes(source, tensor, bytes * out.length);
  if (raw) decodeRaw(raw, dtype, out);
  else decodeTyped(source.wire, tensor, dtype, out);
  return out;
}

/** All values as doubles; 64-bit integers beyond 2^53 are rounded (only ±2^63 as "to the end" occurs). */
export function readDoubles(source: TensorSource, tensor: ProtoTensor): Float64Array {
  const element = elementType(tensor.type);
  if (!element)
    return fail(`tensor ${tensor.name} has element type ${tensor.type}, which holds no numbers`, tensor.span.start);
  return fill(
    source,
    tensor,
    new Float64Array(elementCount(tensor.dims, tensor.name, tensor.span.start)),
    element.bytes,
  );
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Values of a floating-point tensor: doubles for f64, otherwise single precision (exact for f16 and bf16). Raw float32
 * comes as a view of the file's bytes where they are aligned: not to be written to.
 */
export function readFloats(source: TensorSource, tensor: ProtoTensor): Float32Array | Float64Array {
  const element = elementType(tensor.type);
  if (!element)
    return fail(`tensor ${tensor.name} has element type ${tensor.type}, which holds no numbers`, tensor.span.start);
  const count = elementCount(tensor.dims, tensor.name, tensor.span.start);
  if (element.dtype === "f32" && LITTLE_ENDIAN) {
    const raw = rawBytes(source, tensor, 4 * count);
    if (raw) {
      const aligned = raw.byteOffset % 4 === 0 ? raw : raw.slice();
      return new Float32Array(aligned.buffer, aligned.byteOffset, count);
    }
  }
  return element.dtype === "f64"
    ? fill(source, tensor, new Float64Array(count), 8)
    : fill(source, tensor, new Float32Array(count), element.bytes);
}

/** A source over bytes in memory. */
export function tensorSource(bytes: Uint8Array, external: ExternalSource | null): TensorSource {
  return { wire: wireOf(bytes), external };
}
