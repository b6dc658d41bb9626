/** What propagation is told of an initializer. */

import { normalCdf, normalDensity } from "../gaussian/index.ts";
import { law } from "../init/index.ts";
import type { Initializer } from "../init/types.ts";
import type { ParameterLaw } from "../propagate/types.ts";

/** E[(w − mean)⁴] / variance² of an element. A cut at ±c: E[z²] = 1 − 2cφ(c)/P, E[z⁴] = 3E[z²] − 2c³φ(c)/P, P = P(|z| < c). */
function kurtosis(initializer: Initializer): number {
  if (initializer.kind === "uniform") return 9 / 5;
  if (initializer.kind !== "truncated-normal") return 3;
  const c = (initializer.high - initializer.mean) / initializer.std;
  const inside = 2 * normalCdf(c) - 1;
  const edge = (2 * c * normalDensity(c)) / inside;
  const second = 1 - edge;
  return (3 * second - c * c * edge) / (second * second);
}

/** Mean and variance of an element, and of each block's where an initializer has blocks (LSTM gates, fused matrices). */
export function parameterLaw(initializer: Initializer, shape: readonly number[]): ParameterLaw {
  const { mean, variance } = law(initializer, shape);
  if (initializer.kind !== "blocks") return { mean, variance, kurtosis: kurtosis(initializer) };
  const blocks = initializer.parts.map(({ size, initializer: part }) => {
    const of = law(part, [size, ...shape.slice(1)]);
    return { size, mean: of.mean, variance: of.variance };
  });
  return { mean, variance, blocks };
}
