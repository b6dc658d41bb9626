/** Expressions get the catalogue's names. */

import type { Expression } from "../../../activation/expression.ts";
import type { ActivationReference } from "../../../model/types.ts";
import type { Draft } from "./graph.ts";

function recognise(expression: Expression): ActivationReference {
  return { kind: "expression", expression };
}

export function nameActivations(draft: Draft): void {
  draft.nodes = draft.nodes.map((node) =>
    node.kind === "activation" && node.activation.kind === "expression"
      ? { ...node, activation: recognise(node.activation.expression) }
      : node,
  );
}
