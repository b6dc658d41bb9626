/** What a pickle describes, as inert data: classes and calls are names, nothing is ever looked up or run. */

export interface Bytes {
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
}

export interface List {
  readonly kind: "list";
  readonly items: PickleValue[];
}

export interface Tuple {
  readonly kind: "tuple";
  readonly items: readonly PickleValue[];
}

export interface Dict {
  readonly kind: "dict";
  readonly entries: Map<PickleValue, PickleValue>;
}

export interface PickleSet {
  readonly kind: "set";
  readonly items: PickleValue[];
}

/** A class or function by name. */
export interface Global {
  readonly kind: "global";
  /** "torch._utils._rebuild_tensor_v2" */
  readonly name: string;
}

/** What `callee(*args)` would make; `entries` and `items` are put into it afterwards, `state` is set on it. */
export interface Call {
  readonly kind: "call";
  readonly callee: string;
  readonly args: readonly PickleValue[];
  readonly entries: Map<PickleValue, PickleValue>;
  readonly items: PickleValue[];
  state: PickleValue;
  /** Of the instruction, in the file. */
  readonly offset: number;
}

/** Something kept outside of the pickle: PyTorch's storages. */
export interface Persistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
  readonly offset: number;
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Bytes
  | List
  | Tuple
  | Dict
  | PickleSet
  | Global
  | Call
  | Persistent;
