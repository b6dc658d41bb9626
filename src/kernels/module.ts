/** The WebAssembly modules of this room: made from base64 on first use, one instance a thread. */

const decode = (base64: string) => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));

/**
 * The exports of a module made by `npm run kernels`, or null where the engine has no WebAssembly with SIMD or forbids it
 * (a page's content security policy). Compiling in place is allowed everywhere for modules this small.
 *
 * @typeParam Exports what the entry file in `assembly/` exports.
 */
export function loadModule<Exports>(base64: string): Exports | null {
  try {
    const bytes = decode(base64);
    if (!WebAssembly.validate(bytes)) return null;
    // Unchecked: a module's types are those of its source, which this repository compiles and tests.
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  } catch {
    return null;
  }
}

/** Views die when a memory grows, so it grows once, before any is made. `bytes` counts from address 0. */
export function reserve(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
}
