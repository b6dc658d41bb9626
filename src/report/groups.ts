/** Parameters and reasons that are alike, said once. */

import { describe } from "../init/index.ts";
import type { Warning } from "../model/types.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { formatCount } from "./number.ts";

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

/**
 * What a person should know, most serious first, one line each: operators that are not understood, then warnings. Those of
 * one code that differ only in their place and numbers are said once.
 */
export function cautionsOf({ unsupported, warnings }: Pick<Plan, "unsupported" | "warnings">): string[] {
  const alike = new Map<string, { first: Warning; count: number }>();
  for (const warning of warnings) {
    const bare = warning.where === undefined ? warning.message : warning.message.replaceAll(warning.where, "");
    const key = `${warning.code}\u0000${bare.replace(/[\d.]+/g, "#")}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { first: warning, count: 1 });
    else known.count++;
  }
  return [
    ...unsupported.map(({ node, op, why }) => `not understood: ${op} at ${node}: ${why}`),
    ...[...alike.values()].map(({ first: { message, where }, count }) => {
      const placed = where === undefined || message.includes(where) ? message : `${where}: ${message}`;
      return count === 1 ? placed : `${placed} (and ${formatCount(count - 1)} like it)`;
    }),
  ];
}
