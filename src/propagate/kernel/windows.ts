/** Kernels under sliding windows: convolution with independent taps, averaging windows, and their transposes. */

import {
  type Kernel,
  kernelOf,
  type LagSource,
  onWindow,
  overValues,
  product,
  remapLags,
  scaleValues,
} from "./kernel.ts";
import { windowSize } from "./lags.ts";
import { type AxisTaps, axisTaps, foldProfile, sharedAt, spreadProfile, type Window } from "./slide.ts";

export type { Window } from "./slide.ts";

/**
 * Lags that a transposed window is followed to. Each stride doubles what a window of lags would have to hold; beyond this
 * only the mean over the pairs (`far`) is kept, and sums over pairs stay right.
 */
const WIDEST = 6;

/** One tap, no stride, no padding: every position for itself. */
export const isPointwise = (window: Window, sizes: readonly number[], out: readonly number[]): boolean =>
  window.kernel.every((k) => k === 1) && sizes.every((s, i) => s === out[i]) && window.pads.every((p) => p === 0);

/** How often pairs beyond a window of lags share a tap: what is left of all pairs, those inside the window taken out. */
function sharedBeyond(shares: readonly AxisTaps[], sizes: readonly number[], radius: readonly number[]): number {
  let [all, allPairs, inside, insidePairs] = [1, 1, 1, 1];
  sizes.forEach((size, axis) => {
    let [sum, pairs] = [0, 0];
    for (let lag = -radius[axis]; lag <= radius[axis]; lag++) {
      const n = size - Math.abs(lag);
      pairs += n;
      sum += n * sharedAt(shares[axis], lag);
    }
    all *= size * size * shares[axis].any;
    allPairs *= size * size;
    inside *= sum;
    insidePairs *= pairs;
  });
  const rest = allPairs - insidePairs;
  return rest <= 0 ? all / allPairs : Math.max(0, (all - inside) / rest);
}

/** Ratio of taps shared by two random positions to taps of one: for moments that are alike at all pairs of positions. */
export function pairShare(
  inner: readonly number[],
  window: Window,
  sizes: readonly number[],
  transposed: boolean,
): number {
  let share = 1;
  for (let axis = 0; axis < sizes.length; axis++)
    share *= axisTaps(inner[axis], sizes[axis], window, axis, transposed).any;
  return share;
}

/**
 * Σ over taps t of K(s·p + t, s·p' + t): each tap has a weight of its own, the same at every position, so only equal taps
 * meet (Novak et al. 2019, eq. 7). The correlation at lag Δ is the input's at lag stride · Δ.
 */
export function convolveKernel(kernel: Kernel, window: Window, sizes: readonly number[]): Kernel {
  if (isPointwise(window, kernel.sizes, sizes)) return kernel;
  const radius = sizes.map((size, axis) => Math.min(size - 1, Math.floor(kernel.radius[axis] / window.strides[axis])));
  const shares = sizes.map((size, axis) => axisTaps(kernel.sizes[axis], size, window, axis, false));
  const lags = remapLags(kernel, radius, (axis, lag) => ({
    source: lag * window.strides[axis],
    factor: sharedAt(shares[axis], lag),
  }));
  const far = kernel.far * sharedBeyond(shares, sizes, radius);
  return kernelOf(sizes, radius, lags, far, foldProfile(kernel, sizes, window));
}

/** The diagonal of `convolveKernel` alone. */
export const foldedDiagonal = (kernel: Kernel, window: Window, sizes: readonly number[]): Float64Array =>
  isPointwise(window, kernel.sizes, sizes) ? kernel.profile : foldProfile(kernel, sizes, window);

/**
 * The transpose: out[s·p + t] = Σ over (p, t). Positions whose lag is no multiple of the stride never share a tap, so their
 * correlation is 0; pairs outside the window share a tap as often as two positions picked at random.
 */
export function convolveTransposeKernel(kernel: Kernel, window: Window, sizes: readonly number[]): Kernel {
  if (isPointwise(window, kernel.sizes, sizes)) return kernel;
  const lattice = product(window.strides);
  const radius = sizes.map((size, axis) =>
    Math.min(
      size - 1,
      lattice === 1
        ? kernel.radius[axis]
        : Math.min(WIDEST, Math.max(kernel.radius[axis] * window.strides[axis], window.strides[axis] - 1)),
    ),
  );
  const shares = sizes.map((size, axis) => axisTaps(kernel.sizes[axis], size, window, axis, true));
  const lags = remapLags(
    kernel,
    radius,
    (axis, lag) =>
      lag % window.strides[axis] === 0
        ? { source: lag / window.strides[axis], factor: sharedAt(shares[axis], lag) }
        : { source: 0, factor: 0 },
    1,
  );
  const far = kernel.far * sharedBeyond(shares, sizes, radius);
  return kernelOf(sizes, radius, lags, far, spreadProfile(kernel, sizes, window));
}

/** Per lag of a window, summed over its sources, one list an axis: the product of their factors times the kernel's correlation there. */
function sumLags(
  kernel: Kernel,
  radius: readonly number[],
  sourcesOf: (axis: number, lag: number) => readonly LagSource[],
): Float64Array {
  const sources = radius.map((r, axis) => Array.from({ length: 2 * r + 1 }, (_, i) => sourcesOf(axis, i - r)));
  const reach = sources.map((lists, axis) =>
    lists.flat().reduce((most, { source }) => Math.max(most, Math.abs(source)), kernel.radius[axis]),
  );
  let data = onWindow(kernel, reach);
  sources.forEach((lists, axis) => {
    const width = 2 * reach[axis] + 1;
    const inner = windowSize(reach.slice(axis + 1));
    const outer = data.length / (width * inner);
    const next = new Float64Array(outer * lists.length * inner);
    for (let o = 0; o < outer; o++)
      lists.forEach((list, lag) => {
        const to = (o * lists.length + lag) * inner;
        for (const { source, factor } of list) {
          const from = (o * width + source + reach[axis]) * inner;
          for (let i = 0; i < inner; i++) next[to + i] += factor * data[from + i];
        }
      });
    data = next;
  });
  return data;
}

/** Lags relative to the one in the centre, which is 1; and that one. */
function relativeToCentre(sums: Float64Array): { readonly centre: number; readonly lags: Float64Array } {
  const middle = (sums.length - 1) / 2;
  const centre = sums[middle];
  const lags = centre === 0 ? new Float64Array(sums.length) : overValues(sums, centre);
  lags[middle] = 1;
  return { centre, lags };
}

/** Average over a window (all taps equal): second moments of the averages. `padded`: padding counts as zeros. */
export function averageKernel(kernel: Kernel, window: Window, sizes: readonly number[], padded: boolean): Kernel {
  const taps = product(window.kernel);
  const radius = sizes.map((size, axis) =>
    Math.min(
      size - 1,
      Math.ceil((kernel.radius[axis] + (window.kernel[axis] - 1) * window.dilations[axis]) / window.strides[axis]),
    ),
  );
  // Triangular weights: how many pairs of taps are τ apart.
  const sums = sumLags(kernel, radius, (axis, lag) => {
    const { kernel: taps, strides, dilations } = window;
    return Array.from({ length: 2 * taps[axis] - 1 }, (_, i) => {
      const tau = i + 1 - taps[axis];
      return { source: lag * strides[axis] + tau * dilations[axis], factor: taps[axis] - Math.abs(tau) };
    });
  });
  const { centre: pairs, lags } = relativeToCentre(sums);
  const centre = pairs / (taps * taps);
  const values = foldProfile(kernel, sizes, window);
  const ones = foldProfile({ ...kernel, profile: Float64Array.of(1) }, sizes, window);
  // A window that meets padding averages fewer values: c of them have second moment (1/c + (1 − 1/c)·r)·v, r their mean correlation.
  const r = taps === 1 ? 1 : (centre * taps - 1) / (taps - 1);
  const profile = new Float64Array(Math.max(values.length, ones.length));
  for (let i = 0; i < profile.length; i++) {
    const sum = values[values.length === 1 ? 0 : i];
    const count = ones[ones.length === 1 ? 0 : i];
    if (count === 0) continue;
    const level = (sum / count) * (1 / count + (1 - 1 / count) * r);
    profile[i] = padded ? level * (count / taps) ** 2 : level;
  }
  return kernelOf(sizes, radius, lags, centre === 0 ? 0 : kernel.far / centre, profile);
}

/** The transpose of an averaging window: every input position receives 1/taps of each window that it is in. */
export function averageTransposeKernel(kernel: Kernel, window: Window, sizes: readonly number[]): Kernel {
  const taps = product(window.kernel);
  const radius = sizes.map((size, axis) =>
    Math.min(size - 1, kernel.radius[axis] * window.strides[axis] + (window.kernel[axis] - 1) * window.dilations[axis]),
  );
  // Input i lies in window o when i = s·o + t; a pair at lag Δ meets windows at lag j with i' − i = s·j + (t' − t).
  const sums = sumLags(kernel, radius, (axis, lag) => {
    const { kernel: taps, strides, dilations } = window;
    return Array.from({ length: 2 * taps[axis] - 1 }, (_, i) => {
      const tau = i + 1 - taps[axis];
      return { source: (lag - tau * dilations[axis]) / strides[axis], factor: taps[axis] - Math.abs(tau) };
    }).filter(({ source }) => Number.isInteger(source));
  });
  const { centre: pairs, lags } = relativeToCentre(sums);
  const centre = pairs / product(window.strides);
  const perInput = taps / product(window.strides);
  const spread = spreadProfile(kernel, sizes, window);
  const level = perInput === 0 ? 0 : centre / (perInput * taps * taps);
  const far = centre === 0 ? 0 : (kernel.far * perInput * perInput) / centre;
  return kernelOf(sizes, radius, lags, Math.min(1, far), scaleValues(spread, level));
}
