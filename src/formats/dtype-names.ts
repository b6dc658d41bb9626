/** What files and frameworks call number types. */

import type { Dtype } from "../model/types.ts";

const NAMES: Readonly<Record<string, Dtype>> = {
  f64: "f64",
  float64: "f64",
  double: "f64",
  f32: "f32",
  float32: "f32",
  float: "f32",
  f16: "f16",
  float16: "f16",
  half: "f16",
  bf16: "bf16",
  bfloat16: "bf16",
  i64: "i64",
  int64: "i64",
  long: "i64",
  i32: "i32",
  int32: "i32",
  int: "i32",
  i16: "i16",
  int16: "i16",
  i8: "i8",
  int8: "i8",
  u64: "u64",
  uint64: "u64",
  u32: "u32",
  uint32: "u32",
  u16: "u16",
  uint16: "u16",
  u8: "u8",
  uint8: "u8",
  bool: "bool",
};

/** "bf16", "bfloat16", "BF16", "torch.bfloat16"; null for what is none of the library's types. */
export function parseDtype(name: string): Dtype | null {
  const plain = name.toLowerCase().replace(/^(torch|numpy|np|jnp|tf)\./, "");
  return Object.hasOwn(NAMES, plain) ? (NAMES[plain] ?? null) : null;
}
