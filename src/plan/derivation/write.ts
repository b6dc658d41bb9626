/** Terms as a person writes them: once with symbols, once with numbers. */

import { figure } from "../words.ts";
import { evaluate, type Term } from "./term.ts";

type Leaf = (term: Extract<Term, { kind: "quantity" }>) => string;

/** Where brackets are needed: a sum inside a product, a product under a bar or a power. */
const LEVEL = { sum: 1, product: 2, quotient: 2, power: 3, root: 4, quantity: 4, number: 4, moment: 4 } as const;

/** "784·0.00128·1 + 0"; negative terms of a sum are written with a minus. */
function write(term: Term, leaf: Leaf, moment: (term: Extract<Term, { kind: "moment" }>) => string): string {
  const inner = (each: Term) => write(each, leaf, moment);
  const bracketed = (each: Term, least: number) => (LEVEL[each.kind] < least ? `(${inner(each)})` : inner(each));
  switch (term.kind) {
    case "quantity":
      return leaf(term);
    case "number":
      return written(term.value);
    case "sum":
      return term.terms
        .map((each, i) => {
          const text = inner(each);
          if (i === 0) return text;
          return text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`;
        })
        .join("");
    case "product":
      return term.factors.map((each) => (each.kind === "quotient" ? `(${inner(each)})` : bracketed(each, 2))).join("·");
    case "quotient":
      return `${bracketed(term.over, 2)}/${bracketed(term.under, 3)}`;
    case "power":
      return `${powerBase(term.base, bracketed(term.base, 4))}${exponentText(term.exponent)}`;
    case "root":
      return `√${bracketed(term.of, 4)}`;
    case "moment":
      return moment(term);
  }
}

/** A symbol that ends in a power of its own, or a negative number, is bracketed before it is raised again. */
function powerBase(base: Term, text: string): string {
  return base.kind === "quantity" && /[²⁰-⁹]$|^−/.test(text) ? `(${text})` : text;
}

function exponentText(exponent: number): string {
  if (exponent === 2) return "²";
  return exponent < 0 || !Number.isInteger(exponent) ? `^(${written(exponent)})` : `^${exponent}`;
}

const written = (value: number): string => figure(value).replace(/^-/, "−");

/** The term in symbols: "fan_in·Var(W)·E[a²] + Var(b)". */
export function inSymbols(term: Term): string {
  return write(
    term,
    ({ symbol }) => symbol,
    ({ of }) => (of === "value" ? "E[φ(z)²]" : "E[φ'(z)²]"),
  );
}

/** The term in numbers, three digits each: "784·0.00128·1 + 0". An expectation alone is written with its law. */
export function inNumbers(term: Term): string {
  if (term.kind === "moment") return lawOfMoment(term);
  return write(
    term,
    ({ value }) => written(value),
    (moment) => written(evaluate(moment)),
  );
}

/** "E[tanh'(z)²], z ~ N(0, 1)". */
export function lawOfMoment({ of, label, mean, variance }: Extract<Term, { kind: "moment" }>): string {
  const name = of === "value" ? label : `${label}'`;
  return `E[${name}(z)²], z ~ N(${inNumbers(mean)}, ${inNumbers(variance)})`;
}
