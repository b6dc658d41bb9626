/** Loss, score and the cotangent of the logits, as traceable functions: sums over samples, each with its own weight. */

import type { Jax, Tensor } from "../jax.ts";
import type { Head } from "./head.ts";

/** Sums over the batch: of weight · loss, and of weight · (is the largest output the right one). */
export interface Objective {
  readonly loss: Tensor;
  readonly right: Tensor;
  readonly cotangent: Tensor;
}

/** (output, targets, weights) → sums and ∂loss/∂output; borrows its arguments. */
export type ObjectiveOf = (output: Tensor, targets: Tensor, weights: Tensor) => Objective;

/**
 * Class ids against logits: loss −ln softmax(z)[t], cotangent softmax(z) − onehot(t). `weights` holds one number a label.
 */
export function crossEntropy(jax: Jax, head: Head): ObjectiveOf {
  return (output, targets, weights) => {
    const z = rows(jax, output, head);
    const two = head.binary ? jax.numpy.concatenate([jax.numpy.zerosLike(z.ref), z], 1) : z;
    const hot = jax.nn.oneHot(targets.ref, head.classes);
    const log = jax.nn.logSoftmax(two.ref, -1);
    const each = log.ref.mul(hot.ref).sum(-1).neg();
    const right = correct(jax, two, targets);
    const difference = jax.numpy
      .exp(log)
      .sub(hot)
      .mul(weights.ref.reshape([-1, 1]));
    const cotangent = head.binary ? difference.slice([], [1, 2]) : difference;
    return {
      loss: each.mul(weights.ref).sum(),
      right: right.mul(weights.ref).sum(),
      cotangent: unrows(cotangent, head),
    };
  };
}

/** (y − t)² averaged over the outputs of a sample; class ids stand for one-hot rows. `weights`: one number a row. */
export function squaredError(jax: Jax, head: Head, labelled: boolean): ObjectiveOf {
  const width = head.shape[head.axis] ?? 1;
  return (output, targets, weights) => {
    const y = rows(jax, output, head);
    const t = labelled ? oneHotFor(jax, head, targets) : rows(jax, targets, head);
    const right = labelled ? correct(jax, y.ref, targets) : jax.numpy.zerosLike(weights.ref);
    const off = y.sub(t);
    return {
      loss: off.ref.mul(off.ref).mean(-1).mul(weights.ref).sum(),
      right: right.mul(weights.ref).sum(),
      cotangent: unrows(off.mul(weights.ref.reshape([-1, 1])).mul(2 / width), head),
    };
  };
}

/** A single output learns the class id itself (0 or 1). */
function oneHotFor(jax: Jax, head: Head, targets: Tensor): Tensor {
  const width = head.shape[head.axis] ?? 1;
  if (width === 1) return targets.ref.astype(jax.numpy.float32).reshape([-1, 1]);
  return jax.nn.oneHot(targets.ref, width);
}

/** 1 where the largest entry of a row is the target's; a single entry is compared with one half. */
function correct(jax: Jax, values: Tensor, targets: Tensor): Tensor {
  const { numpy: np } = jax;
  const guess =
    values.shape[1] === 1
      ? np.greater(values.reshape([-1]), 0.5).astype(np.int32)
      : np.argmax(values, -1).astype(np.int32);
  return np.equal(guess, targets.ref).astype(np.float32);
}

/** [labels, classes] */
function rows(jax: Jax, output: Tensor, { shape, axis }: Head): Tensor {
  const width = shape[axis] ?? 1;
  const last = axis === shape.length - 1 ? output.ref : jax.numpy.moveaxis(output.ref, axis, -1);
  return last.reshape([-1, width]);
}

function unrows(values: Tensor, { shape, axis }: Head): Tensor {
  if (axis === shape.length - 1) return values.reshape([...shape]);
  const moved = [...shape.slice(0, axis), ...shape.slice(axis + 1), shape[axis] ?? 1];
  const back = shape.map((_, i) => (i === axis ? shape.length - 1 : i < axis ? i : i - 1));
  return values.reshape(moved).transpose(back);
}
