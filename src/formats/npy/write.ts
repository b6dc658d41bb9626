/** Numbers → .npy, version 1.0, little-endian, row-major. */

import type { Dtype } from "../../model/types.ts";
import { encodeNumbers } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { NPY_DTYPE_NAMES } from "./header.ts";

/** NumPy aligns the data to 64 bytes, so that it can be mapped into memory. */
const ALIGNMENT = 64;

/**
 * The header bytes of an array.
 *
 * @throws FormatError for bfloat16, which NumPy does not have
 */
export function npyHeader(dtype: Dtype, shape: readonly number[]): Uint8Array {
  const descr = NPY_DTYPE_NAMES.get(dtype);
  if (descr === undefined) {
    throw new FormatError(`write npy: NumPy has no ${dtype}, write f16 or f32, or a .safetensors file`);
  }
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  bytes.set(new TextEncoder().encode(dictionary), 10);
  bytes[length - 1] = 0x0a;
  return bytes;
}

/** A whole .npy file. @example writeNpy(new Float32Array(6), [2, 3]).length // 128 + 24 */
export function writeNpy(
  values: Float32Array | Float64Array,
  shape: readonly number[],
  { dtype = values instanceof Float32Array ? "f32" : "f64" }: { readonly dtype?: Dtype } = {},
): Uint8Array {
  const header = npyHeader(dtype, shape);
  const data = encodeNumbers(values, dtype);
  const bytes = new Uint8Array(header.length + data.length);
  bytes.set(header);
  bytes.set(data, header.length);
  return bytes;
}
