/** A list of model nodes with who produces and who uses each value: what the passes work on. */

import type { Node, TensorInfo } from "../../../model/types.ts";
import type { Context } from "../context.ts";

export interface Draft {
  nodes: Node[];
  readonly outputs: readonly string[];
  readonly context: Context;
}

/** Every value that a node needs besides its parameters by name. */
export function dependencies(node: Node): readonly string[] {
  if (node.kind !== "recurrent") return node.inputs;
  const initial = node.initial.filter((name) => name !== null);
  return initial.length > 0 ? [...node.inputs, ...initial] : node.inputs;
}

/** Parameters (or computed values in their place) that a node names outside its inputs. */
export function namedOperands(node: Node): readonly (string | null)[] {
  switch (node.kind) {
    case "linear":
    case "conv":
      return [node.weight, node.bias];
    case "embedding":
      return [node.table];
    case "activation":
      return [node.slope];
    case "normalize":
      return [node.scale, node.shift, node.mean, node.variance];
    case "recurrent":
      return node.directions.flatMap((d) => [d.inputWeight, d.recurrentWeight, d.inputBias, d.recurrentBias]);
    default:
      return [];
  }
}

export function producersOf(nodes: readonly Node[]): Map<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) if (output !== "") producers.set(output, node);
  return producers;
}

export function consumersOf(nodes: readonly Node[]): Map<string, Node[]> {
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of dependencies(node)) {
      const list = consumers.get(name);
      if (list) list.push(node);
      else consumers.set(name, [node]);
    }
  }
  return consumers;
}

/** The only user of a value that is not itself a result; null otherwise. */
export function soleConsumer(draft: Draft, consumers: ReadonlyMap<string, readonly Node[]>, name: string): Node | null {
  const list = consumers.get(name);
  return list?.length === 1 && !draft.outputs.includes(name) ? list[0] : null;
}

/** Shape of an activation tensor, parameter or constant. */
export function infoOf({ tensors, parameters, constants }: Context, name: string): TensorInfo | null {
  return tensors.get(name) ?? parameters.get(name) ?? constants.get(name) ?? null;
}

/** The parameter that a value is, seen through identities and axes of length 1 added or dropped. */
export function parameterBehind(draft: Draft, producers: ReadonlyMap<string, Node>, name: string): string | null {
  let at = name;
  for (let depth = 0; depth < 8; depth++) {
    const parameter = draft.context.parameters.get(at);
    if (parameter) return at;
    const node = producers.get(at);
    if (node?.kind !== "reshape" && node?.kind !== "identity") return null;
    const [source] = node.inputs;
    const before = infoOf(draft.context, source)?.shape ?? [];
    const after = infoOf(draft.context, at)?.shape ?? [];
    const real = (shape: readonly number[]): string => shape.filter((dim) => dim !== 1).join();
    if (real(before) !== real(after)) return null;
    at = source;
  }
  return null;
}

/** A recurrent node names only the outputs that somebody uses. */
function withoutUnused(node: Node, used: ReadonlySet<string>): Node {
  if (node.kind !== "recurrent" || node.outputs.every((output) => output === "" || used.has(output))) return node;
  return { ...node, outputs: node.outputs.map((output) => (used.has(output) ? output : "")) };
}

/** Keeps the nodes that the outputs depend on, in their order, and the tensors and constants that these speak of. */
export function prune(draft: Draft): void {
  const producers = producersOf(draft.nodes);
  const live = new Set<Node>();
  const names = new Set<string>();
  const stack = [...draft.outputs];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    const node = producers.get(name);
    if (!node || live.has(node)) continue;
    live.add(node);
    stack.push(...dependencies(node));
    for (const operand of namedOperands(node)) if (operand !== null) stack.push(operand);
  }
  draft.nodes = draft.nodes.filter((node) => live.has(node)).map((node) => withoutUnused(node, names));
  const { tensors, constants } = draft.context;
  for (const node of draft.nodes) {
    for (const output of node.outputs) names.add(output);
    if (node.kind === "mask") names.add(node.keep);
  }
  for (const name of [...tensors.keys()]) if (!names.has(name)) tensors.delete(name);
  for (const name of [...constants.keys()]) if (!names.has(name)) constants.delete(name);
}
