/** Files on disk as byte sources; what the operating system refuses becomes one line. */

import { createHash } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { FormatError } from "./error.ts";
import type { ByteSource } from "./source.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file, check the path",
  EACCES: "permission denied, check who may read it",
  EPERM: "permission denied, check who may read it",
  EISDIR: "is a directory, name a file in it",
  ENOTDIR: "a part of the path is not a directory, check the path",
  ELOOP: "too many symbolic links, check the path",
  ENAMETOOLONG: "the path is too long, check it",
  EMFILE: "too many files are open, close some",
};

/** An error of the operating system in one line; anything else is handed on unchanged. */
export function systemError(error: unknown, what: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  return new FormatError(`${what}: ${REASONS[code] ?? `the system says ${code}, check the file`}`);
}

/** A FIFO without a writer would block for ever: opened without waiting, then refused by `fstat`. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

interface Identity {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

function withFile<Result>(path: string, use: (descriptor: number, found: Identity) => Result): Result {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, FLAGS);
    const found = fstatSync(descriptor);
    if (found.isDirectory()) throw new FormatError(`${path}: is a directory, name a file in it`);
    if (!found.isFile()) throw new FormatError(`${path}: is not a regular file, copy it to one`);
    return use(descriptor, found);
  } catch (error) {
    throw systemError(error, path);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Longest single read that Node takes. */
const MAX_READ = 2 ** 30;

function readRange(descriptor: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  fillRange(descriptor, path, offset, bytes);
  return bytes;
}

function fillRange(descriptor: number, path: string, offset: number, target: Uint8Array): void {
  for (let done = 0; done < target.length; ) {
    const got = readSync(descriptor, target, done, Math.min(target.length - done, MAX_READ), offset + done);
    if (got === 0) throw new FormatError(`${path}: the file ends early, it is cut`, offset + done);
    done += got;
  }
}

/** Bytes that a walk through a file in order fetches at once. */
const AHEAD = 1_048_576;
/** Reads of up to this many are served from what was fetched; larger ones go where they belong without a copy. */
const SMALL = AHEAD / 4;

/** What was last read ahead, of one file at a time: thousands of small tensors would else be as many times open, stat and close. */
interface Window {
  readonly bytes: Uint8Array;
  of: ByteSource | null;
  from: number;
  to: number;
}
let ahead: Window | null = null;

/**
 * Random access to a file. It is opened for every read, so that no handle is left behind; a file that changed in between
 * is an error. Small reads in order, by `readInto`, are read ahead.
 *
 * @throws FormatError when there is no such file, it is a directory or it cannot be read
 */
export function fileSource(path: string): ByteSource {
  const { size, mtimeMs, ino } = withFile(path, (_, found) => found);
  const within = <Result>(offset: number, length: number, use: (descriptor: number) => Result): Result =>
    withFile(path, (descriptor, now) => {
      if (now.size !== size || now.mtimeMs !== mtimeMs || now.ino !== ino) {
        throw new FormatError(`${path}: the file changed while it was read, run again`);
      }
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new FormatError(`${path}: ${length} bytes wanted, the file ends at ${size}, it is cut`, offset);
      }
      return use(descriptor);
    });
  const fill = (offset: number, target: Uint8Array) =>
    within(offset, target.length, (descriptor) => fillRange(descriptor, path, offset, target));
  // Where a walk in order would go on: a little more, for what pads tensors to a boundary.
  let next = 0;
  const source: ByteSource = {
    size,
    read: (offset, length) => within(offset, length, (descriptor) => readRange(descriptor, path, offset, length)),
    readInto: (offset, target) => {
      const end = offset + target.length;
      const inOrder = offset >= next && offset < next + 4096 && next > 0;
      next = end;
      if (ahead?.of !== source || offset < ahead.from || end > ahead.to) {
        if (!inOrder || target.length > SMALL) {
          fill(offset, target);
          return;
        }
        ahead ??= { bytes: new Uint8Array(AHEAD), of: null, from: 0, to: 0 };
        ahead.of = null;
        const length = Math.max(target.length, Math.min(AHEAD, size - offset));
        fill(offset, ahead.bytes.subarray(0, length));
        Object.assign(ahead, { of: source, from: offset, to: offset + length });
      }
      target.set(ahead.bytes.subarray(offset - ahead.from, end - ahead.from));
    },
  };
  return source;
}

/** @throws FormatError where a file has more than `most` bytes */
export function checkSize(path: string, size: number, most: number): void {
  if (size > most) throw new FormatError(`${path}: at most ${most} bytes are read, got ${size}, give a smaller file`);
}

/** A whole file of at most `most` bytes. @throws FormatError */
export function fileBytes(path: string, most: number): Uint8Array {
  return withFile(path, (descriptor, { size }) => {
    checkSize(path, size, most);
    return readRange(descriptor, path, 0, size);
  });
}

/** SHA-256 of a file as hexadecimal digits, read piece by piece. @throws FormatError */
export function fileSha256(path: string): string {
  return withFile(path, (descriptor, { size }) => {
    const hash = createHash("sha256");
    const piece = 8 * 1024 * 1024;
    for (let at = 0; at < size; at += piece) hash.update(readRange(descriptor, path, at, Math.min(piece, size - at)));
    return hash.digest("hex");
  });
}

/** A file in `folder` itself or below, symbolic links resolved before that is judged; null where there is none. */
export function insideFolder(folder: string, name: string, refuse: () => FormatError): string | null {
  const wanted = join(folder, name);
  if (!existsSync(wanted)) return null;
  const real = realpathSync(wanted);
  const home = realpathSync(folder);
  if (!real.startsWith(home.endsWith(sep) ? home : home + sep)) throw refuse();
  return real;
}
