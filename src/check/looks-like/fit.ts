/** Do the numbers, one by one, follow a law? Distance, fourth moment, and what happens at the law's edges. */

import { type ElementLaw, SHAPES, tabulatedCdf } from "./laws.ts";
import { DEEPEST, type Ranked } from "./ranked.ts";
import { kolmogorovTail, kurtosisScore, twoSided, waitingTail } from "./tails.ts";
import type { Test } from "./types.ts";

export interface FitOptions {
  /** Largest relative error of a number as it is stored. */
  readonly rounding: number;
}

/** Points from the edge whose distance to it is asked: few see a blur, many see thin edges. */
const DEPTHS = [1, 4, 16, DEEPEST];

/**
 * A law with an edge has n·density points up to it: the k-th one from the edge has a waiting time of shape k. Weights that
 * training has moved leave the edge thin, or lie beyond it.
 */
function edgeTests({ count: n, lowest, highest }: Ranked, cdf: (x: number) => number, rounding: number): Test[] {
  let p = 1;
  for (const k of DEPTHS) {
    if (4 * k > n) break;
    const low = cdf(lowest[k - 1]!);
    const high = 1 - cdf(highest[k - 1]!);
    for (const gap of [low, high]) p = Math.min(p, waitingTail(k, n * Math.max(0, gap - 2 * rounding)));
  }
  // Bonferroni over the depths and both ends.
  return [{ name: "edges", p: Math.min(1, p * 2 * DEPTHS.length) }];
}

/** A law without edges: is the farthest number too far out, or too near? */
function extremeTests({ count: n, lowest, highest }: Ranked, cdf: (x: number) => number): Test[] {
  const tail = Math.min(cdf(lowest[0]!), 1 - cdf(highest[0]!));
  const expected = 2 * n * tail;
  // P(farthest beyond) = 1 − (1 − 2·tail)^n.
  const farther = -Math.expm1(n * Math.log1p(-Math.min(1, 2 * tail)));
  const nearer = Math.exp(-expected);
  return [{ name: "farthest value", p: Math.min(1, 2 * Math.min(farther, nearer)) }];
}

function fourthMomentScore({ family }: ElementLaw, kurtosis: number, n: number): number {
  if (family === "normal") return kurtosisScore(kurtosis, n);
  const shape = SHAPES[family];
  return (kurtosis - shape.kurtosis) / Math.sqrt(shape.kurtosisVariance / n);
}

/**
 * Fourth moment of elements whose row's mean was taken away, as a standard normal score: x − x̄ is a sum of n independent terms
 * of weights 1 − 1/n and −1/n, so that its excess kurtosis is κ·Σw⁴/(Σw²)².
 */
export function centredScore(family: ElementLaw["family"], kurtosis: number, count: number, n: number): number {
  const own = 1 - 1 / n;
  const fourth = (own ** 4 + (n - 1) / n ** 4) / own ** 2;
  const shape = SHAPES[family];
  return (kurtosis - (3 + (shape.kurtosis - 3) * fourth)) / Math.sqrt(shape.kurtosisVariance / count);
}

/** The test that is left for centred rows: taking means away blurs the distribution and its edges. */
export function centredTests({ family }: ElementLaw, kurtosis: number, count: number, n: number): readonly Test[] {
  return [{ name: "fourth moment", p: twoSided(centredScore(family, kurtosis, count, n)) }];
}

/**
 * Tests of single elements against a law.
 *
 * @param numbers finite ones
 * @param kurtosis their fourth standardized moment
 */
export function fitTests(
  law: ElementLaw,
  numbers: Ranked,
  kurtosis: number,
  { rounding }: FitOptions,
): readonly Test[] {
  const shape = SHAPES[law.family];
  const cdf = (x: number) => shape.cdf((x - law.mean) / law.std);
  const n = numbers.count;
  const root = Math.sqrt(n);
  // A number moved by its rounding moves the distribution function by at most the density times that: |z|·φ(z) ≤ 0.25.
  const { mean, std } = law;
  const apart = Math.max(0, numbers.distance((x) => tabulatedCdf(law.family, (x - mean) / std)) - 0.5 * rounding);
  return [
    { name: "distribution", p: kolmogorovTail(apart * (root + 0.12 + 0.11 / root)) },
    { name: "fourth moment", p: n < 64 ? 1 : twoSided(fourthMomentScore(law, kurtosis, n)) },
    ...(Number.isFinite(shape.reach) ? edgeTests(numbers, cdf, rounding) : extremeTests(numbers, cdf)),
  ];
}
