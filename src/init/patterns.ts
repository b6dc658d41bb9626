/** Deterministic patterns addressed by element: identity, Dirac, bilinear upsampling. */

import { sizeOf } from "./shape.ts";

/** 1 on the main diagonal of a matrix (times gain), further axes flattened into columns. */
export function fillIdentity(out: Float32Array, shape: readonly number[], gain: number, start: number): void {
  const columns = sizeOf(shape.slice(1));
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor((start + i) / columns);
    out[i] = (start + i) % columns === row ? gain : 0;
  }
}

/** Flat index of the centre tap (k >> 1 along each axis, as PyTorch's `dirac_`). */
function centreTap(kernel: readonly number[]): number {
  return kernel.reduce((index, extent) => index * extent + (extent >> 1), 0);
}

/**
 * A convolution kernel [out, in/groups, …kernel] that passes channels on: within each group output d copies input d.
 *
 * @throws RangeError when there is no kernel axis or the groups do not divide the outputs.
 */
export function fillDirac(out: Float32Array, shape: readonly number[], groups: number, start: number): void {
  const [rows = 0, inputs = 0, ...kernel] = shape;
  if (kernel.length === 0 || !Number.isInteger(groups) || groups < 1 || rows % groups !== 0)
    throw new RangeError(
      `dirac: needs a convolution kernel whose outputs divide into the groups, got [${shape.join(", ")}] in ${groups}; use identity for matrices`,
    );
  const taps = sizeOf(kernel);
  const centre = centreTap(kernel);
  const perGroup = rows / groups;
  for (let i = 0; i < out.length; i++) {
    const index = start + i;
    const row = Math.floor(index / (inputs * taps)) % perGroup;
    const input = Math.floor(index / taps) % inputs;
    out[i] = row === input && index % taps === centre ? 1 : 0;
  }
}

/** Weight of position `at` in a bilinear filter of `extent` taps (Long, Shelhamer & Darrell 2015, FCN). */
function triangle(at: number, extent: number): number {
  const factor = (extent + 1) >> 1;
  const centre = extent % 2 === 1 ? factor - 1 : factor - 0.5;
  return 1 - Math.abs(at - centre) / factor;
}

function bilinearTap(tap: number, kernel: readonly number[]): number {
  let product = 1;
  let rest = tap;
  for (let axis = kernel.length - 1; axis >= 0; axis--) {
    const extent = kernel[axis]!;
    product *= triangle(rest % extent, extent);
    rest = Math.floor(rest / extent);
  }
  return product;
}

/** Channels that hold the filter: the diagonal, or all where each group has one channel. */
const holdsFilter = (row: number, column: number, columns: number) => columns === 1 || row === column;

/** Transposed convolution kernel [in, out/groups, …kernel] that upsamples every channel (linear in each direction). */
export function fillBilinear(out: Float32Array, shape: readonly number[], start: number): void {
  const [, columns = 1, ...kernel] = shape;
  const taps = sizeOf(kernel);
  const filter = Float64Array.from({ length: taps }, (_, tap) => bilinearTap(tap, kernel));
  for (let i = 0; i < out.length; i++) {
    const index = start + i;
    const row = Math.floor(index / (columns * taps));
    out[i] = holdsFilter(row, Math.floor(index / taps) % columns, columns) ? filter[index % taps]! : 0;
  }
}

/** Mean and second moment over the elements of a bilinear kernel. */
export function bilinearMoments(shape: readonly number[]): { readonly mean: number; readonly secondMoment: number } {
  const [rows = 1, columns = 1, ...kernel] = shape;
  const taps = sizeOf(kernel);
  let sum = 0;
  let squares = 0;
  for (let tap = 0; tap < taps; tap++) {
    const value = bilinearTap(tap, kernel);
    sum += value;
    squares += value * value;
  }
  const filters = columns === 1 ? rows : Math.min(rows, columns);
  const count = rows * columns * taps;
  return count > 0
    ? { mean: (filters * sum) / count, secondMoment: (filters * squares) / count }
    : { mean: 0, secondMoment: 0 };
}
