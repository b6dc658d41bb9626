/** Kernels under sliding windows: convolution with independent taps, averaging windows, and their transposes. */

import { correlationAt, type Kernel, kernelOf, lagsFrom, product, remapLags, scaleValues } from "./kernel.ts";
import { type AxisTaps, axisTaps, foldProfile, sharedAt, spreadProfile, type Window } from "./slide.ts";

export type { Window } from "./slide.ts";

/**
 * Lags that a transposed window is followed to. Each stride doubles what a window of lags would have to hold; beyond this
 * only the mean over the pairs (`far`) is kept, and sums over pairs stay right.
 */
const WIDEST = 6;

const isPointwise = (window: Window, sizes: readonly number[], out: readonly number[]): boolean =>
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
  return sizes.reduce((share, size, axis) => share * axisTaps(inner[axis], size, window, axis, transposed).any, 1);
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

/** Σ over τ of the triangular weights (taps − |τ|) of f at s·Δ + τ·dilation, all axes. */
function triangular(window: Window, f: (lag: readonly number[]) => number, lag: readonly number[]): number {
  const at = lag.map(() => 0);
  const visit = (axis: number, weight: number): number => {
    if (axis === lag.length) return weight * f(at);
    let sum = 0;
    const taps = window.kernel[axis];
    for (let tau = 1 - taps; tau < taps; tau++) {
      at[axis] = lag[axis] * window.strides[axis] + tau * window.dilations[axis];
      sum += visit(axis + 1, weight * (taps - Math.abs(tau)));
    }
    return sum;
  };
  return visit(0, 1);
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
  const at = (lag: readonly number[]) => triangular(window, (l) => correlationAt(kernel, l), lag) / (taps * taps);
  const centre = at(sizes.map(() => 0));
  const lags = lagsFrom(radius, (lag) => (centre === 0 ? 0 : at(lag) / centre));
  const sums = foldProfile(kernel, sizes, window);
  const ones = foldProfile({ ...kernel, profile: Float64Array.of(1) }, sizes, window);
  // A window that meets padding averages fewer values: c of them have second moment (1/c + (1 − 1/c)·r)·v, r their mean correlation.
  const r = taps === 1 ? 1 : (centre * taps - 1) / (taps - 1);
  const profile = new Float64Array(Math.max(sums.length, ones.length));
  for (let i = 0; i < profile.length; i++) {
    const sum = sums[sums.length === 1 ? 0 : i];
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
  const overlap = (lag: readonly number[]): number => {
    const visit = (axis: number, weight: number, j: readonly number[]): number => {
      if (axis === lag.length) return weight * correlationAt(kernel, j);
      let sum = 0;
      const reach = (window.kernel[axis] - 1) * window.dilations[axis];
      const s = window.strides[axis];
      for (let tau = -reach; tau <= reach; tau += window.dilations[axis]) {
        const rest = lag[axis] - tau;
        if (rest % s !== 0) continue;
        sum += visit(axis + 1, weight * (window.kernel[axis] - Math.abs(tau) / window.dilations[axis]), [
          ...j,
          rest / s,
        ]);
      }
      return sum;
    };
    return visit(0, 1, []) / product(window.strides);
  };
  const centre = overlap(sizes.map(() => 0));
  const lags = lagsFrom(radius, (lag) => (centre === 0 ? 0 : overlap(lag) / centre));
  const perInput = taps / product(window.strides);
  const spread = spreadProfile(kernel, sizes, window);
  const level = perInput === 0 ? 0 : centre / (perInput * taps * taps);
  const far = centre === 0 ? 0 : (kernel.far * perInput * perInput) / centre;
  return kernelOf(sizes, radius, lags, Math.min(1, far), scaleValues(spread, level));
}
