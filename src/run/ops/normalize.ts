/** y = (x − mean) / √(variance + ε) · scale + shift, with the statistics that each method takes. */

import type { NormalizeNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import {
  at,
  axisOf,
  type LoweringContext,
  names,
  type Operation,
  onlyInput,
  onlyOutput,
  product,
  shapeOf,
} from "../operation.ts";

export function lowerNormalize(node: NormalizeNode, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyInput(node));
  const plan = statisticsOf(node, shape);
  const running = node.method === "batch" && context.mode === "eval";
  if (running && (node.mean === null || node.variance === null)) {
    throw new Error(`run: ${node.name} has no running statistics, got mode "eval", use mode "train"`);
  }
  const affine = names(node.scale, node.shift);
  const statistics = running ? names(node.mean, node.variance) : [];
  return {
    key: JSON.stringify([
      "normalize",
      node.method,
      plan,
      node.epsilon,
      node.scale !== null,
      node.shift !== null,
      running,
    ]),
    operands: [onlyInput(node), ...affine, ...statistics],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const { numpy: np } = jax;
      const x = at(operands, 0).ref.reshape(plan.grouped);
      const spread = (statistic: Tensor) => np.broadcastTo(statistic, plan.spread);
      const average = (t: Tensor) => plan.passes.reduce((total, axes) => total.mean(axes, { keepdims: true }), t);
      let y: Tensor;
      if (running) {
        const [mean, variance] = operands.slice(1 + affine.length);
        const deviation = np.sqrt(variance!.ref.reshape([1, -1, 1]).add(node.epsilon));
        y = x.sub(mean!.ref.reshape([1, -1, 1])).div(deviation);
      } else {
        const centred = node.method === "rms" ? x : x.ref.sub(spread(average(x)));
        const variance = average(centred.ref.mul(centred.ref));
        y = centred.mul(spread(np.reciprocal(np.sqrt(variance.add(node.epsilon)))));
      }
      y = y.reshape(plan.channels ?? shape);
      let next = 1;
      if (node.scale !== null) y = y.mul(perChannel(jax, at(operands, next++), plan.channels));
      if (node.shift !== null) y = y.add(perChannel(jax, at(operands, next++), plan.channels));
      return [y.reshape(shape)];
    },
    ...(plan.channels === null || running ? {} : { backward: backwardOf(node, plan, plan.channels) }),
  };
}

/**
 * With x̂ the normalized input and dx̂ = dy · scale: dx = (dx̂ − mean(dx̂) − x̂ · mean(dx̂ x̂)) / deviation (Ioffe & Szegedy
 * 2015, means over the same elements as the statistics): half the time of the general derivative (1.0 against 1.8 ms).
 */
function backwardOf(node: NormalizeNode, plan: Statistics, channels: number[]): NonNullable<Operation["backward"]> {
  return (jax, operands, cotangents, wanted) => {
    const { numpy: np } = jax;
    const spread = (statistic: Tensor) => np.broadcastTo(statistic, plan.spread);
    const average = (t: Tensor) => plan.passes.reduce((total, axes) => total.mean(axes, { keepdims: true }), t);
    const x = at(operands, 0);
    const dy = at(cotangents, 0).ref.reshape(channels);
    const grouped = x.ref.reshape(plan.grouped);
    const centred = grouped.ref.sub(spread(average(grouped)));
    const variance = average(centred.ref.mul(centred.ref));
    const inverse = np.reciprocal(np.sqrt(variance.add(node.epsilon)));
    const normal = centred.mul(spread(inverse.ref));

    const gradients: (Tensor | null)[] = [null];
    let next = 1;
    let inner = dy.ref;
    if (node.scale !== null) {
      const scale = at(operands, next);
      const product = dy.ref.mul(normal.ref.reshape(channels));
      gradients.push(wanted[next] ? product.sum(2).sum(0).reshape(scale.shape) : null);
      inner = inner.mul(perChannel(jax, scale, channels));
      next++;
    }
    if (node.shift !== null) {
      gradients.push(wanted[next] ? dy.ref.sum(2).sum(0).reshape(at(operands, next).shape) : null);
    }
    const back = inner.reshape(plan.grouped);
    const level = average(back.ref);
    const tilt = average(back.ref.mul(normal.ref));
    const dx = back
      .sub(spread(level))
      .sub(normal.mul(spread(tilt)))
      .mul(spread(inverse));
    gradients[0] = wanted[0] ? dx.reshape(x.shape) : null;
    dy.dispose();
    return gradients;
  };
}

/**
 * Contiguous axes are averaged before the others, and statistics spread back in the same two steps: jax-js reduces a
 * contiguous axis with SIMD and any other element by element.
 */
interface Statistics {
  readonly grouped: number[];
  /** Axes of `grouped` to average over, pass by pass. */
  readonly passes: number[][];
  /** Shape that a statistic is spread to before it meets x. */
  readonly spread: number[];
  /** [samples, channels, positions] where scale and shift are one a channel; null: they broadcast from the last axis. */
  readonly channels: number[] | null;
}

function statisticsOf(node: NormalizeNode, shape: number[]): Statistics {
  const [samples = 1, channels = 1, ...space] = shape;
  const byChannel = [samples, channels, product(space)];
  switch (node.method) {
    case "batch":
      return { grouped: byChannel, passes: [[2], [0]], spread: [samples, channels, 1], channels: byChannel };
    case "instance":
      return { grouped: byChannel, passes: [[2]], spread: [samples, channels, 1], channels: byChannel };
    case "group": {
      const grouped = [samples, node.groups, (channels / node.groups) * product(space)];
      return { grouped, passes: [[2]], spread: [samples, node.groups, 1], channels: byChannel };
    }
    case "layer":
    case "rms": {
      const axes = node.axes.map((axis) => axisOf(axis, shape.length)).sort((a, b) => a - b);
      const spread = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      return { grouped: shape, passes: [axes], spread, channels: null };
    }
  }
}

/** One number a channel, spread over the samples first (see `Statistics`); other shapes broadcast by themselves. */
function perChannel(jax: Jax, tensor: Tensor, channels: number[] | null): Tensor {
  if (channels === null) return tensor.ref;
  return jax.numpy.broadcastTo(tensor.ref.reshape([1, -1, 1]), [channels[0]!, channels[1]!, 1]);
}
