/** TensorProto → ProtoTensor, with the declared shape held against the bytes that are there. */

import { MAX_ELEMENTS, MAX_NAME_BYTES, MAX_RANK } from "./caps.ts";
import { elementType } from "./dtype.ts";
import type { ExternalData, ProtoTensor } from "./proto.ts";
import {
  BYTES,
  countVarints,
  eachField,
  FIXED32,
  FIXED64,
  fail,
  readIntegers,
  readText,
  type Span,
  type Wire,
} from "./wire.ts";

export function elementCount(dims: readonly number[], what: string, offset: number | null): number {
  let count = 1;
  if (dims.length > MAX_RANK) fail(`${what} has ${dims.length} axes; at most ${MAX_RANK} are read`, offset);
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) fail(`${what} has a dimension of ${dim}`, offset);
    count *= dim;
    if (count > MAX_ELEMENTS) fail(`${what} has more than 2^40 elements`, offset);
  }
  return count;
}

/** Name of the typed list that holds a type's values where they are not raw: the field's number and bytes an entry. */
export function typedField(type: number): { readonly field: number; readonly bytes: number } | null {
  if (type === 1) return { field: 4, bytes: 4 };
  if (type === 11) return { field: 10, bytes: 8 };
  if (type === 7) return { field: 7, bytes: 0 };
  if (type === 12 || type === 13) return { field: 11, bytes: 0 };
  return elementType(type) ? { field: 5, bytes: 0 } : null;
}

function parseExternal(entries: ReadonlyMap<string, string>, name: string, offset: number): ExternalData {
  const location = entries.get("location");
  if (!location) return fail(`tensor ${name} lies in another file, but its location is missing`, offset);
  const number = (key: string): number | null => {
    const value = entries.get(key);
    if (value === undefined) return null;
    const parsed = Number(value);
    if (!/^\d{1,15}$/.test(value))
      fail(`tensor ${name}: external ${key} is not a whole number, got "${value.slice(0, 40)}"`, offset);
    return parsed;
  };
  return { location, offset: number("offset") ?? 0, length: number("length") };
}

const NOTHING: ReadonlyMap<number, number> = new Map();

export function parseTensor(wire: Wire, span: Span): ProtoTensor {
  const dims: number[] = [];
  // Most tensors are raw: what only the others need is made when it is met.
  let counts: Map<number, number> | null = null;
  let entries: Map<string, string> | null = null;
  let name = "";
  let type = 0;
  let raw: Span | null = null;
  let isExternal = false;
  const add = (field: number, count: number): void => {
    counts ??= new Map();
    counts.set(field, (counts.get(field) ?? 0) + count);
  };
  eachField(wire, span.start, span.end, (field, wireType, value, start, end) => {
    if (field === 1) readIntegers(wire, wireType, value, { start, end }, dims);
    else if (field === 2) type = value;
    else if (field === 3) fail("a tensor is stored in segments, which no exporter writes", start);
    else if (field === 4 || field === 10) {
      const size = field === 4 ? 4 : 8;
      if (wireType !== BYTES && wireType !== (field === 4 ? FIXED32 : FIXED64))
        fail("values have the wrong wire type", start);
      if ((end - start) % size !== 0) fail(`values are not a multiple of ${size} bytes long`, start);
      add(field, (end - start) / size);
    } else if (field === 5 || field === 7 || field === 11) {
      add(field, wireType === BYTES ? countVarints(wire, start, end) : 1);
    } else if (field === 8) name = readText(wire, wireType, start, end, MAX_NAME_BYTES);
    else if (field === 9) {
      if (wireType !== BYTES) fail("raw values have the wrong wire type", start);
      raw = { start, end };
    } else if (field === 13 && wireType === BYTES) {
      let key = "";
      let entry = "";
      eachField(wire, start, end, (part, partType, _value, from, to) => {
        if (part === 1) key = readText(wire, partType, from, to, MAX_NAME_BYTES);
        else if (part === 2) entry = readText(wire, partType, from, to, MAX_NAME_BYTES);
      });
      entries ??= new Map();
      entries.set(key, entry);
    } else if (field === 14) isExternal = value === 1;
    if (dims.length > MAX_RANK) fail(`a tensor has more than ${MAX_RANK} axes`, span.start);
  });
  const tensor = {
    name,
    dims,
    type,
    span,
    raw,
    external: isExternal ? parseExternal(entries ?? new Map(), name, span.start) : null,
  };
  checkSize(tensor, counts ?? NOTHING);
  return tensor;
}

function checkSize(tensor: ProtoTensor, counts: ReadonlyMap<number, number>): void {
  const what = tensor.name ? `tensor ${tensor.name}` : "a tensor";
  const at = tensor.span.start;
  const count = elementCount(tensor.dims, what, at);
  const element = elementType(tensor.type);
  if (!element) return;
  const bytes = count * element.bytes;
  if (tensor.external) {
    const { length } = tensor.external;
    if (length !== null && length !== bytes)
      fail(`${what} needs ${bytes} bytes for its shape, external data has ${length}`, at);
    return;
  }
  if (tensor.raw) {
    const length = tensor.raw.end - tensor.raw.start;
    if (length !== bytes) fail(`${what} needs ${bytes} bytes for its shape, ${length} are there`, tensor.raw.start);
    return;
  }
  const typed = typedField(tensor.type);
  const found = typed ? (counts.get(typed.field) ?? 0) : 0;
  if (found !== count) fail(`${what} needs ${count} values for its shape, ${found} are there`, at);
}
