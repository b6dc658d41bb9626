/** Files that a person gave, as byte sources: only what is asked for is read. In a worker, where reading can wait for the disk. */

import { FormatError } from "../../../../src/formats/error.ts";
import type { ByteSource } from "../../../../src/formats/source.ts";

/** Of workers alone; the page's own types do not have it. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** @throws FormatError where the file cannot be read, or no longer */
export function fileSource(file: File): ByteSource {
  const reader = new FileReaderSync();
  const read = (offset: number, length: number): Uint8Array => {
    if (offset < 0 || length < 0 || offset + length > file.size)
      throw new FormatError(`${file.name}: ${length} bytes wanted, the file ends at ${file.size}, it is cut`, offset);
    try {
      return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
    } catch {
      // What the browser says differs, and none says what to do.
      throw new FormatError(`${file.name}: cannot be read, it was changed or moved since, drop it again`);
    }
  };
  return {
    size: file.size,
    read,
    readInto(offset, target) {
      // The collector lets a hundred megabytes of what the browser hands over gather. For arrays that a script makes it comes after
      // thirty, and takes both: one of the same size, which is never written and so never takes memory, calls it in time.
      new ArrayBuffer(target.length);
      target.set(read(offset, target.length));
    },
  };
}
