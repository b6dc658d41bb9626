/** Parameters and reasons that are alike, said once. */

import { describe } from "../init/index.ts";
import type { PlannedTensor } from "../plan/types.ts";

export interface ParameterGroup {
  readonly op: string;
  readonly role: string;
  readonly initializer: string;
  readonly tensors: readonly PlannedTensor[];
}

/** Groups by use, role and initializer, in order of first appearance. */
export function groupParameters(tensors: readonly PlannedTensor[]): ParameterGroup[] {
  const groups = new Map<string, { op: string; role: string; initializer: string; tensors: PlannedTensor[] }>();
  for (const tensor of tensors) {
    const initializer = describe(tensor.initializer);
    const key = `${tensor.op}\u0000${tensor.role}\u0000${initializer}`;
    const group = groups.get(key) ?? { op: tensor.op, role: tensor.role, initializer, tensors: [] };
    group.tensors.push(tensor);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export interface Reason {
  readonly why: string;
  readonly first: string;
  readonly count: number;
}

/** Reasons that differ only in their numbers are one reason; the first tensor's is told. */
export function groupReasons(tensors: readonly PlannedTensor[]): Reason[] {
  const reasons = new Map<string, { why: string; first: string; count: number }>();
  for (const { name, role, why } of tensors) {
    const key = `${role}\u0000${why.replace(/[\w.]*\d[\w.×²-]*/gu, "#")}`;
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, { why, first: name, count: 1 });
    else known.count++;
  }
  return [...reasons.values()];
}
