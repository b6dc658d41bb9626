/**
 * Residual blocks: additions where one side reached the sum by a shorter way than the other.
 *
 * Both sides of an addition are walked back to the tensor where they part. The side that passed more weights is the
 * branch; the other is the skip (nothing, or a projection). Blocks whose skips lead into one another form a stream; the
 * number of branches that write into a stream is the L that residual scaling divides by.
 */

import type { CombineNode, Node } from "../../model/types.ts";
import { flowingInputs, flows, type Graph, isWeighted } from "./graph.ts";

/** What sets the size of what a branch writes: its last weight, its last norm's scale, or its layer scale. */
export interface Writer {
  readonly parameter: string;
  readonly kind: "weight" | "norm-scale" | "layer-scale";
}

export interface Residual {
  readonly add: CombineNode;
  readonly skip: string;
  readonly branch: string;
  /** Weighted nodes of the branch, in topological order. */
  readonly members: readonly Node[];
  readonly writer: Writer | null;
  readonly stream: number;
  /** Place in its stream, from 0. */
  readonly index: number;
}

const SKIP_SIDE = 1;
const BRANCH_SIDE = 2;

/** Weighted nodes on each way from two tensors back to where the ways part; null if they never meet. */
function waysApart(graph: Graph, first: string, second: string): readonly [readonly Node[], readonly Node[]] | null {
  const colours = new Map<string, number>();
  const frontier: { readonly tensor: string; readonly position: number }[] = [];
  const reach = (tensor: string, colour: number) => {
    const seen = colours.get(tensor);
    colours.set(tensor, (seen ?? 0) | colour);
    if (seen !== undefined) return;
    const producer = graph.producer.get(tensor);
    frontier.push({ tensor, position: producer ? graph.position.get(producer)! : -1 });
  };
  reach(first, SKIP_SIDE);
  reach(second, BRANCH_SIDE);
  const sides: [Node[], Node[]] = [[], []];
  while (frontier.length > 0) {
    let latest = 0;
    for (let i = 1; i < frontier.length; i++) if (frontier[i]!.position > frontier[latest]!.position) latest = i;
    const { tensor } = frontier.splice(latest, 1)[0]!;
    const colour = colours.get(tensor)!;
    if (colour === (SKIP_SIDE | BRANCH_SIDE)) return sides;
    const producer = graph.producer.get(tensor);
    if (!producer) continue;
    const side = sides[colour === SKIP_SIDE ? 0 : 1];
    if (isWeighted(producer) && !side.includes(producer)) side.push(producer);
    for (const input of flowingInputs(graph, producer)) reach(input, colour);
  }
  return null;
}

/** The parameter that scales what arrives at `tensor`, found by walking back over steps that keep proportions. */
function writerOf(graph: Graph, tensor: string): Writer | null {
  let current = tensor;
  for (;;) {
    const node = graph.producer.get(current);
    if (!node) return null;
    if (node.kind === "linear" || node.kind === "conv") return { parameter: node.weight, kind: "weight" };
    if (node.kind === "normalize") return node.scale ? { parameter: node.scale, kind: "norm-scale" } : null;
    if (node.kind === "embedding" || node.kind === "recurrent" || node.kind === "softmax") return null;
    if (node.kind === "combine" && node.operation === "multiply") {
      const parameter = node.inputs.find((input) => graph.model.parameters.has(input));
      if (parameter) return { parameter, kind: "layer-scale" };
    }
    const inputs = flowingInputs(graph, node);
    const next = largest(graph, inputs);
    if (next === null) return null;
    current = next;
  }
}

/** The input with the most entries: the one that is gated or shifted, not the gate that is broadcast to it. */
function largest(graph: Graph, tensors: readonly string[]): string | null {
  let best: string | null = null;
  let most = -1;
  for (const tensor of tensors) {
    const size = (graph.model.tensors.get(tensor)?.shape ?? []).reduce((a, b) => a * b, 1);
    if (size > most) {
      most = size;
      best = tensor;
    }
  }
  return best;
}

/** The residual addition that a skip comes from, walking back over everything but the branches. */
function previousInStream(graph: Graph, skip: string, found: ReadonlyMap<Node, Residual>): Residual | null {
  let current: string | null = skip;
  while (current !== null) {
    const node = graph.producer.get(current);
    if (!node) return null;
    const residual = found.get(node);
    if (residual) return residual;
    current = largest(graph, flowingInputs(graph, node));
  }
  return null;
}

/**
 * All residual additions of a model, in topological order.
 *
 * @example findResiduals(indexGraph(resnet50)).length // 16
 */
export function findResiduals(graph: Graph): readonly Residual[] {
  const found = new Map<Node, Residual>();
  const lengths: number[] = [];
  for (const node of graph.model.nodes) {
    if (node.kind !== "combine" || node.operation !== "add") continue;
    const [left, right] = node.inputs;
    if (left === undefined || right === undefined || left === right) continue;
    if (!flows(graph, left) || !flows(graph, right)) continue;
    const ways = waysApart(graph, left, right);
    if (!ways || ways[0].length === ways[1].length) continue;
    const rightIsBranch = ways[1].length > ways[0].length;
    const [skip, branch] = rightIsBranch ? [left, right] : [right, left];
    const previous = previousInStream(graph, skip, found);
    const stream = previous ? previous.stream : lengths.push(0) - 1;
    const index = lengths[stream]!++;
    const members = [...ways[rightIsBranch ? 1 : 0]].reverse();
    found.set(node, { add: node, skip, branch, members, writer: writerOf(graph, branch), stream, index });
  }
  return [...found.values()];
}

/** Number of branches that write into each stream, by stream. */
export function streamLengths(residuals: readonly Residual[]): readonly number[] {
  const lengths: number[] = [];
  for (const { stream } of residuals) lengths[stream] = (lengths[stream] ?? 0) + 1;
  return lengths;
}
