/**
 * Correlation as a sum of matrix products over shifted planes.
 *
 * An image is laid out as [channels, samples × padded positions]: there a kernel tap is a plain shift along the last
 * axis, so each tap is one matrix product on a contiguous slice and nothing is gathered (im2col copies the input once a
 * tap). The positions that straddle two rows are computed and thrown away. A stride s splits each axis into s phases,
 * which become extra channels of a stride-1 correlation. jax-js' own convolution is 10 to 100 times slower on Wasm.
 *
 * `correlate`, `scatter` (its transpose in x) and `weightGradient` (its transpose in w) are the three faces of one
 * bilinear map, so that convolution, transposed convolution and the gradients of both are made of them.
 */

import type { Jax, Tensor } from "../jax.ts";
import { product } from "../operation.ts";

/** Of a correlation x [N, C, …inputs] → y [N, O, …outputs] with w [O, C/groups, …kernel]. */
export interface Geometry {
  readonly samples: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first element of each axis; what is needed behind the last follows from the outputs. */
  readonly before: readonly number[];
}

export interface Plane extends Geometry {
  /** Length of each axis of a phase plane. */
  readonly grid: readonly number[];
  /** Taps of each axis after the split into phases. */
  readonly taps: readonly number[];
  /** Shift of each tap along the flattened axis. */
  readonly shifts: readonly number[];
  readonly maxShift: number;
  /** Phases of each axis that a tap reads: the stride, or the kernel's reach where that is less. */
  readonly phases: readonly number[];
  /** samples × grid. */
  readonly positions: number;
  /** Columns of a product: positions, rounded up to whole SIMD tiles. */
  readonly length: number;
}

/** jax-js' Wasm kernels are tiled where the row length is a multiple of this; elsewhere they are 15 times slower. */
const TILE = 128;

export function planeOf(geometry: Geometry): Plane {
  const axes = geometry.kernel.map((kernel, i) => {
    const stride = geometry.strides[i]!;
    const dilation = geometry.dilations[i]!;
    const reach = (kernel - 1) * dilation + 1;
    const output = geometry.outputs[i]!;
    if (stride === 1) return { taps: kernel, step: dilation, grid: output + reach - 1, phases: 1 };
    const taps = Math.ceil(reach / stride);
    return { taps, step: 1, grid: output + taps - 1, phases: Math.min(stride, reach) };
  });
  const grid = axes.map((axis) => axis.grid);
  let shifts = [0];
  axes.forEach((axis, i) => {
    const unit = product(grid.slice(i + 1));
    shifts = shifts.flatMap((shift) => Array.from({ length: axis.taps }, (_, tap) => shift + tap * axis.step * unit));
  });
  const positions = geometry.samples * product(grid);
  return {
    ...geometry,
    grid,
    taps: axes.map((axis) => axis.taps),
    shifts,
    maxShift: shifts[shifts.length - 1]!,
    phases: axes.map((axis) => axis.phases),
    positions,
    length: Math.ceil(positions / TILE) * TILE,
  };
}

/** x [N, C, …inputs] → [groups, phases · C/groups, length + maxShift]. */
export function pack(jax: Jax, plane: Plane, x: Tensor): Tensor {
  const { samples, groups, inChannels, grid, strides } = plane;
  const widths: [number, number][] = [
    [0, 0],
    [0, 0],
  ];
  const keep: [number, number][] = [
    [0, samples],
    [0, inChannels],
  ];
  grid.forEach((length, i) => {
    const total = length * strides[i]!;
    const used = Math.max(0, Math.min(plane.inputs[i]!, total - plane.before[i]!));
    keep.push([0, used]);
    widths.push([plane.before[i]!, total - plane.before[i]! - used]);
  });
  const split = [samples, groups, inChannels / groups, ...grid.flatMap((length, i) => [length, strides[i]!])];
  const phaseAxes = grid.map((_, i) => 4 + 2 * i);
  const gridAxes = grid.map((_, i) => 3 + 2 * i);
  const planes = jax.numpy
    .pad(x.ref.slice(...keep), widths)
    .reshape(split)
    .slice([], [], [], ...plane.phases.flatMap((count): ([] | [number, number])[] => [[], [0, count]]))
    .transpose([1, ...phaseAxes, 2, 0, ...gridAxes])
    .reshape([groups, (product(plane.phases) * inChannels) / groups, plane.positions]);
  return jax.numpy.pad(planes, { 2: [0, plane.length + plane.maxShift - plane.positions] });
}

/** packed [groups, O/groups, length] → y [N, O, …outputs]. */
export function unpackOutput(plane: Plane, rows: Tensor): Tensor {
  const { samples, outChannels, grid, outputs } = plane;
  return rows
    .slice([], [], [0, plane.positions])
    .reshape([outChannels, samples, ...grid])
    .slice([], [], ...outputs.map((size): [number, number] => [0, size]))
    .transpose([1, 0, ...grid.map((_, i) => 2 + i)]);
}

/** The transpose of `pack`: planes back to x [N, C, …inputs]; positions that no output reads get 0. */
export function unpack(jax: Jax, plane: Plane, planes: Tensor): Tensor {
  const { samples, groups, inChannels, grid, strides } = plane;
  const rank = grid.length;
  const merged = planes
    .slice([], [], [0, plane.positions])
    .reshape([groups, ...plane.phases, inChannels / groups, samples, ...grid])
    .transpose([rank + 2, 0, rank + 1, ...grid.flatMap((_, i) => [rank + 3 + i, 1 + i])]);
  const unread = strides.map((stride, i): [number, number][] => [
    [0, 0],
    [0, stride - plane.phases[i]!],
  ]);
  const whole = jax.numpy
    .pad(merged, [[0, 0], [0, 0], [0, 0], ...unread.flat()])
    .reshape([samples, inChannels, ...grid.map((length, i) => length * strides[i]!)]);
  const keep: [number, number][] = [
    [0, samples],
    [0, inChannels],
  ];
  const widths: [number, number][] = [
    [0, 0],
    [0, 0],
  ];
  grid.forEach((length, i) => {
    const used = Math.max(0, Math.min(plane.inputs[i]!, length * strides[i]! - plane.before[i]!));
    keep.push([plane.before[i]!, plane.before[i]! + used]);
    widths.push([0, plane.inputs[i]! - used]);
  });
  return jax.numpy.pad(whole.slice(...keep), widths);
}

/** y [N, O, …outputs] → [groups, O/groups, maxShift + length], zero where a position holds no output. */
export function packOutput(jax: Jax, plane: Plane, y: Tensor): Tensor {
  const { samples, groups, outChannels, grid } = plane;
  const widths: [number, number][] = [
    [0, 0],
    [0, 0],
  ];
  grid.forEach((length, i) => {
    widths.push([0, length - plane.outputs[i]!]);
  });
  const rows = jax.numpy
    .pad(y.ref, widths)
    .reshape([samples, groups, outChannels / groups, product(grid)])
    .transpose([1, 2, 0, 3])
    .reshape([groups, outChannels / groups, plane.positions]);
  return jax.numpy.pad(rows, { 2: [plane.maxShift, plane.length - plane.positions] });
}

/** w [O, C/groups, …kernel] → [taps, groups, O/groups, phases · C/groups]. */
export function packWeight(jax: Jax, plane: Plane, w: Tensor): Tensor {
  const { groups, inChannels, outChannels, strides, taps, phases } = plane;
  let weight = w.ref;
  plane.kernel.forEach((_, i) => {
    if (strides[i]! > 1) weight = spread(jax, plane, weight, i);
  });
  return weight
    .reshape([groups, outChannels / groups, inChannels / groups, ...taps.flatMap((tap, i) => [tap, phases[i]!])])
    .transpose([...taps.map((_, i) => 3 + 2 * i), 0, 1, ...taps.map((_, i) => 4 + 2 * i), 2])
    .reshape([product(taps), groups, outChannels / groups, (product(phases) * inChannels) / groups]);
}

/** A strided axis of the kernel: its dilation written out as zeros, then filled up to whole phases. */
function spread(jax: Jax, plane: Plane, weight: Tensor, axis: number): Tensor {
  const dilation = plane.dilations[axis]!;
  const shape = weight.shape;
  const at = axis + 2;
  const size = shape[at]!;
  const [before, after] = [shape.slice(0, at), shape.slice(at + 1)];
  const dilated = jax.numpy
    .pad(weight.reshape([...before, size, 1, ...after]), { [at + 1]: [0, dilation - 1] })
    .reshape([...before, size * dilation, ...after]);
  const reach = (size - 1) * dilation + 1;
  const cropped = dilated.slice(...[...before, reach, ...after].map((length): [number, number] => [0, length]));
  return jax.numpy.pad(cropped, { [at]: [0, plane.taps[axis]! * plane.phases[axis]! - reach] });
}

/** The transpose of `packWeight`, from one [groups, O/groups, phases · C/groups] array a tap. */
export function unpackWeight(jax: Jax, plane: Plane, byTap: readonly Tensor[]): Tensor {
  const { groups, inChannels, outChannels, strides, dilations, taps, kernel, phases } = plane;
  const rank = taps.length;
  const stacked = stack(jax, byTap, taps)
    .reshape([...taps, groups, outChannels / groups, ...phases, inChannels / groups])
    .transpose([rank, rank + 1, 2 * rank + 2, ...taps.flatMap((_, i) => [i, rank + 2 + i])]);
  const lengths = taps.map((tap, i) => tap * phases[i]!);
  let weight = stacked.reshape([outChannels, inChannels / groups, ...lengths]);
  kernel.forEach((size, i) => {
    if (strides[i]! === 1) return;
    const at = i + 2;
    const dilation = dilations[i]!;
    const shape = weight.shape;
    const missing = size * dilation - shape[at]!;
    const whole =
      missing > 0
        ? jax.numpy.pad(weight, { [at]: [0, missing] })
        : weight.slice(...shape.map((length, k): [number, number] => [0, k === at ? size * dilation : length]));
    const [before, after] = [shape.slice(0, at), shape.slice(at + 1)];
    weight = whole.reshape([...before, size, dilation, ...after]).slice(...before.map((): [] => []), [], 0);
  });
  return weight;
}

/** Stacks axis by axis: jax-js evaluates every piece of a concatenation for every element, so few pieces at a time. */
function stack(jax: Jax, tensors: readonly Tensor[], axes: readonly number[]): Tensor {
  let level = [...tensors];
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const size = axes[axis]!;
    const next: Tensor[] = [];
    for (let i = 0; i < level.length; i += size) next.push(jax.numpy.stack(level.slice(i, i + size), 0));
    level = next;
  }
  return level[0]!;
}
