/** A derivation as data: steps whose results follow from their terms, in order. */

import type { Term } from "./term.ts";

/** `input`: the signal on its way in; `gradient`: the gradient on its way back; `fan`, `choice`, `law`: the choice; `outcome`. */
export type Section = "input" | "gradient" | "fan" | "choice" | "law" | "outcome";

export interface Step {
  readonly section: Section;
  /** What the step speaks of: a node of the graph, a fan, a law. */
  readonly title: string;
  /** Name of the graph's node, where there is one. */
  readonly node: string | null;
  /** Left-hand side: "E[z²]", "Var(W)". */
  readonly symbol: string;
  /** Right-hand side; `result` is its value. */
  readonly term: Term;
  /** The right-hand side in symbols and in numbers. */
  readonly formula: string;
  readonly numbers: string;
  readonly result: number;
  /** Author, year and equation; null for definitions. */
  readonly source: string | null;
}

export interface Derivation {
  readonly tensor: string;
  readonly steps: readonly Step[];
  /** The plan's own sentence: the last line. */
  readonly why: string;
}
