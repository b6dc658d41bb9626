/** A scheme as data: its name, where it comes from, and the choice it makes for one parameter. */

import type { Initializer } from "../../init/types.ts";
import type { Model, Warning } from "../../model/types.ts";
import type { Term } from "../derivation/term.ts";
import type { ParameterUsage, Usages } from "../usage/types.ts";

/** What a rule decides: a variance, a standard deviation, a bound, a gain, or the value itself. */
export type Decides = "variance" | "std" | "bound" | "gain" | "value";

/** A rule's formula as data, for the derivation; its value is what the rule decided. */
export interface Formula {
  readonly decides: Decides;
  readonly term: Term;
}

export interface Choice {
  readonly initializer: Initializer;
  /** One sentence, in plain words, with the numbers and the source. */
  readonly why: string;
  /** Absent where there is nothing to work out: zeros, ones, values of the file. */
  readonly formula?: Formula;
}

export interface SchemeContext {
  readonly model: Model;
  readonly usages: Usages;
  /** Numbers given in brackets after the scheme's name: `constant(0.5)`, `mup(256)`. */
  readonly values: readonly number[];
  /** Adds a warning to the plan; the same code and place is kept once. */
  readonly warn: (warning: Warning) => void;
}

export type Rule = (usage: ParameterUsage, context: SchemeContext) => Choice;

export interface Scheme {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Author and year, and the equation or section where there is one. */
  readonly source: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Meaning of the numbers in brackets, with their defaults; empty if it takes none. */
  readonly values: readonly { readonly name: string; readonly default: number | null; readonly meaning: string }[];
  /** Choice for one parameter. `auto` and `critical` choose all together and have `solve` instead. */
  readonly rule: Rule | null;
}
