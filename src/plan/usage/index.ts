/** Each parameter of a model with what uses it: see `ParameterUsage`. */

import type { Model, Node, Parameter } from "../../model/types.ts";
import { attentionPlace } from "./attention.ts";
import { isDepthwise, noFans, weightFans } from "./fans.ts";
import { flowingInputs, type Graph, indexGraph, isRearranging } from "./graph.ts";
import { usageFromName } from "./names.ts";
import { followingActivation, isFirst, isGate, isNormalized, outputLink, precedingActivation } from "./neighbours.ts";
import { type Part, slotsOf } from "./parts.ts";
import { findResiduals, type Residual, streamLengths } from "./residual.ts";
import type { ParameterUsage, Usages } from "./types.ts";

export type { ParameterUsage, Usages } from "./types.ts";

/** The plan's word for what a node is. */
export function opOf(node: Node, shape: readonly number[]): string {
  switch (node.kind) {
    case "conv":
      if (node.transposed) return "conv-transpose";
      if (isDepthwise(node, shape)) return "depthwise-conv";
      return node.groups > 1 ? "grouped-conv" : "conv";
    case "recurrent":
      return node.cell;
    case "normalize":
      return `${node.method}-norm`;
    case "activation":
      return "prelu";
    default:
      return node.kind;
  }
}

interface Use {
  readonly node: Node;
  readonly part: Part;
}

const WEIGHTS: ReadonlySet<Part> = new Set<Part>(["weight", "table", "input-weight", "recurrent-weight"]);

/**
 * What uses each parameter, and how.
 *
 * @param model any model; without nodes, parts come from roles, names and shapes.
 * @example analyse(model).byName.get("fc1.weight")?.fans.true.fanIn // 784
 */
export function analyse(model: Model): Usages {
  const found = known.get(model) ?? analysed(model);
  known.set(model, found);
  return found;
}

/** A model is never changed once it is read, and is planned by one scheme after another. */
const known = new WeakMap<Model, Usages>();

function analysed(model: Model): Usages {
  const graph = indexGraph(model);
  const residuals = findResiduals(graph);
  const uses = usesOf(graph);
  const byName = new Map<string, ParameterUsage>();
  const places: Places = {
    graph,
    residualAdds: new Set<Node>(residuals.map(({ add }) => add)),
    memberOf: new Map(residuals.flatMap((residual) => residual.members.map((node) => [node, residual] as const))),
    writerOf: new Map(
      residuals.flatMap((residual) => (residual.writer ? [[residual.writer.parameter, residual]] : [])),
    ),
  };
  for (const parameter of model.parameters.values()) {
    const list = uses.get(parameter.name);
    byName.set(
      parameter.name,
      list ? usageInGraph(places, parameter, list) : usageFromName(parameter, model.parameters),
    );
  }
  return { graph, byName, residuals, streams: streamLengths(residuals) };
}

function usesOf(graph: Graph): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>();
  for (const node of graph.model.nodes)
    for (const { parameter, part } of slotsOf(node)) {
      if (!graph.model.parameters.has(parameter)) continue;
      const list = uses.get(parameter);
      if (list) list.push({ node, part });
      else uses.set(parameter, [{ node, part }]);
    }
  return uses;
}

interface Places {
  readonly graph: Graph;
  readonly residualAdds: ReadonlySet<Node>;
  readonly memberOf: ReadonlyMap<Node, Residual>;
  readonly writerOf: ReadonlyMap<string, Residual>;
}

function usageInGraph(places: Places, parameter: Parameter, uses: readonly Use[]): ParameterUsage {
  const { graph } = places;
  const matrix = uses.find(({ part }) => part === "weight");
  const table = uses.find(({ part }) => part === "table");
  const chosen = matrix ?? uses[0]!;
  const node = chosen.node;
  const shape = parameter.shape;
  const part = refinePart(graph, parameter, chosen);
  const output = WEIGHTS.has(chosen.part) ? (node.outputs.find((name) => name !== "") ?? null) : null;
  const input = output === null ? null : (flowingInputs(graph, node)[0] ?? null);
  const residual = places.writerOf.get(parameter.name) ?? places.memberOf.get(node) ?? null;
  const writes = places.writerOf.has(parameter.name);
  const weight = output !== null && node.kind !== "recurrent";
  return {
    parameter,
    part,
    op:
      part === "layer-scale" || part === "position" || part === "token"
        ? part
        : opOf(node, weightShape(graph, node, shape)),
    node,
    uses: uses.map((use) => use.node),
    fans: fansOfUse(graph, node, chosen.part, shape),
    gates: node.kind === "recurrent" ? node.gates : [],
    hidden: node.kind === "recurrent" ? node.hidden : 0,
    owner: ownerOf(node, parameter.name),
    output,
    input,
    activation: weight ? followingActivation(graph, output) : null,
    preceding: input === null ? null : precedingActivation(graph, input),
    normalized: weight && isNormalized(graph, output),
    residual,
    writes,
    readout: weight && !writes ? outputLink(graph, output, (other) => places.residualAdds.has(other)) : null,
    attention: weight ? attentionPlace(graph, output) : null,
    gate: weight && isGate(graph, output),
    first: input !== null && isFirst(graph, input),
    tied: matrix !== undefined && table !== undefined,
  };
}

/** The shape of the node's weight, where `shape` is that of its bias. */
function weightShape(graph: Graph, node: Node, shape: readonly number[]): readonly number[] {
  if (node.kind !== "conv" && node.kind !== "linear") return shape;
  return graph.model.parameters.get(node.weight)?.shape ?? shape;
}

function fansOfUse(graph: Graph, node: Node, part: Part, shape: readonly number[]) {
  if (WEIGHTS.has(part)) return weightFans(shape, node);
  if (part === "bias" && (node.kind === "linear" || node.kind === "conv"))
    return weightFans(weightShape(graph, node, shape), node);
  return noFans;
}

function ownerOf(node: Node, name: string): string | null {
  if (node.kind === "linear" || node.kind === "conv") return node.weight === name ? null : node.weight;
  if (node.kind === "normalize") return node.scale === name ? null : node.scale;
  if (node.kind === "recurrent")
    for (const direction of node.directions) {
      if (direction.inputBias === name) return direction.inputWeight;
      if (direction.recurrentBias === name) return direction.recurrentWeight;
    }
  return null;
}

/** What a bare parameter is for, from where its value goes: added (position), joined (token), multiplied (layer scale). */
function refinePart(graph: Graph, parameter: Parameter, use: Use): Part {
  if (use.part === "table") {
    const indices = use.node.inputs[0];
    return indices !== undefined && graph.model.constants.has(indices) ? "position" : "table";
  }
  if (use.part !== "operand") return use.part;
  let value = parameter.name;
  let node: Node | undefined = use.node;
  while (node && isRearranging(node) && node.kind !== "concat") {
    value = node.outputs[0] ?? "";
    node = graph.consumers.get(value)?.[0];
  }
  if (!node) return "operand";
  if (node.kind === "concat") return "token";
  if (node.kind !== "combine") return "operand";
  if (node.operation === "add") return broadcastsOneAxis(parameter.shape) ? "shift" : "position";
  return node.operation === "multiply" ? "layer-scale" : "operand";
}

/** Whether at most one axis is longer than 1: a number for each channel, not a value for each place. */
function broadcastsOneAxis(shape: readonly number[]): boolean {
  return shape.filter((size) => size > 1).length <= 1;
}
