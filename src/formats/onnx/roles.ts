/** What each parameter is for, from the nodes that use it. */

import type { Node, Parameter, Role } from "../../model/types.ts";
import { type Draft, dependencies, infoOf } from "./passes/graph.ts";

function namedRoles(node: Node): readonly (readonly [string | null, Role])[] {
  switch (node.kind) {
    case "linear":
    case "conv":
      return [
        [node.weight, "weight"],
        [node.bias, "bias"],
      ];
    case "embedding":
      return [[node.table, "embedding"]];
    case "normalize":
      return [
        [node.scale, "scale"],
        [node.shift, "shift"],
        [node.mean, "statistic"],
        [node.variance, "statistic"],
      ];
    case "recurrent":
      return node.directions.flatMap((d): (readonly [string | null, Role])[] => [
        [d.inputWeight, "weight"],
        [d.recurrentWeight, "recurrent"],
        [d.inputBias, "bias"],
        [d.recurrentBias, "bias"],
      ]);
    case "matmul":
      return node.inputs.map((name): readonly [string, Role] => [name, "weight"]);
    case "combine":
      if (node.operation === "multiply" || node.operation === "divide")
        return node.inputs.map((name) => [name, "scale"]);
      return [];
    default:
      return [];
  }
}

/** A learned tensor that is added or joined to a signal: one value a channel is a bias, a table of positions an embedding. */
function addedRole(draft: Draft, node: Node, name: string, parameter: Parameter): Role {
  if (node.kind === "combine" && (node.operation === "add" || node.operation === "subtract")) {
    const shape = infoOf(draft.context, name)?.shape ?? parameter.shape;
    return shape.filter((dim) => dim !== 1).length <= 1 ? "bias" : "embedding";
  }
  return node.kind === "concat" ? "embedding" : "other";
}

/** Running statistics by name, where the graph does not use them (training mode, folded). */
function roleByName(name: string): Role {
  if (/running_(mean|var)$/.test(name)) return "statistic";
  if (/\.bias$/.test(name)) return "bias";
  return "other";
}

/** Parameters with their roles; a table that is also used as a matrix stays an embedding. */
export function assignRoles(draft: Draft): Map<string, Parameter> {
  const roles = new Map<string, Role>();
  const { parameters } = draft.context;
  const give = (name: string, role: Role): void => {
    const before = roles.get(name);
    if (before === undefined || before === "other" || role === "embedding") roles.set(name, role);
  };
  // Views: a parameter that reaches its user through reshapes, transpositions or expansions.
  const origin = new Map<string, string>();
  const owner = (name: string): string | null => (parameters.has(name) ? name : (origin.get(name) ?? null));
  for (const node of draft.nodes) {
    for (const [name, role] of namedRoles(node)) {
      const parameter = name === null ? null : owner(name);
      if (parameter !== null) give(parameter, role);
    }
    const view =
      node.kind === "reshape" || node.kind === "transpose" || node.kind === "expand" || node.kind === "identity";
    for (const name of dependencies(node)) {
      const parameter = owner(name);
      const info = parameter === null ? undefined : parameters.get(parameter);
      if (parameter === null || !info) continue;
      if (view) origin.set(node.outputs[0], parameter);
      else if (!roles.has(parameter)) give(parameter, addedRole(draft, node, name, info));
    }
  }
  const names = [...parameters.values()].some(wasRenamed) ? byFirstUse(parameters, roles) : [...parameters.keys()];
  return new Map(
    names.map((name) => [name, { ...parameters.get(name)!, role: roles.get(name) ?? roleByName(name) }] as const),
  );
}

/** Exporters write parameters in the state dict's order, but put those that they fold, transpose or pack at the end. */
function wasRenamed({ name, stored }: Parameter): boolean {
  return (
    stored.kind === "packed" || stored.kind === "permuted" || (stored.kind === "whole" && stored.initializer !== name)
  );
}

/** The order in which the graph uses them, which is a framework's order for modules that it calls as it built them. */
function byFirstUse(parameters: ReadonlyMap<string, Parameter>, uses: ReadonlyMap<string, Role>): string[] {
  const used = [...uses.keys()].filter((name) => parameters.has(name));
  const rest = [...parameters.keys()].filter((name) => !uses.has(name));
  return [...used, ...rest];
}
