/** What propagation is told of an initializer. */

import { law } from "../init/index.ts";
import type { Initializer } from "../init/types.ts";
import type { ParameterLaw } from "../propagate/types.ts";

/** Mean and variance of an element, and of each block's where an initializer has blocks (LSTM gates, fused matrices). */
export function parameterLaw(initializer: Initializer, shape: readonly number[]): ParameterLaw {
  const { mean, variance } = law(initializer, shape);
  if (initializer.kind !== "blocks") return { mean, variance };
  const blocks = initializer.parts.map(({ size, initializer: part }) => {
    const of = law(part, [size, ...shape.slice(1)]);
    return { size, mean: of.mean, variance: of.variance };
  });
  return { mean, variance, blocks };
}
