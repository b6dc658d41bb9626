/**
 * Running statistics of batch normalization: r ← m·r + (1 − m)·s at every training step (Ioffe & Szegedy 2015, section 3.1),
 * with the unbiased variance n/(n − 1) as PyTorch has it.
 */

import type { Model } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { infoOf } from "../lower.ts";
import { product } from "../operation.ts";

/** PyTorch's momentum 0.1, ONNX's 0.9. */
const USUAL_MOMENTUM = 0.9;

export interface Moving {
  /** The value whose statistics these are: [samples, channels, …space]. */
  readonly of: string;
  readonly shape: readonly number[];
  /** Parameters that hold them. */
  readonly mean: string;
  readonly variance: string;
  readonly momentum: number;
}

/** Of the nodes that keep both, in the graph's order. */
export function movingStatistics(model: Model): readonly Moving[] {
  return model.nodes.flatMap((node) => {
    if (node.kind !== "normalize" || node.method !== "batch") return [];
    const { mean, variance, momentum = USUAL_MOMENTUM } = node;
    const [of] = node.inputs;
    if (of === undefined || mean === null || variance === null) return [];
    if (!model.parameters.has(mean) || !model.parameters.has(variance)) return [];
    return [{ of, shape: infoOf(model, of).shape, mean, variance, momentum }];
  });
}

/** Whether batch normalization can evaluate with running statistics. */
export function hasRunningStatistics(model: Model): boolean {
  return model.nodes.every(
    (node) => node.kind !== "normalize" || node.method !== "batch" || (node.mean !== null && node.variance !== null),
  );
}

/** The new running mean and variance; borrows its arguments. */
export function moved(jax: Jax, { shape, momentum }: Moving, x: Tensor, mean: Tensor, variance: Tensor): Tensor[] {
  const { numpy: np } = jax;
  const [samples = 1, channels = 1, ...space] = shape;
  const grouped = [samples, channels, product(space)];
  const count = samples * product(space);
  // The contiguous axis first: jax-js reduces it with SIMD and any other element by element.
  const average = (t: Tensor) => t.mean(2, { keepdims: true }).mean(0, { keepdims: true });
  const values = x.ref.reshape(grouped);
  const centre = average(values.ref);
  const off = values.sub(np.broadcastTo(centre.ref, grouped));
  const spread = average(off.ref.mul(off)).mul(count / Math.max(1, count - 1));
  const towards = (old: Tensor, now: Tensor) => old.ref.mul(momentum).add(now.reshape(old.shape).mul(1 - momentum));
  return [towards(mean, centre), towards(variance, spread)];
}
