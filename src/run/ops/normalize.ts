/** y = (x − mean) / √(variance + ε) · scale + shift, with the statistics that each method takes. */

import type { NormalizeNode } from "../../model/types.ts";
import type { Tensor } from "../jax.ts";
import {
  at,
  axisOf,
  type LoweringContext,
  names,
  type Operation,
  onlyInput,
  onlyOutput,
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
      let y: Tensor;
      if (running) {
        const [mean, variance] = operands.slice(1 + affine.length);
        const deviation = np.sqrt(variance!.ref.reshape(plan.statistics).add(node.epsilon));
        y = x.sub(mean!.ref.reshape(plan.statistics)).div(deviation);
      } else {
        const keep = { keepdims: true };
        const centred = node.method === "rms" ? x : x.ref.sub(x.mean(plan.axes, keep));
        const variance = centred.ref.mul(centred.ref).mean(plan.axes, keep);
        y = centred.div(np.sqrt(variance.add(node.epsilon)));
      }
      y = y.reshape(shape);
      let next = 1;
      if (node.scale !== null) y = y.mul(perChannel(at(operands, next++), plan.affine));
      if (node.shift !== null) y = y.add(perChannel(at(operands, next++), plan.affine));
      return [y];
    },
  };
}

interface Statistics {
  /** x reshaped so that the statistics are over whole axes. */
  readonly grouped: number[];
  readonly axes: number[];
  /** Shape of the running statistics against `grouped`. */
  readonly statistics: number[];
  /** Shape of one-dimensional scale and shift against x; null: they broadcast from the last axis. */
  readonly affine: number[] | null;
}

function statisticsOf(node: NormalizeNode, shape: number[]): Statistics {
  const [samples = 1, channels = 1, ...space] = shape;
  const affine = [1, channels, ...space.map(() => 1)];
  const spaceAxes = space.map((_, i) => i + 2);
  switch (node.method) {
    case "batch":
      return { grouped: shape, axes: [0, ...spaceAxes], statistics: affine, affine };
    case "instance":
      return { grouped: shape, axes: spaceAxes, statistics: affine, affine };
    case "group": {
      const grouped = [samples, node.groups, channels / node.groups, ...space];
      return { grouped, axes: [2, ...space.map((_, i) => i + 3)], statistics: [], affine };
    }
    case "layer":
    case "rms":
      return {
        grouped: shape,
        axes: node.axes.map((axis) => axisOf(axis, shape.length)),
        statistics: [],
        affine: null,
      };
  }
}

function perChannel(tensor: Tensor, shape: number[] | null): Tensor {
  return shape !== null && tensor.shape.length === 1 ? tensor.ref.reshape(shape) : tensor.ref;
}
