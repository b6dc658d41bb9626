/** The bytes of one member of a zip archive: whole and checked, or only its beginning. */

import { Inflate, inflateSync } from "fflate";
import { FormatError } from "../error.ts";
import { shown } from "../shape.ts";
import type { ByteSource } from "../source.ts";
import { crc32 } from "./crc.ts";
import { viewOf, type ZipMember } from "./directory.ts";

/** Where a member's data begin: the local header repeats name and extra field with lengths of its own. */
export function memberOffset(source: ByteSource, member: ZipMember, what: string): number {
  const header = viewOf(source.read(member.headerOffset, 30));
  const start = member.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (header.getUint32(0, true) !== 0x04034b50 || start + member.compressed > source.size) {
    throw new FormatError(
      `${what}: member ${shown(member.name)} is not where the directory says, the file is damaged`,
      member.headerOffset,
    );
  }
  return start;
}

function damaged(what: string, member: ZipMember, offset: number): FormatError {
  return new FormatError(
    `${what}: member ${shown(member.name)} is damaged (checksum or length), save it again`,
    offset,
  );
}

/** All bytes of a member, length and checksum verified. */
export function readMember(source: ByteSource, member: ZipMember, what: string): Uint8Array {
  const offset = memberOffset(source, member, what);
  const raw = source.read(offset, member.compressed);
  let bytes = raw;
  if (member.method === "deflated") {
    try {
      bytes = inflateSync(raw, { out: new Uint8Array(member.size) });
    } catch {
      throw damaged(what, member, offset);
    }
  }
  if (bytes.length !== member.size || crc32(bytes) !== member.crc) throw damaged(what, member, offset);
  return bytes;
}

/** Bytes that are asked for at a time. */
const STRETCH = 1_048_576;

function* storedPieces(source: ByteSource, offset: number, size: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(size, STRETCH));
  for (let at = 0; at < size; at += STRETCH) {
    const length = Math.min(STRETCH, size - at);
    if (source.readInto) {
      source.readInto(offset + at, buffer.subarray(0, length));
      yield buffer.subarray(0, length);
    } else yield source.read(offset + at, length);
  }
}

function* inflatedPieces(source: ByteSource, offset: number, member: ZipMember, what: string): Generator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const inflate = new Inflate((chunk) => ready.push(chunk));
  for (let at = 0; at < member.compressed; at += PIECE) {
    try {
      inflate.push(source.read(offset + at, Math.min(PIECE, member.compressed - at)), at + PIECE >= member.compressed);
    } catch {
      throw damaged(what, member, offset);
    }
    yield* ready;
    ready = [];
  }
}

/**
 * All bytes of a member in pieces of a megabyte or less; length and checksum are verified when the last one has been taken. A piece
 * may be overwritten by the next.
 *
 * @throws FormatError
 */
export function* memberPieces(source: ByteSource, member: ZipMember, what: string): Generator<Uint8Array> {
  const offset = memberOffset(source, member, what);
  let crc = 0;
  let size = 0;
  const pieces =
    member.method === "stored"
      ? storedPieces(source, offset, member.size)
      : inflatedPieces(source, offset, member, what);
  for (const piece of pieces) {
    size += piece.length;
    if (size > member.size) throw damaged(what, member, offset);
    crc = crc32(piece, crc);
    yield piece;
  }
  if (size !== member.size || crc !== member.crc) throw damaged(what, member, offset);
}

/** Compressed bytes are fed in pieces of this size: a piece inflates to about a megabyte at most. */
const PIECE = 1024;

/** The first `length` bytes of a member (fewer if it is shorter); not verified. */
export function readMemberStart(source: ByteSource, member: ZipMember, length: number, what: string): Uint8Array {
  const offset = memberOffset(source, member, what);
  const wanted = Math.min(length, member.size);
  if (member.method === "stored") return source.read(offset, wanted);
  const start = new Uint8Array(wanted);
  let filled = 0;
  const inflate = new Inflate((chunk) => {
    const part = chunk.subarray(0, wanted - filled);
    start.set(part, filled);
    filled += part.length;
  });
  try {
    for (let at = 0; filled < wanted && at < member.compressed; at += PIECE) {
      const piece = source.read(offset + at, Math.min(PIECE, member.compressed - at));
      inflate.push(piece, at + PIECE >= member.compressed);
    }
  } catch {
    throw damaged(what, member, offset);
  }
  if (filled < wanted) throw damaged(what, member, offset);
  return start;
}
