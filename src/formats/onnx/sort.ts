/** The nodes that the outputs depend on, each behind what it needs. */

import type { ProtoGraph, ProtoNode } from "./proto.ts";
import { fail } from "./wire.ts";

/** Depth-first with its own stack, so that a long chain cannot exhaust the program's. */
export function liveNodes(graph: ProtoGraph): ProtoNode[] {
  const producers = new Map<string, ProtoNode>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      if (output === "") continue;
      if (producers.has(output)) fail(`two nodes produce ${output}`, node.span.start);
      producers.set(output, node);
    }
  }
  const known = new Set([...graph.initializers.keys(), ...graph.inputs.map((value) => value.name)]);
  const state = new Map<ProtoNode, "open" | "done">();
  const order: ProtoNode[] = [];
  const stack: { readonly node: ProtoNode; next: number }[] = [];
  const visit = (name: string, wantedBy: ProtoNode | null): void => {
    if (name === "") return;
    const node = producers.get(name);
    if (!node) {
      if (!known.has(name)) fail(`nothing produces ${name}`, wantedBy?.span.start ?? null);
      return;
    }
    const seen = state.get(node);
    if (seen === "open") fail(`node ${node.name || node.op} depends on itself`, node.span.start);
    if (seen) return;
    state.set(node, "open");
    stack.push({ node, next: 0 });
  };
  for (const output of graph.outputs) {
    visit(output.name, null);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (top.next < top.node.inputs.length) visit(top.node.inputs[top.next++], top.node);
      else {
        state.set(top.node, "done");
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}
