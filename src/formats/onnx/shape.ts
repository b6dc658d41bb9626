/** Arithmetic of shapes: counts, strides, broadcasting. */

import type { Dtype } from "../../model/types.ts";

/** Signals that a node's shapes contradict each other or an operator is beyond what is read: the node becomes opaque. */
export class NotUnderstood extends Error {}

export function countOf(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    for (let i = 0; i < shape.length; i++) {
      if (shape[i] === 1) continue;
      if (out[lead + i] !== 1 && out[lead + i] !== shape[i]) {
        throw new NotUnderstood(`shapes ${shapes.map((s) => `[${s}]`).join(" and ")} do not broadcast`);
      }
      out[lead + i] = shape[i];
    }
  }
  return out;
}

/** Strides with which a tensor of `shape` is read at the positions of `out` (0 along broadcast axes). */
export function broadcastStrides(shape: readonly number[], out: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const lead = out.length - shape.length;
  return out.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : strides[i - lead]));
}

/** An axis counted from either end, as a non-negative number. */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= Math.max(rank, 1)) {
    throw new NotUnderstood(`axis ${axis} is outside a tensor of ${rank} axes`);
  }
  return positive;
}

export function isInteger(dtype: Dtype): boolean {
  return dtype[0] === "i" || dtype[0] === "u" || dtype === "bool";
}
