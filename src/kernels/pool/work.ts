/** A task done in this thread. */

import { type Fill, runFill, runNarrowFill } from "../fill.ts";
import { createFillKernel, type FillKernel, fillKernel } from "../fill-module.ts";
import { type Narrow, narrow } from "../narrow.ts";
import type { Answer, Task } from "./messages.ts";

const withoutSimd = (dtype: Narrow): Answer => ({
  kind: "failed",
  message: `pool: ${dtype} needs WebAssembly with SIMD, draw in one thread`,
});

/** Keeps the kernel of the last memory: one tensor comes in many tasks. */
export function createWork(): (task: Task) => Answer {
  let kept: { readonly id: number; readonly memory: WebAssembly.Memory; readonly kernel: FillKernel | null } | null =
    null;
  let values = new Float32Array(0);
  const draw = (fill: Fill, length: number): Float32Array => {
    if (values.length < length) values = new Float32Array(length);
    const drawn = values.subarray(0, length);
    runFill(drawn, fill);
    return drawn;
  };
  return ({ fill, length, place, slot }) => {
    switch (place.kind) {
      case "kernel-memory": {
        const { id, memory, at, dtype } = place;
        if (kept?.id !== id) kept = { id, memory, kernel: createFillKernel(memory, slot) };
        // Of the kernel's own memory: a message's is another object, which the kernel would not know as the same place.
        const { buffer } = kept.memory;
        if (dtype === "f32") runFill(new Float32Array(buffer, at, length), fill, kept.kernel);
        else if (kept.kernel === null || !runNarrowFill(kept.kernel, { at, length }, fill, dtype)) {
          const drawn = draw(fill, length);
          if (!narrow(drawn, dtype, new Uint16Array(buffer, at, length))) return withoutSimd(dtype);
        }
        return { kind: "done", bytes: null };
      }
      case "shared":
        runFill(new Float32Array(place.buffer, place.at, length), fill);
        return { kind: "done", bytes: null };
      case "answer": {
        const { dtype, room } = place;
        if (dtype === "f32") {
          const bytes = room?.byteLength === length * 4 ? room : new ArrayBuffer(length * 4);
          runFill(new Float32Array(bytes), fill);
          return { kind: "done", bytes };
        }
        const drawn = draw(fill, length);
        const bytes = room?.byteLength === length * 2 ? room : new ArrayBuffer(length * 2);
        return narrow(drawn, dtype, new Uint16Array(bytes)) ? { kind: "done", bytes } : withoutSimd(dtype);
      }
    }
  };
}

/** Is there anything for a pool to gain here? Without kernels a thread has no fast way to the 16-bit types. */
export const hasKernels = (): boolean => fillKernel() !== null;
