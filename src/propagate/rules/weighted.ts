/** Contraction of exchangeable channels with independent weights: what dense layers and convolutions share. */

import { addConstant, diagonal, type Kernel, scaleKernel, sumKernels } from "../kernel/kernel.ts";
import { mixedScale, rawKurtosis } from "../law/shape.ts";
import { type Part, secondMoment } from "../state/state.ts";
import type { ParameterLaw } from "../types.ts";

export interface Term {
  /** Channels of this part that enter one output. */
  readonly channels: number;
  readonly part: Part;
  /** Σ over taps and contracted positions of K: what independent weights see of one channel. */
  readonly independent: Kernel;
  /** Second moment of Σ over taps and contracted positions of a: what a shared weight mean sees of one channel. */
  readonly coherent: () => Kernel;
  /** Products that one channel contributes. */
  readonly taps: number;
  /** Share of those taps that two random positions have in common on real input. */
  readonly pairShare: number;
}

/**
 * Up to so many products a sum is followed by its own law (coordinates, depthwise kernels); with more it counts as Gaussian.
 * Between two counts, so that the rounding of taps that hit real input decides nothing.
 */
const FEW_PRODUCTS = 16.5;

/** How alike two channels are: 0 independent up to their mean, 1 identical. */
const tie = (part: Part): number => {
  const m = part.mean * part.mean;
  const variance = secondMoment(part) - m;
  return variance <= 1e-12 * m ? 1 : Math.max(0, Math.min(1, (part.between - m) / variance));
};

/**
 * z = Σ w a + b with weights of the given law: E[z_p z_p'] = Var(w)·Σ K + E[w]²·E[(Σ a)(Σ a)'] + bias (DESIGN 5; E[a²] counts,
 * not Var(a)). The second term is 0 for every centred initializer and carries constant weights.
 */
export function contract(
  terms: readonly Term[],
  weight: ParameterLaw,
  bias: ParameterLaw | null,
  outputs: number,
): Part {
  const variance = weight.variance;
  const m = weight.mean;
  const weights: { kernel: Kernel; weight: number }[] = terms.map((t) => ({
    kernel: t.independent,
    weight: variance * t.channels,
  }));
  let cross = 0;
  let fan = 0;
  let sumMean = 0;
  let squares = 0;
  let alike = 0;
  for (const t of terms) {
    cross += variance * t.channels * t.taps * t.pairShare * t.part.cross;
    fan += t.channels * t.taps;
    sumMean += t.channels * t.taps * t.part.mean;
    const level = secondMoment(t.part);
    squares += t.channels * t.taps * level;
    alike += t.channels * t.taps * (level === 0 ? 0 : Math.min(1, Math.abs(t.part.cross / level)));
  }
  let coherentSecond = 0;
  if (m !== 0) {
    for (const t of terms) {
      const n = t.channels;
      const alikeness = tie(t.part);
      const share = m * m * (n + n * (n - 1) * alikeness);
      const kernel = t.coherent();
      const level = m * m * n * (n - 1) * (1 - alikeness) * (t.part.mean * t.taps) ** 2;
      const lifted = addConstant(scaleKernel(kernel, share), level);
      weights.push({ kernel: lifted, weight: 1 });
      cross += share * t.part.cross * t.taps * t.taps + level;
      coherentSecond += lifted.profile.reduce((a, b) => a + b, 0) / lifted.profile.length;
    }
  }
  const meanOut = m * sumMean + (bias?.mean ?? 0);
  const biasSecond = bias ? bias.variance + bias.mean * bias.mean + 2 * bias.mean * m * sumMean : 0;
  const kernel = addConstant(sumKernels(weights), biasSecond);
  const between = coherentSecond + (bias ? bias.mean * bias.mean + 2 * bias.mean * m * sumMean : 0);
  const r = fan === 0 ? 0 : alike / fan;
  // Relative variance between draws of a mean of `outputs` squared Gaussians whose samples share the weights:
  // 2/outputs · tr(C²)/(tr C)², C the second moment of the inputs: rank one by r, isotropic else.
  const fluctuation = variance === 0 ? 0 : (2 / outputs) * (r * r + 1 / Math.max(1, fan));
  const spread =
    squares === 0
      ? 0
      : terms.reduce((s, t) => s + (t.channels * t.taps * secondMoment(t.part) * t.part.spread) / squares, 0);
  const freedom = variance === 0 ? Number.POSITIVE_INFINITY : fan;
  return {
    channels: outputs,
    mean: meanOut,
    kernel,
    between,
    cross: cross + biasSecond,
    spread: spread + fluctuation,
    freedom,
    shape:
      m === 0 && fan > 0 && fan <= FEW_PRODUCTS
        ? mixedScale(excessKurtosis(terms, weight, fan) * (1 - biasSecond / Math.max(1e-300, diagonal(kernel))) ** 2)
        : null,
  };
}

/** Excess kurtosis of Σ w a over `fan` independent products: (κ_w κ_a − 3)/fan, each κ = E[x⁴]/E[x²]². */
function excessKurtosis(terms: readonly Term[], weight: ParameterLaw, fan: number): number {
  const inputs = terms.reduce((sum, { part, channels, taps }) => {
    const sd = Math.sqrt(Math.max(0, secondMoment(part) - part.mean ** 2));
    return sum + ((channels * taps) / fan) * rawKurtosis(part.shape, part.mean, sd);
  }, 0);
  return ((weight.kurtosis ?? 3) * inputs - 3) / fan;
}
