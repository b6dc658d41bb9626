/** Formulas that several rules share, as terms. */

import type { Fans } from "../../init/types.ts";
import { number, product, quantity, quotient, root, sum, type Term } from "../derivation/term.ts";
import type { Formula } from "./types.ts";

export const fanInTerm = (value: number): Term => quantity("fan_in", value, "products that enter one output value");
export const fanOutTerm = (value: number): Term =>
  quantity("fan_out", value, "output values that one input value enters");

/** Var = numerator/fan_in. */
export const overFanIn = (numerator: Term, fanIn: number): Formula => ({
  decides: "variance",
  term: quotient(numerator, fanInTerm(fanIn)),
});

/** Glorot & Bengio 2010, eq. 12: Var = 2/(fan_in + fan_out). */
export const overBothFans = ({ fanIn, fanOut }: Fans): Formula => ({
  decides: "variance",
  term: quotient(number(2), sum(fanInTerm(fanIn), fanOutTerm(fanOut))),
});

/** 1/√n. */
export const overRoot = (n: Term): Formula => ({ decides: "bound", term: quotient(number(1), root(n)) });

/** A number that the rule gives, as it is. */
export const given = (decides: Formula["decides"], symbol: string, value: number, meaning: string): Formula => ({
  decides,
  term: quantity(symbol, value, meaning),
});

/** A formula's standard deviation or variance times a factor on the standard deviation. */
export function scaledBy(formula: Formula, factor: Term): Formula {
  const factors = formula.decides === "variance" ? [{ kind: "power", base: factor, exponent: 2 } as const] : [factor];
  return { ...formula, term: product(formula.term, ...factors) };
}
