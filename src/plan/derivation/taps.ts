/** The share of a convolution's taps that meet real input rather than zero padding. */

import type { ConvNode } from "../../model/types.ts";

/**
 * Mean over output positions of the taps inside, over all taps; axes are independent, so their shares multiply.
 *
 * @param input size of each spatial axis of the input
 * @param output and of the output
 * @example tapShare(conv3x3WithPadding1, [4, 4], [4, 4]) // (10/12)² = 0.694
 */
export function tapShare(node: ConvNode, input: readonly number[], output: readonly number[]): number {
  if (node.transposed) return 1;
  return node.kernel.reduce((share, taps, axis) => {
    const [size = 1, positions = 1] = [input[axis], output[axis]];
    const [stride = 1, dilation = 1, pad = 0] = [node.strides[axis], node.dilations[axis], node.pads[axis]];
    let inside = 0;
    for (let position = 0; position < positions; position++)
      for (let tap = 0; tap < taps; tap++) {
        const at = position * stride - pad + tap * dilation;
        if (at >= 0 && at < size) inside++;
      }
    return share * (inside / Math.max(1, positions * taps));
  }, 1);
}
