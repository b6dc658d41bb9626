/** ONNX files made by hand: a graph of a few nodes, as bytes. */

import { concatBytes, encodeBytes, encodeInteger, encodeText, encodeVarint } from "../../../src/formats/onnx/encode.ts";

const f32 = 1;
const i64 = 7;

export function model(graph: Uint8Array, opset = 13): Uint8Array {
  return concatBytes([encodeInteger(1, 8), encodeBytes(8, encodeInteger(2, opset)), encodeBytes(7, graph)]);
}

export function graph(...fields: Uint8Array[]): Uint8Array {
  return concatBytes([encodeText(2, "hostile"), ...fields]);
}

export function value(name: string, dims: readonly (number | string)[], type = f32): Uint8Array {
  const shape = concatBytes(
    dims.map((dim) => encodeBytes(1, typeof dim === "number" ? encodeInteger(1, dim) : encodeText(2, dim))),
  );
  const tensor = concatBytes([encodeInteger(1, type), encodeBytes(2, shape)]);
  return concatBytes([encodeText(1, name), encodeBytes(2, encodeBytes(1, tensor))]);
}

export const input = (name: string, dims: readonly (number | string)[], type = f32): Uint8Array =>
  encodeBytes(11, value(name, dims, type));
export const output = (name: string): Uint8Array => encodeBytes(12, value(name, []));

export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: Uint8Array };

/** Negative integers take ten bytes, as two's complement of 64 bits. */
function encodeSigned(v: number): Uint8Array {
  if (v >= 0) return encodeVarint(v);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(v));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function attribute(name: string, content: Attribute): Uint8Array {
  const head = encodeText(1, name);
  if (typeof content === "number") {
    return concatBytes([head, encodeVarint(3 * 8), encodeSigned(content), encodeInteger(20, 2)]);
  }
  if (typeof content === "string") return concatBytes([head, encodeText(4, content), encodeInteger(20, 3)]);
  if ("float" in content) {
    const bytes = new Uint8Array(new Float32Array([content.float]).buffer);
    return concatBytes([head, encodeVarint(2 * 8 + 5), bytes, encodeInteger(20, 1)]);
  }
  if ("tensor" in content) return concatBytes([head, encodeBytes(5, content.tensor), encodeInteger(20, 4)]);
  const ints = content.map(encodeSigned);
  return concatBytes([head, encodeBytes(8, concatBytes(ints)), encodeInteger(20, 7)]);
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  name = "",
): Uint8Array {
  return encodeBytes(
    1,
    concatBytes([
      ...inputs.map((text) => encodeText(1, text)),
      ...outputs.map((text) => encodeText(2, text)),
      encodeText(3, name),
      encodeText(4, op),
      ...Object.entries(attributes).map(([key, content]) => encodeBytes(5, attribute(key, content))),
    ]),
  );
}

export function floats(name: string, dims: readonly number[], values: ArrayLike<number>): Uint8Array {
  const raw = new Uint8Array(Float32Array.from(values).buffer);
  return concatBytes([
    ...dims.map((dim) => encodeInteger(1, dim)),
    encodeInteger(2, f32),
    encodeText(8, name),
    encodeBytes(9, raw),
  ]);
}

export function integers(name: string, dims: readonly number[], values: readonly number[]): Uint8Array {
  const raw = new Uint8Array(BigInt64Array.from(values.map((v) => BigInt(v))).buffer);
  return concatBytes([
    ...dims.map((dim) => encodeInteger(1, dim)),
    encodeInteger(2, i64),
    encodeText(8, name),
    encodeBytes(9, raw),
  ]);
}

export const initializer = (tensor: Uint8Array): Uint8Array => encodeBytes(5, tensor);

/** A Constant node. */
export function constant(tensor: Uint8Array, name: string): Uint8Array {
  return node("Constant", [], [name], { value: { tensor } });
}

/** A Constant node with one float. */
export const scalar = (name: string, v: number): Uint8Array => constant(floats("", [], [v]), name);
