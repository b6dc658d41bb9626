/** ONNX element types (TensorProto.DataType) as ours. */

import type { Dtype } from "../../model/types.ts";

interface ElementType {
  readonly dtype: Dtype;
  readonly bytes: number;
}

const ELEMENT_TYPES: ReadonlyMap<number, ElementType> = new Map([
  [1, { dtype: "f32", bytes: 4 }],
  [2, { dtype: "u8", bytes: 1 }],
  [3, { dtype: "i8", bytes: 1 }],
  [4, { dtype: "u16", bytes: 2 }],
  [5, { dtype: "i16", bytes: 2 }],
  [6, { dtype: "i32", bytes: 4 }],
  [7, { dtype: "i64", bytes: 8 }],
  [9, { dtype: "bool", bytes: 1 }],
  [10, { dtype: "f16", bytes: 2 }],
  [11, { dtype: "f64", bytes: 8 }],
  [12, { dtype: "u32", bytes: 4 }],
  [13, { dtype: "u64", bytes: 8 }],
  [16, { dtype: "bf16", bytes: 2 }],
]);

/** Undefined for strings, complex numbers and the sub-byte types. */
export function elementType(code: number): ElementType | undefined {
  return ELEMENT_TYPES.get(code);
}

/** The ONNX code of one of the types that weights are written in. */
export function elementCode(dtype: Dtype): number {
  for (const [code, type] of ELEMENT_TYPES) if (type.dtype === dtype) return code;
  throw new Error(`elementCode: unknown dtype, got ${dtype}`);
}
