/** What an architecture line says, before it becomes a graph. The grammar is in docs/architecture-line.md. */

import type { Token } from "./scan.ts";

export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** "same": as much as keeps the size at stride 1. */
  readonly pad: readonly number[] | "same";
  readonly dilation: readonly number[];
}

export type Operation =
  | { readonly kind: "dense"; readonly units: number; readonly bias: boolean }
  | {
      readonly kind: "conv";
      readonly channels: number;
      readonly window: Window;
      /** null: as many as there are channels (depthwise). */
      readonly groups: number | null;
      readonly transposed: boolean;
      readonly bias: boolean;
    }
  | { readonly kind: "pool"; readonly method: "average" | "max"; readonly window: Window }
  | { readonly kind: "global-pool"; readonly method: "mean" | "max" }
  | {
      readonly kind: "normalize";
      readonly method: "batch" | "layer" | "group" | "instance" | "rms";
      readonly groups: number;
    }
  | { readonly kind: "attention"; readonly heads: number; readonly bias: boolean }
  | {
      readonly kind: "recurrent";
      readonly cell: "lstm" | "gru" | "rnn";
      readonly units: number;
      readonly bias: boolean;
    }
  | { readonly kind: "last" }
  | { readonly kind: "flatten" }
  | { readonly kind: "dropout"; readonly ratio: number }
  | { readonly kind: "softmax"; readonly log: boolean }
  | { readonly kind: "activation"; readonly text: string }
  | { readonly kind: "residual"; readonly body: readonly Step[]; readonly skip: readonly Step[] };

export interface Item {
  readonly operation: Operation;
  readonly token: Token;
}

/** What stands between two ">": done `times` times. */
export interface Step {
  readonly items: readonly Item[];
  readonly times: number;
  readonly token: Token;
}

export interface Line {
  /** Of one sample. */
  readonly input: readonly number[];
  readonly steps: readonly Step[];
}
