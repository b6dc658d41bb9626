/** The HDF5 library, compiled to WebAssembly: it sees one file, read through a `ByteSource`, and nothing else. */

import type { File, h5wasm } from "h5wasm";
import { FormatError } from "../error.ts";
import type { ByteSource } from "../source.ts";

export type Module = Awaited<typeof h5wasm.ready>;

export interface OpenFile {
  readonly file: File;
  readonly module: Module;
  /** Runs a call into the library; what it finds damaged becomes a FormatError. */
  readonly call: <Result>(use: () => Result) => Result;
  /** Nothing of the file is left in the library. */
  readonly close: () => void;
}

/** What the library's file system holds of a file, beyond its published types. */
interface FileNode {
  usedBytes: number;
  stream_ops: Readonly<Record<string, unknown>>;
}

const isFileNode = (node: object): node is FileNode => "usedBytes" in node && "stream_ops" in node;

/** How the library's file system reads: every read ends in the source. */
function readerOf(source: ByteSource) {
  return (_stream: unknown, buffer: ArrayBufferView, offset: number, length: number, position: number): number => {
    const count = Math.max(0, Math.min(length, source.size - position));
    const target = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, count);
    if (source.readInto) source.readInto(position, target);
    else target.set(source.read(position, count));
    return count;
  };
}

/** The library's own reports have a line for every function that was on its way; the first cause comes last. */
function damaged(what: string, error: unknown): FormatError {
  if (error instanceof FormatError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const causes = [...text.matchAll(/#\d+:[^\n]*?: ([^\n]+)/g)].map(([, cause]) => cause?.trim());
  const cause = causes.at(-1) ?? text.split("\n")[0] ?? "";
  return new FormatError(`${what}: not an HDF5 file that can be read (${cause.slice(0, 120)}), save it again`);
}

let opened = 0;

/**
 * Loads the library, some four megabytes, when the first HDF5 file is opened; the result opens files at once.
 *
 * @example const open = await hdf5Library(); const { file, close } = open(source, "model.h5");
 */
export async function hdf5Library(): Promise<(source: ByteSource, what: string) => OpenFile> {
  const { File, ready } = await import("h5wasm");
  const module = await ready;
  // Otherwise the library prints its reports.
  module.activate_throwing_error_handler();
  return (source, what) => {
    const call = <Result>(use: () => Result): Result => {
      try {
        return use();
      } catch (error) {
        throw damaged(what, error);
      }
    };
    const name = `file${opened++}`;
    module.FS.createDataFile("/", name, new Uint8Array(0), true, false, true);
    const node = module.FS.analyzePath(`/${name}`).object;
    if (!isFileNode(node)) throw new Error("h5wasm: its file system is not the one that is known here");
    node.usedBytes = source.size;
    node.stream_ops = { ...node.stream_ops, read: readerOf(source) };
    const forget = () => module.FS.unlink(`/${name}`);
    try {
      const file = call(() => new File(`/${name}`, "r"));
      const close = () => {
        file.close();
        forget();
      };
      return { file, module, call, close };
    } catch (error) {
      forget();
      throw error;
    }
  };
}
