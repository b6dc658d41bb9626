/**
 * Weights → .npz: a zip archive of uncompressed .npy members, streamed.
 *
 * A member's checksum is known only after its data, so it follows them (data descriptor, APPNOTE 4.3.9); readers take it
 * from the directory at the end. Sizes from 4 GB on use zip64. Times are fixed: equal weights give equal files.
 */

import { DTYPE_BYTES } from "../dtype.ts";
import { FormatError } from "../error.ts";
import { npyHeader } from "../npy/index.ts";
import type { TensorChunks, TensorSlot } from "../safetensors/index.ts";
import { elementCount, shown } from "../shape.ts";
import type { ByteSink } from "../source.ts";
import { crc32 } from "../zip/index.ts";

const WIDE = 0xffffffff;
/** 1980-01-01 00:00, the first moment that zip knows. */
const DATE = 0x21;
/** Descriptor follows; names are UTF-8. */
const FLAGS = 0x0808;

interface Member {
  readonly name: Uint8Array;
  readonly offset: number;
  readonly size: number;
  crc: number;
}

function record(length: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  fill(new DataView(bytes.buffer));
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const isWide = (member: Member): boolean => member.size >= WIDE;

function extraField(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  return record(4 + 8 * values.length, (view) => {
    view.setUint16(0, 1, true);
    view.setUint16(2, 8 * values.length, true);
    values.forEach((value, i) => {
      view.setBigUint64(4 + 8 * i, BigInt(value), true);
    });
  });
}

function localHeader(member: Member): Uint8Array {
  // In a zip64 member both sizes stand in the extra field, zero until the descriptor.
  const extra = isWide(member) ? extraField([0, 0]) : extraField([]);
  const fixed = record(30, (view) => {
    view.setUint32(0, 0x04034b50, true);
    view.setUint16(4, isWide(member) ? 45 : 20, true);
    view.setUint16(6, FLAGS, true);
    view.setUint16(12, DATE, true);
    if (isWide(member)) {
      view.setUint32(18, WIDE, true);
      view.setUint32(22, WIDE, true);
    }
    view.setUint16(26, member.name.length, true);
    view.setUint16(28, extra.length, true);
  });
  return join([fixed, member.name, extra]);
}

function descriptor(member: Member): Uint8Array {
  const wide = isWide(member);
  return record(wide ? 24 : 16, (view) => {
    view.setUint32(0, 0x08074b50, true);
    view.setUint32(4, member.crc, true);
    for (const i of [0, 1]) {
      if (wide) view.setBigUint64(8 + 8 * i, BigInt(member.size), true);
      else view.setUint32(8 + 4 * i, member.size, true);
    }
  });
}

function directoryEntry(member: Member): Uint8Array {
  const far = member.offset >= WIDE;
  const extra = extraField([...(isWide(member) ? [member.size, member.size] : []), ...(far ? [member.offset] : [])]);
  const size = Math.min(member.size, WIDE);
  const fixed = record(46, (view) => {
    view.setUint32(0, 0x02014b50, true);
    view.setUint16(4, 45, true);
    view.setUint16(6, extra.length > 0 ? 45 : 20, true);
    view.setUint16(8, FLAGS, true);
    view.setUint16(14, DATE, true);
    view.setUint32(16, member.crc, true);
    view.setUint32(20, size, true);
    view.setUint32(24, size, true);
    view.setUint16(28, member.name.length, true);
    view.setUint16(30, extra.length, true);
    view.setUint32(42, Math.min(member.offset, WIDE), true);
  });
  return join([fixed, member.name, extra]);
}

function endRecords(count: number, offset: number, bytes: number, comment: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  if (count >= 0xffff || offset >= WIDE || bytes >= WIDE) {
    parts.push(
      record(56, (view) => {
        view.setUint32(0, 0x06064b50, true);
        view.setBigUint64(4, 44n, true);
        view.setUint16(12, 45, true);
        view.setUint16(14, 45, true);
        [count, count, bytes, offset].forEach((value, i) => {
          view.setBigUint64(24 + 8 * i, BigInt(value), true);
        });
      }),
      record(20, (view) => {
        view.setUint32(0, 0x07064b50, true);
        view.setBigUint64(8, BigInt(offset + bytes), true);
        view.setUint32(16, 1, true);
      }),
    );
  }
  parts.push(
    record(22, (view) => {
      view.setUint32(0, 0x06054b50, true);
      view.setUint16(8, Math.min(count, 0xffff), true);
      view.setUint16(10, Math.min(count, 0xffff), true);
      view.setUint32(12, Math.min(bytes, WIDE), true);
      view.setUint32(16, Math.min(offset, WIDE), true);
      view.setUint16(20, comment.length, true);
    }),
    comment,
  );
  return join(parts);
}

function memberName(name: string, names: Set<string>): Uint8Array {
  const bytes = new TextEncoder().encode(`${name}.npy`);
  if (names.has(name) || bytes.length > 0xffff) {
    throw new FormatError(`write npz: each array needs a short name of its own, got ${shown(name)}, rename it`);
  }
  names.add(name);
  return bytes;
}

/** Metadata as JSON in the archive's comment, where NumPy does not look for arrays. */
function archiveComment(metadata: Readonly<Record<string, string>>): Uint8Array {
  if (Object.keys(metadata).length === 0) return new Uint8Array(0);
  const bytes = new TextEncoder().encode(JSON.stringify(metadata));
  if (bytes.length > 0xffff) throw new FormatError(`write npz: metadata of at most 65535 bytes, got ${bytes.length}`);
  return bytes;
}

/**
 * Writes a whole archive into `sink`, in order, holding one chunk at a time; `np.load` reads it.
 *
 * @throws FormatError for bfloat16, and when a tensor's chunks are not as long as its shape says
 */
export async function writeNpz<Slot extends TensorSlot>(
  sink: ByteSink,
  slots: readonly Slot[],
  chunks: TensorChunks<Slot>,
  { metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const comment = archiveComment(metadata);
  // All headers first: a dtype that NumPy lacks is refused before a byte is written.
  const headers = slots.map(({ dtype, shape }) => npyHeader(dtype, shape));
  const names = new Set<string>();
  const members: Member[] = [];
  let at = 0;
  const put = async (bytes: Uint8Array): Promise<void> => {
    at += bytes.length;
    await sink.write(bytes);
  };
  for (const [i, slot] of slots.entries()) {
    const header = headers[i]!;
    const size = header.length + elementCount(slot.shape, `write npz: ${shown(slot.name)}`) * DTYPE_BYTES[slot.dtype];
    const member: Member = { name: memberName(slot.name, names), offset: at, size, crc: crc32(header) };
    members.push(member);
    await put(localHeader(member));
    const start = at;
    await put(header);
    for await (const chunk of chunks(slot)) {
      member.crc = crc32(chunk, member.crc);
      await put(chunk);
    }
    if (at - start !== size) {
      throw new FormatError(
        `write npz: ${shown(slot.name)} takes ${size} bytes, got ${at - start}, give all its values`,
      );
    }
    await put(descriptor(member));
  }
  const offset = at;
  for (const member of members) await put(directoryEntry(member));
  await put(endRecords(members.length, offset, at - offset, comment));
}
