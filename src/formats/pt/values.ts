/** Elements of a strided view of a storage, read from the file when asked for. */

import { DTYPE_BYTES, decodeNumbers, newNumbers } from "../dtype.ts";
import type { ByteSource } from "../source.ts";
import { tilesOf } from "../tiles.ts";
import type { StoredView } from "./tensor.ts";

type Values = Float32Array | Float64Array;

/** One tensor's storage: where its bytes begin, and how they are ordered. */
export interface OpenStorage {
  readonly source: ByteSource;
  readonly offset: number;
  readonly littleEndian: boolean;
}

/** Row-major and without holes; axes of one element may have any stride. */
export function isContiguous({ shape, strides }: Pick<StoredView, "shape" | "strides">): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** A block is read as one piece where the holes in it are few or the piece is small anyway. */
const SMALL_SPAN = 4_194_304;
const MOST_HOLES = 4;

interface Gather {
  readonly storage: OpenStorage;
  readonly view: StoredView;
  readonly out: Values;
}

/** Copies the elements of the block whose axes from `axis` on are left, out of one read or axis by axis. */
function gatherBlock({ storage, view, out }: Gather, axis: number, start: number, to: number): void {
  const { dtype } = view;
  const shape = view.shape.slice(axis);
  const strides = view.strides.slice(axis);
  const count = sizeOf(shape);
  const span = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, 1);
  const bytes = DTYPE_BYTES[dtype];
  if (shape.length > 0 && span * bytes > SMALL_SPAN && span > MOST_HOLES * count) {
    const each = count / shape[0]!;
    for (let i = 0; i < shape[0]!; i++)
      gatherBlock({ storage, view, out }, axis + 1, start + i * strides[0]!, to + i * each);
    return;
  }
  const raw = storage.source.read(storage.offset + start * bytes, span * bytes);
  scatter(decodeNumbers(raw, dtype, storage), shape, strides, out, to);
}

/** out[to + i] = values at the i-th index in row-major order. */
function scatter(values: Values, shape: readonly number[], strides: readonly number[], out: Values, to: number): void {
  const count = sizeOf(shape);
  const index = shape.map(() => 0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    out[to + i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** All elements, row-major. */
export function readView(storage: OpenStorage, view: StoredView): Values {
  const { dtype, shape, start } = view;
  const count = sizeOf(shape);
  const bytes = DTYPE_BYTES[dtype];
  if (count === 0) return decodeNumbers(new Uint8Array(0), dtype);
  if (isContiguous(view)) {
    return decodeNumbers(storage.source.read(storage.offset + start * bytes, count * bytes), dtype, storage);
  }
  const out = newNumbers(dtype, count);
  gatherBlock({ storage, view, out }, 0, start, 0);
  return out;
}

/** The same in pieces where the elements lie in order. */
export function tileView(storage: OpenStorage, view: StoredView): Iterable<Values> {
  const bytes = DTYPE_BYTES[view.dtype];
  if (!isContiguous(view)) return [readView(storage, view)];
  return tilesOf(storage.source, {
    offset: storage.offset + view.start * bytes,
    count: sizeOf(view.shape),
    dtype: view.dtype,
    littleEndian: storage.littleEndian,
  });
}
