/** The rows of a plan that propagation fills: layers, signals, gradients. */

import type { Model, Node } from "../model/types.ts";
import type { Propagation } from "../propagate/types.ts";
import type { PlannedLayer, Signal } from "./types.ts";
import { followingActivation } from "./usage/neighbours.ts";
import type { Usages } from "./usage/types.ts";
import { activationName } from "./words.ts";

function weightOf(node: Node): string | null {
  switch (node.kind) {
    case "linear":
    case "conv":
      return node.weight;
    case "embedding":
      return node.table;
    case "recurrent":
      return node.directions[0]?.inputWeight ?? null;
    default:
      return null;
  }
}

/** One row for each use of a weight, in the graph's order. */
export function layerRows(model: Model, usages: Usages, propagation: Propagation): readonly PlannedLayer[] {
  const rows: PlannedLayer[] = [];
  for (const node of model.nodes) {
    const weight = weightOf(node);
    const output = node.outputs.find((name) => name !== "");
    if (weight === null || output === undefined) continue;
    const signal = propagation.signals.get(output);
    if (!signal) continue;
    const known = usages.byName.get(weight);
    const activation =
      known?.node === node
        ? known.activation
        : node.kind === "recurrent"
          ? null
          : followingActivation(usages.graph, output);
    const statistics = activation ? propagation.activations.get(activation.name) : undefined;
    rows.push({
      weight,
      node: node.name,
      output: { mean: signal.mean, secondMoment: signal.secondMoment, spread: signal.spread },
      gradient: { secondMoment: signal.gradient },
      activation: activation ? (statistics?.activation ?? activationName(activation)) : null,
      saturated: statistics?.saturated ?? null,
      dead: statistics?.dead ?? null,
    });
  }
  return rows;
}

/** Every activation tensor by the file's own name, inputs first, then in the graph's order. */
export function signalRows(model: Model, propagation: Propagation): readonly Signal[] {
  const rows: Signal[] = [];
  const names = [...model.inputs.map(({ name }) => name), ...model.nodes.flatMap(({ outputs }) => outputs)];
  for (const tensor of names) {
    const signal = propagation.signals.get(tensor);
    if (!signal) continue;
    const { mean, secondMoment, spread, gradient } = signal;
    rows.push({ tensor, mean, secondMoment, spread, gradient: { secondMoment: gradient } });
  }
  return rows;
}

/** Mean square of ∂L/∂W for each parameter that has a gradient, in the file's order. */
export function gradientRows(model: Model, propagation: Propagation) {
  const rows: { tensor: string; secondMoment: number }[] = [];
  for (const tensor of model.parameters.keys()) {
    const secondMoment = propagation.gradients.get(tensor);
    if (secondMoment !== undefined) rows.push({ tensor, secondMoment });
  }
  return rows;
}
