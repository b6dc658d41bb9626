/** How a graph names an activation: the same shape as `ActivationReference` of the model room, which lies below this one. */

import type { Expression } from "./expression.ts";

/** A catalogue entry with its numbers, or an expression in x that is not in the catalogue. */
export type ActivationReference =
  | { readonly kind: "named"; readonly name: string; readonly parameters: Readonly<Record<string, number>> }
  | { readonly kind: "expression"; readonly expression: Expression };
