/**
 * Fans of a weight from its shape.
 *
 * The conventions agree on matrices and plain convolutions and differ elsewhere:
 * - `true`: products that enter one output value, and output values that one input value enters. Groups and strides count.
 * - `torch`: shape[1]·k and shape[0]·k of PyTorch's layout whatever the layer
 *   (`torch.nn.init._calculate_fan_in_and_fan_out`): a grouped kernel's fan-out counts all groups, a transposed kernel's
 *   fan-in is out/groups·k.
 * - `keras`: the last two axes of Keras' layout times k (`compute_fans`): a depthwise kernel is [k, channels, multiplier],
 *   so that its fan-in counts all channels; a transposed kernel is [k, out, in], so that the fans are swapped.
 * - `jax`: in/groups·k and out·k (`jax.nn.initializers`, kernels as Flax lays them out); embeddings take the feature axis.
 */

import { checkShape, shapeWords, sizeOf } from "./shape.ts";
import type { Fans } from "./types.ts";

export type FanOp = "dense" | "conv" | "depthwise-conv" | "conv-transpose" | "embedding" | "recurrent" | "attention";

export type FanConvention = "true" | "torch" | "keras" | "jax";

export interface FanOptions {
  /** What multiplies by the weight. Default: "dense" for two axes, "conv" for more. */
  readonly op?: FanOp;
  /** Default 1. A depthwise convolution in out-in layout: the number of channels. */
  readonly groups?: number;
  /**
   * "out-in" (PyTorch, ONNX; default): [out, in/groups, …k], transposed [in, out/groups, …k], recurrent [gates·h, in],
   * embedding [entries, features] in both layouts. "in-out" (Keras, JAX, TF.js): […k, in/groups, out], depthwise
   * […k, channels, multiplier], transposed […k, out, in].
   */
  readonly layout?: "out-in" | "in-out";
  /** Default "torch" for out-in, "keras" for in-out. */
  readonly convention?: FanConvention;
  /** Strides of the convolution, for the true fans. Default all 1. */
  readonly strides?: readonly number[];
  /** recurrent: gates stacked in the weight (LSTM 4, GRU 3). attention: projections stacked in it (fused q, k, v: 3). */
  readonly parts?: number;
}

/** All input and output channels of a weight, whatever its layout. */
interface Extents {
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly groups: number;
}

function matrixExtents(shape: readonly number[], layout: "out-in" | "in-out"): Extents {
  const first = shape[0] ?? 1;
  const last = shape[shape.length - 1] ?? 1;
  return layout === "out-in"
    ? { inputs: sizeOf(shape.slice(1)), outputs: first, taps: 1, groups: 1 }
    : { inputs: sizeOf(shape.slice(0, -1)), outputs: last, taps: 1, groups: 1 };
}

function convExtents(shape: readonly number[], op: FanOp, layout: "out-in" | "in-out", groups: number): Extents {
  const [a, b, kernel] =
    layout === "out-in"
      ? [shape[0] ?? 1, shape[1] ?? 1, shape.slice(2)]
      : [shape[shape.length - 1] ?? 1, shape[shape.length - 2] ?? 1, shape.slice(0, -2)];
  const taps = sizeOf(kernel);
  if (op === "conv-transpose") return { inputs: a, outputs: b * groups, taps, groups };
  if (op === "depthwise-conv")
    return layout === "out-in"
      ? { inputs: groups > 1 ? groups : a, outputs: a, taps, groups: groups > 1 ? groups : a }
      : { inputs: b, outputs: a * b, taps, groups: b };
  return { inputs: b * groups, outputs: a, taps, groups };
}

function convFans(extents: Extents, op: FanOp, convention: FanConvention, spread: number): Fans {
  const { inputs, outputs, taps, groups } = extents;
  const transposed = op === "conv-transpose";
  switch (convention) {
    case "true":
      return transposed
        ? { fanIn: ((inputs / groups) * taps) / spread, fanOut: (outputs / groups) * taps }
        : { fanIn: (inputs / groups) * taps, fanOut: ((outputs / groups) * taps) / spread };
    case "torch":
      return transposed
        ? { fanIn: (outputs / groups) * taps, fanOut: inputs * taps }
        : { fanIn: (inputs / groups) * taps, fanOut: outputs * taps };
    case "keras":
      if (transposed) return { fanIn: outputs * taps, fanOut: inputs * taps };
      return op === "depthwise-conv"
        ? { fanIn: inputs * taps, fanOut: (outputs / groups) * taps }
        : { fanIn: (inputs / groups) * taps, fanOut: outputs * taps };
    case "jax":
      return { fanIn: (inputs / groups) * taps, fanOut: outputs * taps };
  }
}

/** [entries, features]: a look-up, so one product enters each output. */
function embeddingFans(shape: readonly number[], convention: FanConvention): Fans {
  const entries = shape[0] ?? 1;
  const features = sizeOf(shape.slice(1));
  switch (convention) {
    case "true":
      return { fanIn: 1, fanOut: features };
    case "keras":
      return { fanIn: entries, fanOut: features };
    default:
      return { fanIn: features, fanOut: entries };
  }
}

/** Stacked gates or projections: each is a layer of its own, which PyTorch and Keras overlook where they are fused. */
function stackedFans(extents: Extents, op: FanOp, convention: FanConvention, parts: number): Fans {
  const fused = convention === "torch" || (convention === "keras" && op === "recurrent");
  return { fanIn: extents.inputs, fanOut: fused ? extents.outputs : extents.outputs / parts };
}

/**
 * Fan-in and fan-out of a weight.
 *
 * @param shape at least two axes, in the layout of `options.layout`.
 * @throws RangeError for vectors and scalars, and for groups or parts that do not divide the axes.
 * @example fans([64, 32, 3, 3]) // { fanIn: 288, fanOut: 576 }
 * @example fans([32, 64, 4, 4], { op: "conv-transpose", convention: "true", strides: [2, 2] }).fanIn // 128
 */
export function fans(shape: readonly number[], options: FanOptions = {}): Fans {
  checkShape("fans", shape);
  if (shape.length < 2)
    throw new RangeError(
      `fans: a weight has at least two axes, got shape ${shapeWords(shape)}; pass the fans of the weight it belongs to`,
    );
  const { groups = 1, layout = "out-in", strides = [], parts = 1 } = options;
  const { op = shape.length === 2 ? "dense" : "conv", convention = layout === "out-in" ? "torch" : "keras" } = options;
  for (const [word, value] of [
    ["groups", groups],
    ["parts", parts],
    ...strides.map((stride) => ["a stride", stride] as const),
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`fans: ${word} must be a whole number from 1 up, got ${value}; correct the option`);
  if (op === "embedding") return embeddingFans(shape, convention);
  if (op === "dense" || op === "recurrent" || op === "attention") {
    const extents = matrixExtents(shape, layout);
    if (op === "dense") return { fanIn: extents.inputs, fanOut: extents.outputs };
    if (extents.outputs % parts !== 0)
      throw new RangeError(`fans: ${parts} parts must divide ${extents.outputs} outputs; correct parts or the shape`);
    return stackedFans(extents, op, convention, parts);
  }
  const extents = convExtents(shape, op, layout, groups);
  if (extents.outputs % extents.groups !== 0 || extents.inputs % extents.groups !== 0)
    throw new RangeError(
      `fans: ${extents.groups} groups must divide ${extents.inputs} inputs and ${extents.outputs} outputs; correct groups or the shape`,
    );
  return convFans(extents, op, convention, sizeOf(strides));
}
