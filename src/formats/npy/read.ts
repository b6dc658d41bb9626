/** .npy → numbers, row-major whatever the order in the file. */

import type { Dtype } from "../../model/types.ts";
import { decodeNumbers } from "../dtype.ts";
import { type NpyHeader, parseNpyHeader } from "./header.ts";

export interface NpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** From Fortran order (first axis fastest) to row-major (last axis fastest). */
function rowMajor(values: Float32Array | Float64Array, shape: readonly number[]): Float32Array | Float64Array {
  const out = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** The elements that lie behind `header`, given the array's data bytes. */
export function decodeNpy(header: NpyHeader, data: Uint8Array): Float32Array | Float64Array {
  const values = decodeNumbers(data, header.dtype, { littleEndian: header.littleEndian });
  return header.fortranOrder ? rowMajor(values, header.shape) : values;
}

/**
 * A whole .npy file: versions 1 to 3, either byte order, C or Fortran order; numbers only.
 *
 * @throws FormatError with the byte offset
 * @example readNpy(bytes).shape // [3, 4]
 */
export function readNpy(bytes: Uint8Array, { name = "array" }: { readonly name?: string } = {}): NpyArray {
  const header = parseNpyHeader(bytes, bytes.length, name);
  return {
    dtype: header.dtype,
    shape: header.shape,
    values: decodeNpy(header, bytes.subarray(header.dataOffset)),
  };
}
