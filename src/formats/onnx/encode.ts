/** The few protobuf messages that writing needs, as bytes. */

import type { Dtype } from "../../model/types.ts";
import { elementCode } from "./dtype.ts";

const encoder = new TextEncoder();

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A non-negative whole number up to 2^53. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function encodeInteger(field: number, value: number): Uint8Array {
  return concatBytes([encodeVarint(field * 8), encodeVarint(value)]);
}

/** Tag and length of a length-delimited field; its payload follows. */
export function encodeHead(field: number, length: number): Uint8Array {
  return concatBytes([encodeVarint(field * 8 + 2), encodeVarint(length)]);
}

export function encodeBytes(field: number, payload: Uint8Array): Uint8Array {
  return concatBytes([encodeHead(field, payload.length), payload]);
}

export function encodeText(field: number, text: string): Uint8Array {
  return encodeBytes(field, encoder.encode(text));
}

/** Everything of a TensorProto before the values themselves, with the head of raw_data. */
export function encodeTensorHead(name: string, dims: readonly number[], dtype: Dtype, bytes: number): Uint8Array {
  const packed = concatBytes(dims.map(encodeVarint));
  return concatBytes([
    encodeBytes(1, packed),
    encodeInteger(2, elementCode(dtype)),
    encodeText(8, name),
    encodeHead(9, bytes),
  ]);
}

/** A graph input of a fixed shape (ValueInfoProto). */
export function encodeValueInfo(name: string, dims: readonly number[], dtype: Dtype): Uint8Array {
  const shape = concatBytes(dims.map((dim) => encodeBytes(1, encodeInteger(1, dim))));
  const tensor = concatBytes([encodeInteger(1, elementCode(dtype)), encodeBytes(2, shape)]);
  return concatBytes([encodeText(1, name), encodeBytes(2, encodeBytes(1, tensor))]);
}

/** A Cast node (NodeProto) with its attribute `to`. */
export function encodeCast(input: string, output: string, to: Dtype): Uint8Array {
  // AttributeProto: name 1, i 3, type 20 (INT = 2).
  const attribute = concatBytes([encodeText(1, "to"), encodeInteger(3, elementCode(to)), encodeInteger(20, 2)]);
  return concatBytes([
    encodeText(1, input),
    encodeText(2, output),
    encodeText(3, `${output}.cast`),
    encodeText(4, "Cast"),
    encodeBytes(5, attribute),
  ]);
}
