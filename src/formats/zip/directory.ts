/**
 * The central directory of a zip archive (PKWARE APPNOTE 6.3), zip64 included: what members there are and where.
 * Encrypted, multi-disk and unknown-method archives are refused; sizes are checked against the file.
 */

import { FormatError } from "../error.ts";
import { shown } from "../shape.ts";
import type { ByteSource } from "../source.ts";

export interface ZipMember {
  readonly name: string;
  readonly method: "stored" | "deflated";
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  /** Of the member's local header. */
  readonly headerOffset: number;
}

/** End record (22 bytes) and the longest comment. */
const END_SEARCH = 22 + 65_535;
/** The directory is read at once; a million members of 100 bytes. */
const MAX_DIRECTORY = 100_000_000;
/** Deflate cannot shrink more than about 1032 : 1 (258 bytes in two bits). */
const MAX_RATIO = 1032;

const utf8 = new TextDecoder("utf-8");

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

function findEnd(source: ByteSource, what: string): { readonly at: number; readonly record: DataView } {
  const length = Math.min(source.size, END_SEARCH);
  const start = source.size - length;
  const tail = source.read(start, length);
  const view = viewOf(tail);
  for (let at = length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) === 0x06054b50 && at + 22 + view.getUint16(at + 20, true) === length) {
      return { at: start + at, record: viewOf(tail.subarray(at, at + 22)) };
    }
  }
  throw new FormatError(`${what}: not a zip archive or cut (no end record), save it again`, source.size);
}

function readUint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function findDirectory(source: ByteSource, what: string): Directory {
  const { at, record } = findEnd(source, what);
  if (record.getUint16(4, true) !== 0 && record.getUint16(4, true) !== 0xffff) {
    throw new FormatError(`${what}: archives in several pieces are not read, save it as one file`, at);
  }
  const small: Directory = {
    count: record.getUint16(10, true),
    bytes: record.getUint32(12, true),
    offset: record.getUint32(16, true),
  };
  const wide = small.count === 0xffff || small.bytes === 0xffffffff || small.offset === 0xffffffff;
  const found = wide && at >= 20 ? wideDirectory(source, at, what) : small;
  if (found.bytes > MAX_DIRECTORY || !(found.offset + found.bytes <= at) || found.count * 46 > found.bytes) {
    throw new FormatError(`${what}: the archive's directory does not fit the file, it is damaged`, at);
  }
  return found;
}

function wideDirectory(source: ByteSource, end: number, what: string): Directory {
  const fail = (): never => {
    throw new FormatError(`${what}: the archive's 64-bit end record is damaged, save it again`, end);
  };
  const locator = viewOf(source.read(end - 20, 20));
  if (locator.getUint32(0, true) !== 0x07064b50) return fail();
  const at = readUint64(locator, 8);
  if (!(at + 56 <= end - 20)) return fail();
  const record = viewOf(source.read(at, 56));
  if (record.getUint32(0, true) !== 0x06064b50) return fail();
  return { count: readUint64(record, 32), bytes: readUint64(record, 40), offset: readUint64(record, 48) };
}

/** 64-bit sizes from a member's extra field (tag 1), for those of the three that are all ones in the entry. */
function widen(extra: Uint8Array, sizes: readonly number[], fail: (what: string) => never): number[] {
  if (!sizes.includes(0xffffffff)) return [...sizes];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let next = at + 4;
      return sizes.map((size) => {
        if (size !== 0xffffffff) return size;
        if (next + 8 > Math.min(extra.length, at + 4 + length)) return fail("its 64-bit size is missing");
        next += 8;
        return readUint64(view, next - 8);
      });
    }
    at += 4 + length;
  }
  return [...sizes];
}

function takeMember(bytes: Uint8Array, at: number, file: { size: number; offset: number; what: string }) {
  const bad = (what: string): never => {
    throw new FormatError(`${file.what}: the archive's directory is damaged: ${what}, save it again`, file.offset + at);
  };
  if (at + 46 > bytes.length) return bad("an entry is cut");
  const view = viewOf(bytes);
  if (view.getUint32(at, true) !== 0x02014b50) return bad("an entry has the wrong signature");
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.length) return bad("an entry is cut");
  const name = utf8.decode(bytes.subarray(at + 46, nameEnd));
  const fail = (what: string): never => bad(`member ${shown(name)}: ${what}`);
  if (view.getUint16(at + 8, true) & 1) return fail("encrypted members are not read");
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) return fail(`compression method ${method} is not read`);
  const [size = 0, compressed = 0, headerOffset = 0] = widen(
    bytes.subarray(nameEnd, extraEnd),
    [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
    fail,
  );
  if (!(headerOffset + 30 + compressed <= file.size)) return fail("its data lie beyond the end of the file");
  if (method === 0 ? size !== compressed : size > MAX_RATIO * compressed + 64) return fail("its sizes do not agree");
  const member: ZipMember = {
    name,
    method: method === 0 ? "stored" : "deflated",
    crc: view.getUint32(at + 16, true),
    compressed,
    size,
    headerOffset,
  };
  return { member, next };
}

/**
 * Members of a zip archive in the directory's order; their data are not read.
 *
 * @throws FormatError with the byte offset
 */
export function readDirectory(source: ByteSource, what: string): ZipMember[] {
  if (source.size < 22) throw new FormatError(`${what}: a zip archive has 22 bytes or more, got ${source.size}`, 0);
  const { offset, bytes, count } = findDirectory(source, what);
  const directory = source.read(offset, bytes);
  const members: ZipMember[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { member, next } = takeMember(directory, at, { size: source.size, offset, what });
    if (names.has(member.name)) {
      throw new FormatError(`${what}: member ${shown(member.name)} comes twice, save it again`, offset + at);
    }
    names.add(member.name);
    members.push(member);
    at = next;
  }
  return members;
}
