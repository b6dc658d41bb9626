/** A task done in this thread. */

import { runFill } from "../fill.ts";
import { createFillKernel, type FillKernel, fillKernel } from "../fill-module.ts";
import { narrow } from "../narrow.ts";
import type { Answer, Task } from "./messages.ts";

/** Keeps the kernel of the last memory: one tensor comes in many tasks. */
export function createWork(): (task: Task) => Answer {
  let kept: { readonly id: number; readonly kernel: FillKernel | null } | null = null;
  let values = new Float32Array(0);
  return ({ fill, length, place, slot }) => {
    switch (place.kind) {
      case "kernel-memory": {
        if (kept?.id !== place.id) kept = { id: place.id, kernel: createFillKernel(place.memory, slot) };
        runFill(new Float32Array(place.memory.buffer, place.at, length), fill, kept.kernel);
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
        if (values.length < length) values = new Float32Array(length);
        const drawn = values.subarray(0, length);
        runFill(drawn, fill);
        const bytes = room?.byteLength === length * 2 ? room : new ArrayBuffer(length * 2);
        if (!narrow(drawn, dtype, new Uint16Array(bytes)))
          return { kind: "failed", message: `pool: ${dtype} needs WebAssembly with SIMD, draw in one thread` };
        return { kind: "done", bytes };
      }
    }
  };
}

/** Is there anything for a pool to gain here? Without kernels a thread has no fast way to the 16-bit types. */
export const hasKernels = (): boolean => fillKernel() !== null;
