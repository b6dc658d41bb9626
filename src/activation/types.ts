/** An activation as the rest of the library uses it. */

import type { Feature } from "../gaussian/index.ts";
import type { Expression } from "./expression.ts";
import type { ActivationReference } from "./reference.ts";

export interface Activation {
  /** Catalogue name, or "expression". */
  readonly name: string;
  /** For people: the name with the parameters that differ from the default, or the expression as text. */
  readonly label: string;
  readonly reference: ActivationReference;
  /** Null where the activation was given as functions. */
  readonly expression: Expression | null;
  readonly value: (x: number) => number;
  /** φ'(x) away from kinks; jumps contribute nothing. */
  readonly derivative: (x: number) => number;
  readonly secondDerivative: (x: number) => number;
  /** Kinks and jumps of φ and its derivatives, ascending. */
  readonly breaks: readonly number[];
  /** Jumps of φ itself. */
  readonly jumps: readonly { readonly at: number; readonly size: number }[];
  /** Jumps of φ'. */
  readonly bends: readonly { readonly at: number; readonly size: number }[];
  /** Jumps of φ''. */
  readonly curvatureJumps: readonly { readonly at: number; readonly size: number }[];
  /** Where quadrature needs finer panels. */
  readonly features: readonly Feature[];
  /** sup |φ'| over |x| ≤ 50, what saturation is measured against. */
  readonly steepest: number;
  /** φ flattens towards a constant for x → +∞ or −∞. */
  readonly saturates: { readonly left: boolean; readonly right: boolean };
}
