/** Activations of one's own in a model that was read: operators that the reader did not know become activations. */

import type { ActivationReference, Model, Node } from "./types.ts";

/**
 * The model with every unknown operator named in `activations` replaced by that activation: predicted, planned, run and
 * checked like one of the catalogue.
 *
 * @param activations by operator name, as the file has it: an expression, a catalogue name, or functions.
 * @throws where an operator of that name has other than one input and one output.
 * @example withActivations(model, { Swoosh: { kind: "expression", expression: await parseExpression("x*sigmoid(3*x)") } })
 */
export function withActivations(model: Model, activations: Readonly<Record<string, ActivationReference>>): Model {
  const known = (op: string) => Object.hasOwn(activations, op);
  const nodes = model.nodes.map((node): Node => {
    const activation = node.kind === "opaque" && known(node.op) ? activations[node.op] : undefined;
    if (node.kind !== "opaque" || activation === undefined) return node;
    const { name, op, inputs, outputs } = node;
    if (inputs.length !== 1 || outputs.length !== 1)
      throw new Error(
        `withActivations: an activation has one input and one output, got ${inputs.length} and ${outputs.length} at ${name} (${op}), give a rule instead`,
      );
    return { kind: "activation", name, op, inputs, outputs, activation, slope: null };
  });
  return { ...model, nodes, unsupported: model.unsupported.filter(({ op }) => !known(op)) };
}
