/**
 * Fans of a parameter from the node that uses it.
 *
 * - `true`: products that enter one output value, and output values that one input value enters. Groups and the stride
 *   of a transposed convolution count: in/groups·k/stride, out/groups·k (and the other way round).
 * - `torch`: `torch.nn.init._calculate_fan_in_and_fan_out`: shape[1]·k and shape[0]·k whatever the layer, so that a
 *   transposed convolution's fan-in is out/groups·k and a grouped one's fan-out counts all groups.
 * - `keras`: kernels with (input, output) axes last (Keras `compute_fans`): a depthwise kernel is [k, channels,
 *   multiplier], so that its fan-in counts all channels; a transposed one is [k, output, input].
 */

import type { Fans } from "../../init/types.ts";
import type { ConvNode, LinearNode, Node } from "../../model/types.ts";

export interface FanConventions {
  readonly true: Fans;
  readonly torch: Fans;
  readonly keras: Fans;
}

const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);
const alike = (fans: Fans): FanConventions => ({ true: fans, torch: fans, keras: fans });

/** Of a matrix: [out, in] or [in, out]; further axes count as inputs of each output (a bilinear form). */
export function matrixFans(shape: readonly number[], layout: LinearNode["layout"]): FanConventions {
  const rows = shape[0] ?? 1;
  const columns = product(shape.slice(1));
  return alike(layout === "out-in" ? { fanIn: columns, fanOut: rows } : { fanIn: rows, fanOut: columns });
}

export function isDepthwise(node: ConvNode, shape: readonly number[]): boolean {
  return node.groups > 1 && !node.transposed && shape[1] === 1;
}

export function convFans(shape: readonly number[], node: ConvNode): FanConventions {
  const [first = 1, second = 1, ...kernel] = shape;
  const taps = product(kernel);
  const torch = { fanIn: second * taps, fanOut: first * taps };
  if (node.transposed) {
    const spread = product(node.strides);
    return {
      true: { fanIn: ((first / node.groups) * taps) / spread, fanOut: second * taps },
      torch,
      keras: { fanIn: second * node.groups * taps, fanOut: first * taps },
    };
  }
  return {
    true: { fanIn: second * taps, fanOut: ((first / node.groups) * taps) / product(node.strides) },
    torch,
    keras: isDepthwise(node, shape)
      ? { fanIn: node.groups * taps, fanOut: (first / node.groups) * taps }
      : { fanIn: second * taps, fanOut: first * taps },
  };
}

/** Of one gate's block of a recurrent matrix [gates·hidden, in]; Keras fuses the gates into one matrix. */
export function recurrentFans(shape: readonly number[], gates: number): FanConventions {
  const rows = shape[0] ?? 1;
  const fanIn = shape[1] ?? 1;
  const one = { fanIn, fanOut: rows / gates };
  return { true: one, torch: one, keras: { fanIn, fanOut: rows } };
}

/** Of a table [entries, features]: one entry is taken, so one product enters each output. */
export function tableFans(shape: readonly number[]): FanConventions {
  const fans = { fanIn: shape[0] ?? 1, fanOut: product(shape.slice(1)) };
  return { true: { fanIn: 1, fanOut: fans.fanOut }, torch: fans, keras: fans };
}

export const noFans: FanConventions = alike({ fanIn: 1, fanOut: 1 });

/** The fans of a weight that `node` multiplies by. */
export function weightFans(shape: readonly number[], node: Node): FanConventions {
  switch (node.kind) {
    case "linear":
      return matrixFans(shape, node.layout);
    case "conv":
      return convFans(shape, node);
    case "embedding":
      return tableFans(shape);
    case "recurrent":
      return recurrentFans(shape, node.gates.length);
    default:
      return noFans;
  }
}
