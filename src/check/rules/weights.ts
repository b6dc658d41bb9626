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

/** Weights that multiply: every matrix but lookup tables. */
export const isMultiplied = ({ usage }: TensorFacts): boolean => usage.part !== "table";
