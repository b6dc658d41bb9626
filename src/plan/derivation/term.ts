/** Right-hand sides of a derivation: small trees of named quantities that can be evaluated and written down. */

import type { ActivationReference } from "../../model/types.ts";
import { momentsAt } from "../auto/activation-moments.ts";

/** A quantity with its symbol, its value and what it is in words. */
export interface Quantity {
  readonly kind: "quantity";
  readonly symbol: string;
  readonly value: number;
  readonly meaning: string;
}

export type Term =
  | Quantity
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "sum"; readonly terms: readonly Term[] }
  | { readonly kind: "product"; readonly factors: readonly Term[] }
  | { readonly kind: "quotient"; readonly over: Term; readonly under: Term }
  | { readonly kind: "power"; readonly base: Term; readonly exponent: number }
  | { readonly kind: "root"; readonly of: Term }
  | {
      /** E[φ(z)²] or E[φ'(z)²] at z ~ N(mean, variance). */
      readonly kind: "moment";
      readonly of: "value" | "slope";
      readonly activation: ActivationReference;
      readonly label: string;
      readonly mean: Term;
      readonly variance: Term;
    };

export const quantity = (symbol: string, value: number, meaning: string): Quantity => ({
  kind: "quantity",
  symbol,
  value,
  meaning,
});
export const number = (value: number): Term => ({ kind: "number", value });
export const sum = (...terms: readonly Term[]): Term => ({ kind: "sum", terms });
export const product = (...factors: readonly Term[]): Term => ({ kind: "product", factors });
export const quotient = (over: Term, under: Term): Term => ({ kind: "quotient", over, under });
export const power = (base: Term, exponent: number): Term => ({ kind: "power", base, exponent });
export const square = (base: Term): Term => power(base, 2);
export const root = (of: Term): Term => ({ kind: "root", of });

/** The value of a term, from its quantities alone. */
export function evaluate(term: Term): number {
  switch (term.kind) {
    case "quantity":
    case "number":
      return term.value;
    case "sum":
      return term.terms.reduce((total, each) => total + evaluate(each), 0);
    case "product":
      return term.factors.reduce((total, each) => total * evaluate(each), 1);
    case "quotient":
      return evaluate(term.over) / evaluate(term.under);
    case "power":
      return evaluate(term.base) ** term.exponent;
    case "root":
      return Math.sqrt(evaluate(term.of));
    case "moment": {
      const { secondMoment, derivativeSecondMoment } = momentsAt(
        term.activation,
        evaluate(term.mean),
        evaluate(term.variance),
      );
      return term.of === "value" ? secondMoment : derivativeSecondMoment;
    }
  }
}

/** Every part of a term, itself first, in the order of reading. */
function* parts(term: Term): Generator<Term> {
  yield term;
  switch (term.kind) {
    case "quantity":
    case "number":
      return;
    case "sum":
      for (const each of term.terms) yield* parts(each);
      return;
    case "product":
      for (const each of term.factors) yield* parts(each);
      return;
    case "quotient":
      yield* parts(term.over);
      yield* parts(term.under);
      return;
    case "power":
      yield* parts(term.base);
      return;
    case "root":
      yield* parts(term.of);
      return;
    case "moment":
      yield* parts(term.mean);
      yield* parts(term.variance);
  }
}

/** The quantities of a term, each symbol once. */
export function quantities(term: Term): readonly Quantity[] {
  const found = new Map<string, Quantity>();
  for (const part of parts(term)) if (part.kind === "quantity" && !found.has(part.symbol)) found.set(part.symbol, part);
  return [...found.values()];
}

/** The expectations of a term. */
export function momentsIn(term: Term): readonly Extract<Term, { kind: "moment" }>[] {
  return [...parts(term)].filter((part) => part.kind === "moment");
}
