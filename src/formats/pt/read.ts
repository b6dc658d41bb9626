/** PyTorch's files: the zip archive of today, and the row of pickles of versions before 1.6. */

import type { Model, Note } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { type PickleValue, type Tuple, unpickle } from "../pickle/index.ts";
import { shown } from "../shape.ts";
import { type ByteSource, bytesSource } from "../source.ts";
import { weightsOnly } from "../weights.ts";
import { memberOffset, readDirectory, readMember, type ZipMember } from "../zip/index.ts";
import { allowsGlobal, storageElement } from "./globals.ts";
import { findStateDict } from "./state-dict.ts";
import { type StoredView, tensorOf } from "./tensor.ts";
import { type OpenStorage, readView, tileView } from "./values.ts";

/** Storages of one file by key; null where there is none of that name. */
interface Storages {
  readonly root: PickleValue;
  readonly open: (key: string) => (OpenStorage & { readonly bytes: number }) | null;
}

/** The pickles of a file, without the numbers: a million tensors take about a hundred bytes each. */
const MAX_PICKLE = 134_217_728;
const FIRST_TRY = 1_048_576;
/** One compressed storage is unpacked whole. */
const MAX_INFLATED = 2 ** 31;

function zipStorages(source: ByteSource): Storages {
  const what = "pt";
  const members = readDirectory(source, what);
  const pickle = members.find(({ name }) => /(^|\/)data\.pkl$/.test(name));
  if (!pickle)
    throw new FormatError("pt: the archive has no data.pkl, it is no PyTorch file; save it with torch.save", 0);
  if (pickle.size > MAX_PICKLE) {
    throw new FormatError(`pt: data.pkl is at most ${MAX_PICKLE} bytes, got ${pickle.size}`, pickle.headerOffset);
  }
  const root = pickle.name.slice(0, -"data.pkl".length);
  const byName = new Map(members.map((member) => [member.name, member]));
  const order = byName.get(`${root}byteorder`);
  const littleEndian = order === undefined || new TextDecoder().decode(readSmall(source, order)).trim() !== "big";
  const base = pickle.method === "stored" ? memberOffset(source, pickle, what) : pickle.headerOffset;
  const { value } = unpickle(readMember(source, pickle, what), { base, allows: allowsGlobal });
  const inflated: Inflated = { member: null, bytes: new Uint8Array(0) };
  return {
    root: value,
    open: (key) => {
      const member = byName.get(`${root}data/${key}`);
      return member ? openMember(source, member, littleEndian, inflated) : null;
    },
  };
}

function readSmall(source: ByteSource, member: ZipMember): Uint8Array {
  if (member.size > 64)
    throw new FormatError("pt: byteorder says little or big, the file is damaged", member.headerOffset);
  return readMember(source, member, "pt");
}

/** The storage that was unpacked last: one is read in many pieces. */
type Inflated = { member: ZipMember | null; bytes: Uint8Array };

/** Stored members are read where they lie; deflated ones (an archive that somebody packed again) are unpacked whole. */
function openMember(source: ByteSource, member: ZipMember, littleEndian: boolean, inflated: Inflated) {
  if (member.method === "stored") {
    return { source, offset: memberOffset(source, member, "pt"), bytes: member.size, littleEndian };
  }
  if (member.size > MAX_INFLATED) {
    throw new FormatError(
      `pt: a compressed storage is at most ${MAX_INFLATED} bytes, save the file again`,
      member.headerOffset,
    );
  }
  const read = (offset: number, length: number) => {
    if (inflated.member !== member) {
      inflated.bytes = readMember(source, member, "pt");
      inflated.member = member;
    }
    return inflated.bytes.subarray(offset, offset + length);
  };
  return { source: { size: member.size, read }, offset: 0, bytes: member.size, littleEndian };
}

/** torch/serialization.py: MAGIC_NUMBER and PROTOCOL_VERSION of the format before 1.6. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** Sizes and places of the storages behind the pickles: in the order of the key list, each an int64 count and its elements. */
function legacyStorages(source: ByteSource): Storages {
  // How long the pickles are is known when they are read: a first try with a megabyte spares a large file the rest.
  for (const length of [FIRST_TRY, MAX_PICKLE]) {
    if (length >= source.size) break;
    try {
      return legacyStoragesWithin(source, source.read(0, length));
    } catch (error) {
      if (!(error instanceof FormatError) || error.offset === null || error.offset < length / 2) throw error;
    }
  }
  return legacyStoragesWithin(source, source.read(0, Math.min(source.size, MAX_PICKLE)));
}

function legacyStoragesWithin(source: ByteSource, bytes: Uint8Array): Storages {
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = unpickle(bytes, { start: at, allows: allowsGlobal });
    at = end;
    return value;
  };
  if (next() !== MAGIC) throw new FormatError("pt: a bare pickle is no PyTorch file, save it with torch.save", 0);
  if (next() !== PROTOCOL)
    throw new FormatError(`pt: version ${PROTOCOL} of the old format is read, save it again`, at);
  const system = next();
  const little = typeof system === "object" && system?.kind === "dict" ? system.entries.get("little_endian") : true;
  const root = next();
  const keys = next();
  if (typeof keys !== "object" || keys?.kind !== "list")
    throw new FormatError("pt: the list of storages is missing", at);
  const elements = elementBytes(root);
  const places = new Map<string, { readonly offset: number; readonly bytes: number }>();
  for (const key of keys.items) {
    if (typeof key !== "string" || places.has(key)) throw new FormatError("pt: a storage's key comes twice", at);
    const size = source.size - at >= 8 ? source.read(at, 8) : new Uint8Array(0);
    if (size.length < 8) throw new FormatError(`pt: storage ${shown(key)} is missing, the file is cut`, at);
    const count = Number(new DataView(size.buffer, size.byteOffset, 8).getBigInt64(0, little !== false));
    const bytesOf = count * (elements.get(key) ?? Number.NaN);
    if (!(bytesOf >= 0 && bytesOf <= source.size - at - 8)) {
      throw new FormatError(`pt: storage ${shown(key)} of ${count} elements leaves the file, it is cut`, at);
    }
    places.set(key, { offset: at + 8, bytes: bytesOf });
    at += 8 + bytesOf;
  }
  return {
    root,
    open: (key) => {
      const place = places.get(key);
      return place ? { source, littleEndian: little !== false, ...place } : null;
    },
  };
}

/** Bytes of an element of every storage that a pickle mentions, by key. */
function elementBytes(root: PickleValue): Map<string, number> {
  const found = new Map<string, number>();
  const seen = new Set<PickleValue>();
  const queue: PickleValue[] = [root];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value.kind === "persistent" && typeof value.id === "object" && value.id?.kind === "tuple")
      noteStorage(value.id, found);
    for (const inner of insideOf(value)) queue.push(inner);
  }
  return found;
}

function noteStorage({ items }: Tuple, found: Map<string, number>): void {
  const [, type, key] = items;
  if (typeof type !== "object" || type?.kind !== "global" || typeof key !== "string") return;
  const complex: Readonly<Record<string, number>> = {
    "torch.ComplexFloatStorage": 8,
    "torch.ComplexDoubleStorage": 16,
  };
  found.set(key, storageElement(type.name)?.bytes ?? complex[type.name] ?? Number.NaN);
}

function* insideOf(value: PickleValue): Generator<PickleValue> {
  if (typeof value !== "object" || value === null) return;
  if (value.kind === "list" || value.kind === "tuple" || value.kind === "set") yield* value.items;
  if (value.kind === "dict" || value.kind === "call") for (const [key, entry] of value.entries) yield* [key, entry];
  if (value.kind === "call") yield* [...value.args, ...value.items, value.state];
}

function openView(storages: Storages, view: StoredView, name: string): OpenStorage {
  const storage = storages.open(view.storage);
  if (!storage) {
    throw new FormatError(
      `pt: tensor ${shown(name)} lies in storage ${shown(view.storage)}, which is missing`,
      view.offset,
    );
  }
  if (storage.bytes < view.storageBytes) {
    throw new FormatError(
      `pt: storage ${shown(view.storage)} takes ${view.storageBytes} bytes, got ${storage.bytes}, the file is cut`,
      view.offset,
    );
  }
  return storage;
}

const ZIP = [0x50, 0x4b];

/**
 * A PyTorch state dict or checkpoint as a model without a graph, under the module's own names.
 *
 * The pickle in it is read by an allow-list and never run; numbers are read when `model.read(name)` asks for them. Of a
 * training checkpoint the weights are taken (see `findStateDict`), the optimizer's state is left.
 *
 * @throws FormatError with the byte offset: a global or an opcode that tensors do not need, sizes that leave the file
 * @example readPt(bytes).parameters.get("fc1.weight")?.shape // [128, 64]
 */
export function readPt(file: Uint8Array | ByteSource, { name = "model" }: { readonly name?: string } = {}): Model {
  const source = file instanceof Uint8Array ? bytesSource(file) : file;
  if (source.size < 4) throw new FormatError(`pt: at least 4 bytes, got ${source.size}, the file is cut`, source.size);
  const start = source.read(0, 2);
  const storages = ZIP.every((byte, i) => start[i] === byte) ? zipStorages(source) : legacyStorages(source);
  const leftOut: string[] = [];
  const stored = findStateDict(storages.root).flatMap(({ name: tensor, value }) => {
    const found = tensorOf(value, tensor);
    if (found === null) return [];
    if (found.kind === "left-out") {
      leftOut.push(tensor);
      return [];
    }
    const { view } = found;
    const storage = openView(storages, view, tensor);
    return [
      {
        name: tensor,
        dtype: view.dtype,
        shape: view.shape,
        values: () => readView(storage, view),
        tiles: () => tileView(storage, view),
      },
    ];
  });
  if (stored.length === 0) {
    throw new FormatError("pt: no tensors of numbers in it, save the state dict: torch.save(model.state_dict(), path)");
  }
  const model = weightsOnly(stored, { format: "torch", name });
  if (leftOut.length === 0) return model;
  const note: Note = {
    code: "assumed",
    message: `${leftOut.length} tensors hold complex or 8-bit floating-point numbers and are left out, ${shown(leftOut[0] ?? "")} first`,
    tensors: leftOut,
  };
  return { ...model, notes: [...model.notes, note] };
}
