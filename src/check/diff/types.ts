/** What became of a parameter between two files (`epoch0.diff/1`). Field names are a contract. */

import type { Dtype } from "../../model/types.ts";
import type { Likeness } from "../looks-like/index.ts";

export type Status =
  /** The same numbers, or the same after rounding to a narrower type. */
  | "unchanged"
  /** Nothing is left of the first file's numbers, and the second file's look like a draw. */
  | "re-drawn"
  /** The second file's numbers go back to the first's, or to zeros, and have moved. */
  | "trained"
  /** Nothing is left of the first file's numbers, and the second's were trained from others. */
  | "replaced"
  /** Different, and too few numbers to tell how. */
  | "changed"
  | "reshaped"
  /** In the first file only. */
  | "missing"
  /** In the second file only. */
  | "new";

export interface Side {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

export interface TensorDiff {
  readonly name: string;
  readonly status: Status;
  readonly a: Side | null;
  readonly b: Side | null;
  /** Number type through which the same numbers were rounded; null where they are equal to the bit or differ. */
  readonly rounded: Dtype | null;
  /** ‖b − a‖/‖a‖; null where there is nothing to compare or a is zero. */
  readonly change: number | null;
  /** Pearson's correlation of a and b; null where either is constant. */
  readonly correlation: number | null;
  /** What the second file's numbers look like; null where they are unchanged or missing. */
  readonly likeness: Likeness | null;
  /** One clause more: "transposed", "the first 128 of 160 rows are unchanged". */
  readonly detail: string;
  /** Other parameters of the second file with the very same numbers. */
  readonly cloneOf: readonly string[];
  /** The parameter of the first file, under another name, whose numbers these are; null if none. */
  readonly renamedFrom: string | null;
}

export interface Diff {
  readonly schema: "epoch0.diff/1";
  readonly a: { readonly format: string; readonly name: string; readonly parameters: number };
  readonly b: { readonly format: string; readonly name: string; readonly parameters: number };
  /** What was put before or taken from the second file's names to match the first's; "" if nothing. */
  readonly prefix: string;
  readonly summary: Readonly<Record<Status, number>>;
  readonly tensors: readonly TensorDiff[];
  /** Modules of the second file whose parameters are all equal, such as two blocks of a stack. */
  readonly clonedLayers: readonly (readonly string[])[];
}
