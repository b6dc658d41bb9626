/** The WebAssembly modules of this room: made from base64 on first use, one instance a thread. */

const decode = (base64: string) => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));

const PAGE = 65_536;
/** What a module made by `npm run kernels` says at most; a memory that it uses may say no more. */
const MOST_PAGES = 65_536;

/** A memory of at least `bytes` (4 GiB at most), shared between threads or not. It can grow. */
export function createMemory(bytes: number, shared = false): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE), maximum: MOST_PAGES, shared });
}

/** The import `env.memory`, up to its kind: 1 is "has a maximum", 3 "and is shared". */
const MEMORY_IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2];
const SHARED = 3;

/** The same module over a shared memory: the kernels need no atomic operations, so that one bit is all the difference. */
function markShared(bytes: Uint8Array): void {
  const at = bytes.findIndex((_, i) => MEMORY_IMPORT.every((byte, j) => bytes[i + j] === byte));
  bytes[at + MEMORY_IMPORT.length] = SHARED;
}

/**
 * The exports of a module made by `npm run kernels`, or null where the engine has no WebAssembly with SIMD or forbids it
 * (a page's content security policy). Compiling in place is allowed everywhere for modules this small.
 *
 * @param given what the module works in; its constants lie at its beginning. Default: a page of its own.
 * @typeParam Exports what the entry file in `assembly/` exports; `memory` is among them.
 */
export function loadModule<Exports>(base64: string, given?: WebAssembly.Memory): Exports | null {
  try {
    const bytes = decode(base64);
    const memory = given ?? createMemory(PAGE);
    if (!(memory.buffer instanceof ArrayBuffer)) markShared(bytes);
    if (!WebAssembly.validate(bytes)) return null;
    // Unchecked: a module's types are those of its source, which this repository compiles and tests.
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Exports;
  } catch {
    return null;
  }
}

/** Views die when a memory grows, so it grows once, before any is made. `bytes` counts from address 0. */
export function reserve(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
