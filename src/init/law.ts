/** Mean and variance of one element as drawn, from the initializer and the shape alone. */

import { bilinearMoments } from "./patterns.ts";
import { asMatrix, sizeOf } from "./shape.ts";
import { sinusoidalMoments } from "./sinusoidal.ts";
import { cutMoments } from "./truncated-moments.ts";
import type { Initializer } from "./types.ts";

/** Over all elements and all draws: `secondMoment` = `variance` + `mean`². */
export interface Law {
  readonly mean: number;
  readonly variance: number;
  readonly secondMoment: number;
}

const fromVariance = (mean: number, variance: number): Law => ({
  mean,
  variance,
  secondMoment: variance + mean * mean,
});

const fromSecondMoment = (mean: number, secondMoment: number): Law => ({
  mean,
  variance: Math.max(0, secondMoment - mean * mean),
  secondMoment,
});

/** Taking the row's mean away leaves mean 0 and the share (n − 1)/n of the variance. */
function centred(law: Law, shape: readonly number[], rowCentred: boolean | undefined): Law {
  if (!rowCentred) return law;
  const { columns } = asMatrix(shape);
  return fromVariance(0, columns > 0 ? law.variance * (1 - 1 / columns) : 0);
}

/** A share of the elements has one value, the rest is 0. */
const sparseConstant = (value: number, share: number) => fromSecondMoment(value * share, value * value * share);

function blocksLaw(initializer: Initializer & { readonly kind: "blocks" }, shape: readonly number[]): Law {
  const total = initializer.parts.reduce((sum, part) => sum + part.size, 0);
  let mean = 0;
  let secondMoment = 0;
  for (const part of initializer.parts) {
    const of = law(part.initializer, [part.size, ...shape.slice(1)]);
    const share = total > 0 ? part.size / total : 0;
    mean += share * of.mean;
    secondMoment += share * of.secondMoment;
  }
  return fromSecondMoment(mean, secondMoment);
}

/**
 * Mean, variance and second moment of one element.
 *
 * Uniform: (high − low)²/12. Truncated normal: exact, through the error function. Orthogonal (rows × columns, per
 * block): gain²/max(rows, columns). Delta-orthogonal: gain²/(max(out, in)·taps). Nguyen–Widrow: β²/columns. Sparse:
 * (1 − zeros/rows)·std². Deterministic patterns: the moments over their elements. Row-centred: variance × (1 − 1/n).
 *
 * @param shape of the parameter; matters for the structured kinds.
 * @example law({ kind: "uniform", low: -0.1, high: 0.1 }, [256, 784]).variance // 0.1²/3
 */
export function law(initializer: Initializer, shape: readonly number[]): Law {
  const { rows, columns } = asMatrix(shape);
  switch (initializer.kind) {
    case "zeros":
      return fromVariance(0, 0);
    case "ones":
      return fromVariance(1, 0);
    case "constant":
      return fromVariance(initializer.value, 0);
    case "uniform": {
      const half = initializer.high / 2 - initializer.low / 2;
      const of = fromVariance(initializer.low / 2 + initializer.high / 2, (half * half) / 3);
      return centred(of, shape, initializer.rowCentred);
    }
    case "normal":
      return centred(fromVariance(initializer.mean, initializer.std ** 2), shape, initializer.rowCentred);
    case "truncated-normal": {
      const { mean, std, low, high } = initializer;
      const cut = cutMoments((low - mean) / std, (high - mean) / std);
      return centred(fromVariance(mean + std * cut.mean, cut.variance * std * std), shape, initializer.rowCentred);
    }
    case "orthogonal": {
      const blockRows = rows / (initializer.blocks ?? 1);
      return fromVariance(0, initializer.gain ** 2 / Math.max(blockRows, columns, 1));
    }
    case "delta-orthogonal": {
      const taps = sizeOf(shape.slice(2));
      return fromVariance(0, initializer.gain ** 2 / Math.max(rows * taps, sizeOf(shape.slice(1)), 1));
    }
    case "identity":
      return sparseConstant(initializer.gain, 1 / Math.max(rows, columns, 1));
    case "dirac": {
      const perGroup = Math.min(rows / initializer.groups, shape[1] ?? 1);
      return sparseConstant(1, sizeOf(shape) > 0 ? (perGroup * initializer.groups) / sizeOf(shape) : 0);
    }
    case "sparse": {
      const zeros = Math.ceil(initializer.sparsity * rows);
      return fromVariance(0, rows > 0 ? (1 - zeros / rows) * initializer.std ** 2 : 0);
    }
    case "nguyen-widrow":
      return fromVariance(0, initializer.beta ** 2 / Math.max(columns, 1));
    case "bilinear": {
      const of = bilinearMoments(shape);
      return fromSecondMoment(of.mean, of.secondMoment);
    }
    case "sinusoidal": {
      const of = sinusoidalMoments(shape, initializer.std);
      return fromSecondMoment(of.mean, of.secondMoment);
    }
    case "blocks":
      return blocksLaw(initializer, shape);
    case "file":
      return fromVariance(initializer.mean, initializer.std ** 2);
  }
}
