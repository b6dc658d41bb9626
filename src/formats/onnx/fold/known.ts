/** What constant folding works on. */

import type { Dtype } from "../../../model/types.ts";
import type { Operation } from "../context.ts";

export interface Known {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: Float64Array;
}

export interface FoldCall {
  readonly inputs: readonly Known[];
  /** Asks for room for `count` more elements; false: the caller must give up. */
  readonly take: (count: number) => boolean;
  readonly int: (attribute: string, fallback: number) => number;
  readonly operation: Operation;
}

/** Null: not folded, for want of room or because the case is not covered; the operator is then lowered as usual. */
export type Fold = (call: FoldCall) => Known | null;
