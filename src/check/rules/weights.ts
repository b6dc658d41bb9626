/** The parameters that rules on weights look at. */

import { allFinite, isZero, type TensorFacts } from "../facts/types.ts";
import type { RuleContext } from "./types.ts";

const MATRICES: ReadonlySet<string> = new Set(["weight", "input-weight", "recurrent-weight", "table"]);

/** Matrices, kernels and tables with values, in the file's order. */
export function matricesOf({ facts }: RuleContext): TensorFacts[] {
  return [...facts.values()].filter(({ usage, parameter }) => MATRICES.has(usage.part) && parameter.shape.length >= 2);
}

/** Those that hold numbers to speak of, and that no earlier finding names. */
export function soundMatrices(context: RuleContext): TensorFacts[] {
  return matricesOf(context).filter(
    (facts) => allFinite(facts) && !isZero(facts) && facts.min < facts.max && !context.named.has(facts.name),
  );
}

/** Outputs and inputs of a matrix or kernel in channels, whichever axes count them. */
function channelsOf({ usage, parameter: { shape }, count }: TensorFacts): {
  readonly out: number;
  readonly in: number;
} {
  const out = count / usage.fans.true.fanIn;
  const inner = shape[0] === out ? shape[1] : shape.at(-2);
  return { out, in: shape.length > 2 ? (inner ?? 0) : usage.fans.true.fanIn };
}

/** Whether a weight may be a readout as far as shapes tell: no other weight, its numbers not all equal, takes in as many features. */
export function readsOutByShape(facts: TensorFacts, all: readonly TensorFacts[]): boolean {
  const { out } = channelsOf(facts);
  return !all.some((other) => other !== facts && other.min < other.max && channelsOf(other).in === out);
}

/** Without a graph nobody knows that a matrix of another name (the same decays for every unit) multiplies anything. */
export const mayBeNoWeight = ({ usage, name }: TensorFacts): boolean =>
  usage.node === null && usage.part === "weight" && !/(weight|kernel)(:0)?$/.test(name);

/** Weights that multiply: every matrix but lookup tables. */
export const isMultiplied = ({ usage }: TensorFacts): boolean => usage.part !== "table";
