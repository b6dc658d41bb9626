/** What propagation is told of the file's values, where no earlier finding stands: named tensors count as drawn anew. */

import { parameterLaw } from "../../plan/parameter-law.ts";
import type { PlannedTensor } from "../../plan/types.ts";
import type { ParameterLaw } from "../../propagate/types.ts";
import type { TensorFacts } from "../facts/types.ts";

/**
 * The law of each parameter: the measured moments of the file's values, or those of its replacement where `mended` has
 * one. Signals predicted so show what is wrong besides what has been named already.
 */
export function lawsOf(
  facts: ReadonlyMap<string, TensorFacts>,
  mended: ReadonlyMap<string, PlannedTensor>,
): (parameter: string) => ParameterLaw {
  return (name) => {
    const replacement = mended.get(name);
    if (replacement) return parameterLaw(replacement.initializer, replacement.shape);
    const known = facts.get(name);
    if (!known || !Number.isFinite(known.mean)) return { mean: 0, variance: 0 };
    const { mean, std, kurtosis } = known;
    return { mean, variance: std * std, ...(kurtosis > 1 ? { kurtosis } : {}) };
  };
}
