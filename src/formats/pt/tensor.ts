/** What a pickle says of one tensor, checked against its storage before anything is read. */

import type { Dtype } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import type { Call, PickleValue } from "../pickle/index.ts";
import { elementCount, MAX_AXES, shown } from "../shape.ts";
import { dtypeElement, REBUILDS, storageElement, WRAPPERS } from "./globals.ts";

export interface StoredView {
  /** Key of the storage in the file. */
  readonly storage: string;
  /** Bytes that the storage must have, at least. */
  readonly storageBytes: number;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  readonly start: number;
  /** Of the instruction that makes it, for messages. */
  readonly offset: number;
}

/** `left-out`: a tensor of numbers that this library has no type for. */
export type FoundTensor =
  | { readonly kind: "view"; readonly view: StoredView }
  | { readonly kind: "left-out"; readonly why: string };

/** Elements of a tensor that repeats its storage (a stride of 0): beyond this it is a bomb and no weight. */
const MAX_REPEATED = 16_777_216;

function isCall(value: PickleValue | undefined): value is Call {
  return typeof value === "object" && value?.kind === "call";
}

/** The call that makes a tensor, out of the wrappers around it; null for anything that is no tensor. */
function rebuildOf(value: PickleValue): Call | null {
  let inner: PickleValue | undefined = value;
  // A parameter of a parameter of …: two is what occurs.
  for (let depth = 0; depth < 8 && isCall(inner) && WRAPPERS.has(inner.callee); depth++) inner = inner.args[0];
  return isCall(inner) && REBUILDS.has(inner.callee) ? inner : null;
}

export function isTensor(value: PickleValue): boolean {
  return rebuildOf(value) !== null;
}

function counts(value: PickleValue | undefined, what: string, offset: number): number[] {
  const size = isCall(value) && value.callee === "torch.Size" ? value.args[0] : value;
  const items = typeof size === "object" && (size?.kind === "tuple" || size?.kind === "list") ? size.items : null;
  if (items === null || items.length > MAX_AXES) {
    throw new FormatError(`pt: ${what} must be a tuple of at most ${MAX_AXES} numbers, the file is damaged`, offset);
  }
  return items.map((item) => count(item, what, offset));
}

function count(value: PickleValue | undefined, what: string, offset: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FormatError(`pt: ${what} must be a whole number from 0, the file is damaged`, offset);
}

interface Storage {
  readonly key: string;
  readonly className: string;
  readonly size: number;
  /** Elements before the view that an old file's storage is. */
  readonly start: number;
}

/** ("storage", class, key, device, elements), and in old files (view key, offset, elements) behind. */
function storageOf(value: PickleValue | undefined, offset: number): Storage {
  const id = typeof value === "object" && value?.kind === "persistent" ? value.id : null;
  const items = typeof id === "object" && id?.kind === "tuple" ? id.items : [];
  const [kind, type, key, , size, view] = items;
  if (kind !== "storage" || typeof type !== "object" || type?.kind !== "global" || typeof key !== "string") {
    throw new FormatError("pt: a tensor must lie in a storage of the file, the file is damaged", offset);
  }
  const inside = typeof view === "object" && view?.kind === "tuple" ? view.items : [];
  return {
    key,
    className: type.name,
    size: count(size, "a storage's size", offset),
    start: inside.length > 0 ? count(inside[1], "a storage view's offset", offset) : 0,
  };
}

/**
 * The tensor that `value` describes; null where it describes none.
 *
 * @throws FormatError where size, strides and offset leave the storage
 */
export function tensorOf(value: PickleValue, name: string): FoundTensor | null {
  const call = rebuildOf(value);
  if (!call) return null;
  const { args, offset } = call;
  const storage = storageOf(args[0], offset);
  const inStorage = storageElement(storage.className);
  const given = typeof args[6] === "object" && args[6]?.kind === "global" ? dtypeElement(args[6].name) : undefined;
  const element = call.callee.endsWith("_v3") ? given : inStorage;
  if (inStorage === undefined || element === undefined) {
    throw new FormatError(
      `pt: tensor ${shown(name)} needs a storage of numbers, got ${shown(storage.className)}`,
      offset,
    );
  }
  if (inStorage === null || element === null) {
    return { kind: "left-out", why: "complex or 8-bit floating-point numbers" };
  }
  const start = count(args[1], "a storage offset", offset) + storage.start;
  const shape = counts(args[2], "a size", offset);
  const strides = counts(args[3], "a stride", offset);
  if (shape.length !== strides.length) {
    throw new FormatError(`pt: tensor ${shown(name)} has ${shape.length} axes and ${strides.length} strides`, offset);
  }
  const storageBytes = storage.size * inStorage.bytes;
  const holds = Math.floor(storageBytes / element.bytes);
  const total = elementCount(shape, `pt: tensor ${shown(name)}`, offset);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, start);
  if (total > 0 && !(last < holds)) {
    throw new FormatError(
      `pt: tensor ${shown(name)} of shape [${shape.join(", ")}] ends at element ${last} of a storage of ${holds}, the file is damaged`,
      offset,
    );
  }
  if (total > holds && total > MAX_REPEATED) {
    throw new FormatError(`pt: tensor ${shown(name)} repeats a storage of ${holds} elements ${total} times`, offset);
  }
  return {
    kind: "view",
    view: { storage: storage.key, storageBytes, dtype: element.dtype, shape, strides, start, offset },
  };
}
