/** The graph while it is built: nodes, tensors and parameters with counted names, as PyTorch code would number them. */

import type { Node, Parameter, Role, TensorInfo } from "../../model/types.ts";
import { lineError, type Token } from "./scan.ts";

/** More layers than any network has; a guard against nested repeats. */
const MAX_NODES = 20_000;

export interface Draft {
  readonly batch: number;
  readonly nodes: Node[];
  readonly tensors: Map<string, TensorInfo>;
  readonly parameters: Map<string, Parameter>;
  readonly counts: Map<string, number>;
}

/** A value that flows: its tensor, and the shape of one sample. */
export interface Flow {
  readonly tensor: string;
  readonly shape: readonly number[];
}

export function createDraft(batch: number): Draft {
  return { batch, nodes: [], tensors: new Map(), parameters: new Map(), counts: new Map() };
}

/** `fc1`, `fc2`, …: the next of its kind. */
export function nextName(draft: Draft, kind: string): string {
  const count = (draft.counts.get(kind) ?? 0) + 1;
  draft.counts.set(kind, count);
  return `${kind}${count}`;
}

export function addParameter(draft: Draft, name: string, shape: readonly number[], role: Role, token: Token): string {
  // Every size is at most 2^24 and there are five axes at most: the product cannot overflow a double, only 2^53.
  if (!Number.isSafeInteger(shape.reduce((product, size) => product * size, 1))) {
    throw lineError(token, "a layer of fewer than 2^53 weights");
  }
  draft.parameters.set(name, { name, shape, dtype: "f32", role, stored: { kind: "absent" } });
  return name;
}

/** Adds a node whose output bears its name, for one sample of `shape`. */
export function addNode(draft: Draft, node: Node, shape: readonly number[], token: Token): Flow {
  if (draft.nodes.length >= MAX_NODES) throw lineError(token, `at most ${MAX_NODES} operations`);
  const full = [draft.batch, ...shape];
  if (!Number.isSafeInteger(full.reduce((product, size) => product * size, 1))) {
    throw lineError(token, "a layer of fewer than 2^53 outputs");
  }
  draft.nodes.push(node);
  draft.tensors.set(node.name, { shape: full, dtype: "f32" });
  return { tensor: node.name, shape };
}
