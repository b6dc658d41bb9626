/** Which rows are learned from and which are only scored. */

import { createKey, type Seed } from "../../random/index.ts";
import { permutation, type SampleInputs, type Samples, selectRows } from "../../run/index.ts";

/** Share of the rows that is held out. */
export const HELD_OUT = 0.2;

export interface Parts<Inputs extends SampleInputs> {
  readonly train: Samples<Inputs>;
  readonly test: Samples<Inputs>;
}

/** A fifth of the rows, which ones decided by the seed; one at least. */
export function heldOut<Inputs extends SampleInputs>(all: Samples<Inputs>, seed: Seed): Parts<Inputs> {
  const order = permutation(all.count, createKey(seed, "epoch0 data: rows held out"));
  const held = Math.max(1, Math.round(HELD_OUT * all.count));
  return { train: selectRows(all, order.subarray(held)), test: selectRows(all, order.subarray(0, held)) };
}
