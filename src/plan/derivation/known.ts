/** What a derivation draws on: the model, its plan, and the predicted numbers by name. */

import { law as lawOf } from "../../init/index.ts";
import type { ActivationNode, ActivationReference, Model, Node } from "../../model/types.ts";
import type { Plan, PlannedTensor, Signal } from "../types.ts";
import type { Usages } from "../usage/types.ts";
import { activationName } from "../words.ts";
import { evaluate, type Quantity, quantity, type Term } from "./term.ts";
import type { Section, Step } from "./types.ts";
import { inNumbers, inSymbols } from "./write.ts";

export interface Known {
  readonly model: Model;
  readonly plan: Plan;
  readonly usages: Usages;
  readonly tensors: ReadonlyMap<string, PlannedTensor>;
  readonly signals: ReadonlyMap<string, Signal>;
}

export function gather(model: Model, plan: Plan, usages: Usages): Known {
  return {
    model,
    plan,
    usages,
    tensors: new Map(plan.tensors.map((tensor) => [tensor.name, tensor])),
    signals: new Map(plan.signals.map((signal) => [signal.tensor, signal])),
  };
}

interface StepParts {
  readonly title: string;
  readonly node?: Node | null;
  readonly symbol: string;
  readonly term: Term;
  readonly source?: string | null;
}

/** A step with its formula written down and its result worked out from the term. */
export function step(section: Section, { title, node, symbol, term, source }: StepParts): Step {
  return {
    section,
    title,
    node: node?.name ?? null,
    symbol,
    term,
    formula: inSymbols(term),
    numbers: inNumbers(term),
    result: evaluate(term),
    source: source ?? null,
  };
}

/** Mean and mean square of an element of a parameter as planned. */
export function lawOfParameter(known: Known, name: string): { readonly mean: number; readonly secondMoment: number } {
  const tensor = known.tensors.get(name);
  return tensor ? lawOf(tensor.initializer, tensor.shape) : { mean: 0, secondMoment: 0 };
}

/** "Var(W)", or "E[W²]" where its mean counts. */
export function sizeOfParameter(known: Known, name: string, letter: string): Quantity {
  const { mean, secondMoment } = lawOfParameter(known, name);
  return mean === 0
    ? quantity(`Var(${letter})`, secondMoment, `variance of an element of ${name}`)
    : quantity(`E[${letter}²]`, secondMoment, `mean square of an element of ${name}`);
}

const LETTERS: Partial<Record<Node["kind"], string>> = {
  linear: "z",
  conv: "z",
  recurrent: "h",
  embedding: "e",
  activation: "a",
  softmax: "p",
  combine: "s",
  normalize: "n",
};

/** The symbol of a tensor's mean square, by what made it. */
export function symbolOf(known: Known, tensor: string): string {
  const producer = known.usages.graph.producer.get(tensor);
  return `E[${producer ? (LETTERS[producer.kind] ?? "y") : "x"}²]`;
}

/** The mean square of any value: a tensor as predicted, a parameter as planned, a constant as it is. */
export function sizeOf(known: Known, value: string, symbol = symbolOf(known, value)): Quantity {
  const signal = known.signals.get(value);
  if (signal) return quantity(symbol, signal.secondMoment, `mean square of ${value}`);
  if (known.model.parameters.has(value)) return sizeOfParameter(known, value, "θ");
  const values = known.model.constants.get(value)?.values;
  const mean = values?.length ? values.reduce((total, each) => total + each * each, 0) / values.length : 0;
  return quantity("c²", mean, `mean square of the constant ${value}`);
}

/** The reference behind an activation node; a PReLU's slope is taken from its parameter. */
export function referenceOf(known: Known, node: ActivationNode): ActivationReference {
  if (node.slope === null) return node.activation;
  return { kind: "named", name: "leaky_relu", parameters: { slope: lawOfParameter(known, node.slope).mean } };
}

export const labelOf = (node: ActivationNode): string => (node.slope === null ? activationName(node) : "prelu");

/** Relative difference to the propagation below which a formula is left without a correction. */
export const NEGLIGIBLE = 5e-4;

/**
 * `term` with the factor κ that the propagation finds beyond it, where that shows at three digits; where the term has no
 * value to correct, the propagation's number alone.
 */
export function corrected(term: Term, wanted: Quantity, meaning: string): Term {
  const value = evaluate(term);
  const factor = wanted.value / value;
  if (!Number.isFinite(factor) || (value === 0) !== (wanted.value === 0)) return value === wanted.value ? term : wanted;
  if (Math.abs(factor - 1) < NEGLIGIBLE) return term;
  const correction = quantity("κ", factor, meaning);
  return term.kind === "product"
    ? { kind: "product", factors: [...term.factors, correction] }
    : { kind: "product", factors: [term, correction] };
}
