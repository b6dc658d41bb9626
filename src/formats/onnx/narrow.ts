/**
 * Weights stored in another type than the graph computes in: an initializer NAME__f16 and a Cast that yields NAME.
 *
 * The writer makes this form where another storage type is asked for; the reader sees the parameter NAME behind it.
 */

import type { Dtype } from "../../model/types.ts";
import { isFloat } from "../dtype.ts";
import { elementType } from "./dtype.ts";
import type { ProtoGraph, ProtoNode, ProtoTensor } from "./proto.ts";

export interface Narrow {
  /** The initializer's name in the file. */
  readonly initializer: string;
  readonly node: ProtoNode;
  /** What the graph computes in. */
  readonly computed: Dtype;
}

export interface Unwrapped {
  /** The graph without the casts, the initializers under the names they are used by. */
  readonly graph: ProtoGraph;
  readonly narrow: ReadonlyMap<string, Narrow>;
}

export function narrowName(name: string, dtype: Dtype): string {
  return `${name}__${dtype}`;
}

export function unwrapNarrow(graph: ProtoGraph): Unwrapped {
  const narrow = new Map<string, Narrow>();
  const outputOf = new Map<string, string>();
  const casts = new Set<ProtoNode>();
  for (const node of graph.nodes) {
    const [input] = node.inputs;
    const [output] = node.outputs;
    const tensor = node.op === "Cast" && input !== undefined ? graph.initializers.get(input) : undefined;
    const stored = tensor && elementType(tensor.type)?.dtype;
    const computed = elementType(node.attributes.get("to")?.int ?? 0)?.dtype;
    if (!stored || !computed || output === undefined || input !== narrowName(output, stored)) continue;
    if (!isFloat(stored) || !isFloat(computed) || graph.initializers.has(output) || narrow.has(output)) continue;
    narrow.set(output, { initializer: input, node, computed });
    outputOf.set(input, output);
    casts.add(node);
  }
  if (casts.size === 0) return { graph, narrow };
  const initializers = new Map<string, ProtoTensor>();
  for (const [name, tensor] of graph.initializers) {
    const output = outputOf.get(name) ?? name;
    initializers.set(output, output === name ? tensor : { ...tensor, name: output });
  }
  const computed = new Map([...narrow].map(([name, cast]) => [name, cast.computed]));
  const nodes = graph.nodes.filter((node) => !casts.has(node));
  return { graph: { ...graph, initializers, nodes, computed }, narrow };
}
