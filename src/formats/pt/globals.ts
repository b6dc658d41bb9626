/** Every name that a PyTorch file may use, and what it stands for. Nothing else is read, nothing is ever run. */

import type { Dtype } from "../../model/types.ts";

/** Element types of storages and of `torch.dtype`s; null: known, and not among the numbers of this library. */
type Element = { readonly dtype: Dtype; readonly bytes: number } | null;

const ELEMENTS: Readonly<Record<string, Element>> = {
  Float: { dtype: "f32", bytes: 4 },
  Double: { dtype: "f64", bytes: 8 },
  Half: { dtype: "f16", bytes: 2 },
  BFloat16: { dtype: "bf16", bytes: 2 },
  Long: { dtype: "i64", bytes: 8 },
  Int: { dtype: "i32", bytes: 4 },
  Short: { dtype: "i16", bytes: 2 },
  Char: { dtype: "i8", bytes: 1 },
  Byte: { dtype: "u8", bytes: 1 },
  Bool: { dtype: "bool", bytes: 1 },
  ComplexFloat: null,
  ComplexDouble: null,
};

const DTYPES: Readonly<Record<string, Element>> = {
  float32: { dtype: "f32", bytes: 4 },
  float: { dtype: "f32", bytes: 4 },
  float64: { dtype: "f64", bytes: 8 },
  double: { dtype: "f64", bytes: 8 },
  float16: { dtype: "f16", bytes: 2 },
  half: { dtype: "f16", bytes: 2 },
  bfloat16: { dtype: "bf16", bytes: 2 },
  int64: { dtype: "i64", bytes: 8 },
  long: { dtype: "i64", bytes: 8 },
  int32: { dtype: "i32", bytes: 4 },
  int: { dtype: "i32", bytes: 4 },
  int16: { dtype: "i16", bytes: 2 },
  short: { dtype: "i16", bytes: 2 },
  int8: { dtype: "i8", bytes: 1 },
  uint8: { dtype: "u8", bytes: 1 },
  uint16: { dtype: "u16", bytes: 2 },
  uint32: { dtype: "u32", bytes: 4 },
  uint64: { dtype: "u64", bytes: 8 },
  bool: { dtype: "bool", bytes: 1 },
  complex64: null,
  complex128: null,
  float8_e4m3fn: null,
  float8_e5m2: null,
};

/** Calls that make a tensor, and where in their arguments its parts are. */
export const REBUILDS: ReadonlySet<string> = new Set([
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_tensor_v3",
]);

/** Calls whose first argument is the tensor itself. */
export const WRAPPERS: ReadonlySet<string> = new Set([
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
]);

/** Containers that behave as dictionaries. */
export const DICTS: ReadonlySet<string> = new Set(["collections.OrderedDict", "collections.defaultdict"]);

/** Names beside tensors in checkpoints: sizes, devices, numbers of NumPy, plain containers. Kept as names. */
const INERT: ReadonlySet<string> = new Set([
  "collections.Counter",
  "torch.Size",
  "torch.device",
  "torch.serialization._get_layout",
  "numpy.dtype",
  "numpy.core.multiarray.scalar",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray.scalar",
  "numpy._core.multiarray._reconstruct",
  "numpy.ndarray",
  "_codecs.encode",
  ...["builtins", "__builtin__"].flatMap((module) =>
    ["set", "frozenset", "dict", "list", "int", "float", "bool", "str", "complex", "bytearray", "slice"].map(
      (name) => `${module}.${name}`,
    ),
  ),
]);

function named<Value>(table: Readonly<Record<string, Value>>, name: string | undefined): Value | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Bytes of one "element" of an untyped storage. */
const UNTYPED: Element = { dtype: "u8", bytes: 1 };

/** Element type of a storage's class; undefined where the name is no storage. */
export function storageElement(name: string): Element | undefined {
  if (/^torch\.(storage\.)?UntypedStorage$/.test(name)) return UNTYPED;
  return named(ELEMENTS, /^torch\.(?:cuda\.)?(\w+)Storage$/.exec(name)?.[1]);
}

/** Element type of a `torch.dtype`; undefined where the name is none. */
export function dtypeElement(name: string): Element | undefined {
  return named(DTYPES, /^torch\.(\w+)$/.exec(name)?.[1]);
}

/** The allow-list. */
export function allowsGlobal(name: string): boolean {
  return (
    REBUILDS.has(name) ||
    WRAPPERS.has(name) ||
    DICTS.has(name) ||
    INERT.has(name) ||
    storageElement(name) !== undefined ||
    dtypeElement(name) !== undefined
  );
}
