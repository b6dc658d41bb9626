/**
 * Tables that stand among the initializers and are not learned, told by what they hold: masks, and sines beside cosines
 * (Vaswani et al. 2017, section 3.5; rotary embeddings, Su et al. 2021, eq. 34).
 */

import { isFloat } from "../dtype.ts";
import { elementType } from "./dtype.ts";
import type { ProtoTensor } from "./proto.ts";
import { countOf } from "./shape.ts";
import { isInline, readDoubles, type TensorSource } from "./tensor.ts";
import { isArithmetic, type Uses } from "./usage.ts";

/** Zeros and values that softmax turns into zero: a mask, not something learned. */
export function isAdditiveMask(source: TensorSource, tensor: ProtoTensor): boolean {
  if (tensor.dims.length < 2 || !isInline(tensor)) return false;
  let masked = false;
  for (const v of readDoubles(source, tensor)) {
    if (v === 0) continue;
    if (!(v <= -1e3)) return false;
    masked = true;
  }
  return masked;
}

/** sin² + cos² as float32 rounds it, half precision included (2⁻¹⁰). */
const nearOne = (square: number): boolean => Math.abs(square - 1) < 2e-3;

/** Rows of a table of positions whose entries pair up as (sin, cos), side by side or half a row apart. */
export function isSinusoid(source: TensorSource, tensor: ProtoTensor): boolean {
  const width = tensor.dims.at(-1) ?? 0;
  if (tensor.dims.length < 2 || width < 2 || width % 2 !== 0 || !isInline(tensor)) return false;
  const values = readDoubles(source, tensor);
  if (values.length < 2 * width || isBinary(values)) return false;
  const paired = (other: (i: number) => number) => {
    for (let row = 0; row < values.length; row += width)
      for (let i = 0; i < width; i++) if (!nearOne(values[row + i] ** 2 + values[row + other(i)] ** 2)) return false;
    return true;
  };
  return paired((i) => i ^ 1) || paired((i) => (i + width / 2) % width);
}

const isBinary = (values: Float64Array): boolean => values.every((v) => v === 0 || v === 1 || v === -1);

/** Pairs of equally shaped tables, both only multiplied with, whose squares add up to 1 everywhere. */
export function rotaryTables(
  source: TensorSource,
  initializers: ReadonlyMap<string, ProtoTensor>,
  uses: Uses,
): ReadonlySet<string> {
  const found = new Set<string>();
  const byShape = new Map<string, { readonly name: string; readonly values: Float64Array }[]>();
  for (const [name, tensor] of initializers) {
    const users = uses.get(name) ?? [];
    const dtype = elementType(tensor.type)?.dtype;
    if (!dtype || !isFloat(dtype) || tensor.dims.length < 2 || !isInline(tensor) || countOf(tensor.dims) < 4) continue;
    if (users.length === 0 || !users.every((use) => isArithmetic(use, uses))) continue;
    const values = readDoubles(source, tensor);
    if (!values.every((v) => Math.abs(v) <= 1 + 1e-3) || isBinary(values)) continue;
    const key = tensor.dims.join();
    const peers = byShape.get(key) ?? [];
    byShape.set(key, peers);
    for (const peer of peers)
      if (values.every((v, i) => nearOne(v * v + peer.values[i] ** 2))) found.add(name).add(peer.name);
    peers.push({ name, values });
  }
  return found;
}
