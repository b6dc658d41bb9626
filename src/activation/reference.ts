/** How a graph names an activation. */

import type { Expression } from "./expression.ts";

/** A catalogue entry with its numbers, an expression in x that is not in the catalogue, or functions of a number. */
export type ActivationReference =
  | { readonly kind: "named"; readonly name: string; readonly parameters: Readonly<Record<string, number>> }
  | { readonly kind: "expression"; readonly expression: Expression }
  | FunctionsReference;

/** An activation given as functions of one number, where it is no expression. */
export interface FunctionsReference {
  readonly kind: "functions";
  /** Unique in the model; a run looks its operation up under this name. */
  readonly name: string;
  readonly value: (x: number) => number;
  /** φ'(x) away from kinks. */
  readonly derivative: (x: number) => number;
  /** Kinks and jumps of φ and φ'. Default none. */
  readonly breaks?: readonly number[];
}
