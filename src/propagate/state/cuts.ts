/** Runs of channels cut out of a tensor: gates of one projection, fused queries, keys and values. */

import { type Context, stateOf } from "../context.ts";
import { normalizeAxis } from "./state.ts";

export interface Cut {
  readonly source: string;
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  /** Of the source's channels. */
  readonly share: number;
}

/** Where a tensor lies in the one that it was cut out of, along an axis of channels; null for others. */
export function cutOf(context: Context, tensor: string): Cut | null {
  const node = context.producers.get(tensor);
  if (!node || (node.kind !== "split" && node.kind !== "slice" && node.kind !== "gather")) return null;
  const [source] = node.inputs;
  const state = context.states.get(source);
  if (state?.parts.length !== 1) return null;
  const run = (axis: number, start: number, count: number): Cut | null => {
    const at = normalizeAxis(axis, state.shape.length);
    const factors = state.layout[at];
    const size = state.shape[at];
    if (factors.length === 0 || factors.some((f) => f.role !== "channel")) return null;
    return { source, axis: at, start: start < 0 ? start + size : start, count, share: count / size };
  };
  switch (node.kind) {
    case "split": {
      const piece = node.outputs.indexOf(tensor);
      const start = node.sizes.slice(0, piece).reduce((sum, size) => sum + size, 0);
      return run(node.axis, start, node.sizes[piece]);
    }
    case "slice": {
      const [range, ...others] = node.ranges;
      return range && others.length === 0 && range.step === 1 ? run(range.axis, range.start, range.count) : null;
    }
    case "gather":
      return node.indices.length === 1 ? run(node.axis, node.indices[0], 1) : null;
  }
}

export const sameCut = (a: Cut, b: Cut): boolean => a.axis === b.axis && a.start === b.start && a.count === b.count;

export const apart = (a: Cut, b: Cut): boolean =>
  a.axis === b.axis && (a.start + a.count <= b.start || b.start + b.count <= a.start);

/** E[a a'] of two different channels of what a cut was made of. */
export const betweenChannels = (context: Context, { source }: Cut): number => stateOf(context, source).parts[0].between;
