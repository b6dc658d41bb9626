/** Values of a ProtoTensor: raw, typed lists or external data, as doubles (constants) or as they are (parameters). */

import type { Dtype } from "../../model/types.ts";
import { bfloat16Value, decodeNumbers, encodeNumbers, float16Value } from "../dtype.ts";
import { type ByteSource, bytesSource } from "../source.ts";
import { tilesOf } from "../tiles.ts";
import { elementType } from "./dtype.ts";
import { safeLocation } from "./external.ts";
import { elementCount, typedField } from "./parse-tensor.ts";
import type { ProtoTensor } from "./proto.ts";
import { eachField, FIXED32, FIXED64, fail, readIntegers, type Wire, wireOf } from "./wire.ts";

/** An external file, its bytes or where to read them; null where it cannot be had. */
export type ExternalSource = (location: string) => Uint8Array | ByteSource | null;

export interface TensorSource {
  readonly wire: Wire;
  /** The file itself as a source. */
  readonly own: ByteSource;
  readonly external: ExternalSource | null;
}

/** True where the values can be had: in the file, or in external data that somebody supplies. */
export function hasValues(source: TensorSource, tensor: ProtoTensor): boolean {
  return tensor.external === null || source.external !== null;
}

/** True where looking at the values costs no other file: what a heuristic may do while reading. */
export function isInline(tensor: ProtoTensor): boolean {
  return tensor.external === null;
}

interface Place {
  readonly source: ByteSource;
  readonly offset: number;
}

/** Where the little-endian bytes of a raw or external tensor lie; null for typed lists. */
function placeOf(source: TensorSource, tensor: ProtoTensor, bytes: number): Place | null {
  if (tensor.raw) return { source: source.own, offset: tensor.raw.start };
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
  const held = file instanceof Uint8Array ? bytesSource(file) : file;
  if (external.offset > held.size || bytes > held.size - external.offset) {
    return fail(
      `tensor ${tensor.name} needs ${bytes} bytes at ${external.offset} of ${JSON.stringify(location)}, which has ${held.size}`,
      at,
    );
  }
  return { source: held, offset: external.offset };
}

/** The bytes themselves: a view where they are in memory. */
function rawBytes(source: TensorSource, tensor: ProtoTensor, bytes: number): Uint8Array | null {
  const place = placeOf(source, tensor, bytes);
  return place ? place.source.read(place.offset, bytes) : null;
}

/** The values in pieces; a piece is overwritten by the next. */
export function tensorTiles(source: TensorSource, tensor: ProtoTensor): Iterable<Float32Array | Float64Array> {
  const { dtype, bytes, count } = layoutOf(tensor);
  const place = placeOf(source, tensor, bytes * count);
  if (!place) return [readFloats(source, tensor)];
  return tilesOf(place.source, { offset: place.offset, count, dtype });
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
    if (dtype === "f16") out[filled++] = float16Value(integer & 0xffff);
    else if (dtype === "bf16") out[filled++] = bfloat16Value(integer & 0xffff);
    else out[filled++] = dtype === "u64" && integer < 0 ? integer + 2 ** 64 : integer;
  }
}

function typedInto<T extends Float64Array | Float32Array>(source: TensorSource, tensor: ProtoTensor, out: T): T {
  decodeTyped(source.wire, tensor, elementType(tensor.type)?.dtype ?? "f32", out);
  return out;
}

interface Layout {
  readonly dtype: Dtype;
  readonly bytes: number;
  readonly count: number;
}

function layoutOf(tensor: ProtoTensor): Layout {
  const at = tensor.span.start;
  const element = elementType(tensor.type);
  if (!element) return fail(`tensor ${tensor.name} has element type ${tensor.type}, which holds no numbers`, at);
  return { ...element, count: elementCount(tensor.dims, tensor.name, at) };
}

/** All values as doubles; 64-bit integers beyond 2^53 are rounded (only ±2^63 as "to the end" occurs). */
export function readDoubles(source: TensorSource, tensor: ProtoTensor): Float64Array {
  const { dtype, bytes, count } = layoutOf(tensor);
  const raw = rawBytes(source, tensor, bytes * count);
  if (!raw) return typedInto(source, tensor, new Float64Array(count));
  const numbers = decodeNumbers(raw, dtype);
  return numbers instanceof Float64Array ? numbers : Float64Array.from(numbers);
}

/** The tensor's little-endian bytes as the file has them: a view where they lie in one piece. */
export function readBytes(source: TensorSource, tensor: ProtoTensor): Uint8Array {
  const { dtype, bytes, count } = layoutOf(tensor);
  return rawBytes(source, tensor, bytes * count) ?? encodeNumbers(readDoubles(source, tensor), dtype);
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Values of a floating-point tensor: doubles for f64, otherwise single precision (exact for f16 and bf16). Raw float32
 * comes as a view of the file's bytes where they are aligned: not to be written to.
 */
export function readFloats(source: TensorSource, tensor: ProtoTensor): Float32Array | Float64Array {
  const { dtype, bytes, count } = layoutOf(tensor);
  const raw = rawBytes(source, tensor, bytes * count);
  if (!raw) return typedInto(source, tensor, dtype === "f64" ? new Float64Array(count) : new Float32Array(count));
  if (dtype !== "f32" || !LITTLE_ENDIAN) return decodeNumbers(raw, dtype);
  // Not raw.slice(): Node's Buffer gives a view of the same unaligned memory there.
  const aligned = raw.byteOffset % 4 === 0 ? raw : new Uint8Array(raw);
  return new Float32Array(aligned.buffer, aligned.byteOffset, count);
}

/** A source over a file's bytes, with `own` to read raw values from where they are not among the bytes. */
export function tensorSource(
  bytes: Uint8Array,
  external: ExternalSource | null,
  own: ByteSource = bytesSource(bytes),
): TensorSource {
  return { wire: wireOf(bytes), own, external };
}
