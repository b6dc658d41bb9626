/** How many weights stand in a row without a normalization or a skip between them: what makes a gain compound. */

import type { Node } from "../../model/types.ts";
import { flowingInputs } from "../usage/graph.ts";
import type { Usages } from "../usage/types.ts";

function startsAfresh(node: Node, residualAdds: ReadonlySet<Node>): boolean {
  switch (node.kind) {
    case "normalize":
    case "softmax":
    case "recurrent":
    case "embedding":
      return true;
    default:
      return residualAdds.has(node);
  }
}

const behindActivation = (byName: Usages["byName"]) => (node: Node) =>
  (node.kind === "linear" || node.kind === "conv") && byName.get(node.weight)?.activation != null;

/** Weights of the run so far, by tensor. */
function weightsBefore({ graph, residuals, byName }: Usages): ReadonlyMap<string, number> {
  const counts = behindActivation(byName);
  const adds = new Set<Node>(residuals.map(({ add }) => add));
  const before = new Map<string, number>();
  for (const node of graph.model.nodes) {
    const arriving = Math.max(0, ...flowingInputs(graph, node).map((input) => before.get(input) ?? 0));
    const leaving = startsAfresh(node, adds) ? 0 : arriving + (counts(node) ? 1 : 0);
    for (const output of node.outputs) before.set(output, leaving);
  }
  return before;
}

/** Nodes of weights that stand in a run, but not first in it. */
export function followers(usages: Usages): ReadonlySet<Node> {
  const before = weightsBefore(usages);
  const counts = behindActivation(usages.byName);
  return new Set(
    usages.graph.model.nodes.filter((node) => counts(node) && (before.get(node.outputs[0] ?? "") ?? 0) > 1),
  );
}

/** By node of a weight with an activation behind it: the length of the longest such run that it is part of. */
export function runLengths(usages: Usages): ReadonlyMap<Node, number> {
  const { graph, residuals, byName } = usages;
  const counts = behindActivation(byName);
  const adds = new Set<Node>(residuals.map(({ add }) => add));
  const before = weightsBefore(usages);
  const after = new Map<string, number>();
  const runs = new Map<Node, number>();
  for (let i = graph.model.nodes.length - 1; i >= 0; i--) {
    const node = graph.model.nodes[i]!;
    const ahead = Math.max(0, ...node.outputs.map((output) => after.get(output) ?? 0));
    if (counts(node)) runs.set(node, (before.get(node.outputs[0]!) ?? 1) + ahead);
    const passed = startsAfresh(node, adds) ? 0 : ahead + (counts(node) ? 1 : 0);
    for (const input of node.inputs) after.set(input, Math.max(after.get(input) ?? 0, passed));
  }
  return runs;
}
