/**
 * Law of the maximum of n jointly Gaussian variables of equal mean, variance and pairwise correlation r ≥ 0:
 * M = μ + σ(√r·C + √(1 − r)·m), C standard normal, m the maximum of n independent standard normals with density n φ Φ^(n−1).
 * Max pooling of correlated positions is taken at their mean correlation (exact when all pairs are alike).
 */

import { normalCdf } from "../../gaussian/index.ts";

export interface MaximumLaw {
  /** E[f(M)]. */
  readonly expect: (f: (x: number) => number) => number;
}

/** Trapezoidal rule on ±8.5 standard deviations: for smooth integrands that vanish at both ends its error is negligible. */
const POINTS = 341;
const REACH = 8.5;
/** Nodes for the common part: Gauss–Hermite would do with fewer, this keeps one rule. */
const COMMON = 49;

function standardGrid(points: number): { z: Float64Array; density: Float64Array; step: number } {
  const step = (2 * REACH) / (points - 1);
  const z = Float64Array.from({ length: points }, (_, i) => -REACH + i * step);
  return { z, density: z.map((x) => Math.exp(-0.5 * x * x) * 0.3989422804014327 * step), step };
}

export function maximumLaw(n: number, mean: number, variance: number, correlation: number): MaximumLaw {
  const sd = Math.sqrt(variance);
  if (sd === 0 || n === 0) return { expect: (f) => f(mean) };
  const r = Math.max(0, Math.min(1, correlation));
  const own = standardGrid(POINTS);
  const weight = own.density.map((d, i) => d * n * normalCdf(own.z[i]) ** (n - 1));
  if (r < 1e-9) return { expect: (f) => own.z.reduce((sum, z, i) => sum + weight[i] * f(mean + sd * z), 0) };
  const common = standardGrid(COMMON);
  const a = sd * Math.sqrt(r);
  const b = sd * Math.sqrt(1 - r);
  return {
    expect: (f) => {
      let sum = 0;
      for (let i = 0; i < COMMON; i++) {
        let inner = 0;
        for (let j = 0; j < POINTS; j++)
          if (weight[j] > 1e-18) inner += weight[j] * f(mean + a * common.z[i] + b * own.z[j]);
        sum += common.density[i] * inner;
      }
      return sum;
    },
  };
}
