/** What the pool and its threads say to each other. */

import type { Fill } from "../fill.ts";
import type { Narrow } from "../narrow.ts";

/** Where a thread puts values. */
export type Place =
  /** A memory that kernels write to directly; `id` tells it from the one before. */
  | {
      readonly kind: "kernel-memory";
      readonly id: number;
      readonly memory: WebAssembly.Memory;
      readonly at: number;
      readonly dtype: "f32" | Narrow;
    }
  | { readonly kind: "shared"; readonly buffer: SharedArrayBuffer; readonly at: number }
  /** Sent back as the bytes of a file. `room`: a buffer of the right size to use again. */
  | { readonly kind: "answer"; readonly dtype: "f32" | Narrow; readonly room: ArrayBuffer | null };

export interface Task {
  readonly fill: Fill;
  readonly length: number;
  readonly place: Place;
  /** This thread's part of a kernel memory. */
  readonly slot: number;
}

export type Answer =
  | { readonly kind: "done"; readonly bytes: ArrayBuffer | null }
  | { readonly kind: "failed"; readonly message: string };
