/** Entrywise products of two tensors, independent or jointly Gaussian. */

import { diagonal, type Kernel, mapCorrelations, multiplyKernels } from "../kernel/kernel.ts";
import { relativeSway, scatterOfJoined } from "../law/scatter.ts";
import type { Part } from "../state/state.ts";

/** Overlaps that fluctuate together do not average to the product of their averages: E[ÂB̂] = ÂB̂ + Cov. */
function swayedTogether(a: Part, b: Part): Kernel {
  const kernel = multiplyKernels(a.kernel, b.kernel);
  const both = a.scatter && b.scatter && kernel.sizes.length > 0 ? relativeSway(a) * relativeSway(b) : 0;
  return both === 0 ? kernel : { ...kernel, ...mapCorrelations(kernel, (c) => Math.min(1, c + both)) };
}

export function productPart(a: Part, b: Part): Part {
  return {
    channels: a.channels,
    mean: a.mean * b.mean,
    kernel: swayedTogether(a, b),
    scatter: scatterOfJoined([a, b], true),
    between: a.between * b.between,
    cross: a.cross * b.cross,
    spread: a.spread + b.spread,
    freedom: Math.min(a.freedom, b.freedom),
    shape: null,
  };
}

/** E[a²b²] and the like of jointly Gaussian a and b with E[ab] = c (Isserlis 1918): E[ab a'b'] = K_a K_b + C C' + C(p, p')² of centred ones. */
export function tiedProduct(a: Part, b: Part, joint: Kernel | null): Part {
  const plain = productPart(a, b);
  if (joint === null || joint.sizes.length !== a.kernel.sizes.length || joint.sizes.length !== b.kernel.sizes.length)
    return plain;
  const means = a.mean * b.mean;
  const own = diagonal(joint) - means;
  // Four times the means' product with the covariance, and the covariance's square twice: once at the pair, once along it.
  const more = (covariance: number) => 2 * means * (own + covariance) + own * own + covariance * covariance;
  const level = diagonal(plain.kernel);
  const second = level + more(own);
  if (own === 0 || second <= 0) return plain;
  const far = joint.far * diagonal(joint) - means;
  const at = (raw: number) => Math.min(1, (raw * level + more(raw >= 1 ? own : far)) / second);
  const apart = 2 * means * own + own * own;
  return {
    ...plain,
    mean: means + own,
    kernel: { ...plain.kernel, ...mapCorrelations(plain.kernel, at), profile: Float64Array.of(second) },
    between: plain.between + apart,
    cross: Math.min(second, plain.cross + more(Math.min(Math.abs(own), Math.sqrt(Math.max(0, a.cross * b.cross))))),
  };
}
