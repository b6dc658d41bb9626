/** Interpolation along one axis as a matrix (ONNX Resize): what propagation and the executor share. */

import type { ResizeNode } from "./types.ts";

/** Catmull-Rom-like kernel of ONNX and PyTorch, a = −0.75. */
const CUBIC_A = -0.75;

/**
 * Row-major [output, input] matrix of one axis: y = M x.
 *
 * @throws Error where the coordinate transformation is not one of ONNX's
 */
export function resizeMatrix(
  node: ResizeNode,
  input: number,
  output: number,
  scale: number,
): Float64Array<ArrayBuffer> {
  const matrix = new Float64Array(output * input);
  const add = (row: number, column: number, weight: number) => {
    const clamped = Math.min(Math.max(column, 0), input - 1);
    matrix[row * input + clamped] = matrix[row * input + clamped]! + weight;
  };
  for (let row = 0; row < output; row++) {
    const x = coordinate(node.coordinates, row, input, output, scale);
    const left = Math.floor(x);
    const fraction = x - left;
    if (node.mode === "nearest") add(row, nearest(node.rounding, x), 1);
    else if (node.mode === "linear") {
      add(row, left, 1 - fraction);
      add(row, left + 1, fraction);
    } else {
      for (let tap = -1; tap <= 2; tap++) add(row, left + tap, cubic(Math.abs(fraction - tap)));
    }
  }
  return matrix;
}

function coordinate(transformation: string, row: number, input: number, output: number, scale: number): number {
  switch (transformation) {
    case "asymmetric":
      return row / scale;
    case "align_corners":
      return output === 1 ? 0 : (row * (input - 1)) / (output - 1);
    case "pytorch_half_pixel":
      return output > 1 ? (row + 0.5) / scale - 0.5 : 0;
    case "half_pixel_symmetric": {
      const adjustment = output / (scale * input);
      return (input / 2) * (1 - adjustment) + (row + 0.5) / scale - 0.5;
    }
    case "half_pixel":
      return (row + 0.5) / scale - 0.5;
    default:
      throw new Error(`resize: coordinates are not known, got "${transformation}", use half_pixel or asymmetric`);
  }
}

function nearest(rounding: string, x: number): number {
  switch (rounding) {
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "round_prefer_ceil":
      return Math.floor(x + 0.5);
    default:
      return Math.ceil(x - 0.5);
  }
}

function cubic(distance: number): number {
  const [d, a] = [distance, CUBIC_A];
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0;
}
