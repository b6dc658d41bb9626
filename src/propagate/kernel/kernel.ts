/**
 * Second moments between the positions of one channel: K(p, p') = E[a_p a_p'].
 *
 * What: a position-resolved diagonal (`profile`) times a correlation that depends on the lag p' − p alone, listed inside
 * a window and constant (`far`) outside it. Why: the full matrix of a 112 × 112 map has 1.6·10⁸ entries, while random
 * weights keep the correlation of a map nearly stationary (Novak et al. 2019, "Bayesian deep convolutional networks with
 * many channels are Gaussian processes", eq. 7) and zero padding shows in the diagonal.
 * Limits: the correlation near a border is taken to be that of the interior.
 */

import { forEachLag, windowPairs, windowSize, windowStrides } from "./lags.ts";
import { addValues, mean, multiplyValues, product, scaleValues, single } from "./values.ts";

export { forEachLag, pairsAt, windowPairs } from "./lags.ts";
export { mean, multiplyValues, outerValues, overValues, product, scaleValues } from "./values.ts";

export interface Kernel {
  /** Extent of each position axis; empty: one position. */
  readonly sizes: readonly number[];
  /** The window holds lags −radius … radius on each axis. */
  readonly radius: readonly number[];
  /** Correlation by lag, row-major over 2·radius + 1; 1 in the centre. */
  readonly lags: Float64Array;
  /** Correlation of every pair outside the window. */
  readonly far: number;
  /** K(p, p), row-major over sizes; a single value when all positions are alike. */
  readonly profile: Float64Array;
}

/** The one place where kernels are put together: objects of one form are read fastest. */
export const kernelOf = (
  sizes: readonly number[],
  radius: readonly number[],
  lags: Float64Array,
  far: number,
  profile: Float64Array,
): Kernel => ({ sizes, radius, lags, far, profile });

/** The same correlations about another diagonal. */
export const withProfile = ({ sizes, radius, lags, far }: Kernel, profile: Float64Array): Kernel =>
  kernelOf(sizes, radius, lags, far, profile);

/** Arrays are never changed once they are in a kernel: these are in many. */
const NONE: readonly (readonly number[])[] = [[], [0], [0, 0], [0, 0, 0]];
const CENTRE = single(1);

export const noRadius = (axes: number): readonly number[] => NONE[axes] ?? new Array<number>(axes).fill(0);

/** Kernel whose positions are all alike: diagonal `value`, correlation `far` between any two positions. */
export const uniformKernel = (sizes: readonly number[], value: number, far: number): Kernel =>
  kernelOf(sizes, noRadius(sizes.length), CENTRE, sizes.length === 0 ? 1 : far, single(value));

export const pointKernel = (value: number): Kernel => uniformKernel([], value, 1);

/** Profiles are never changed once made, so their means are remembered with them. */
const means = new WeakMap<Float64Array, number>();

/** Mean of K(p, p) over the positions. */
export function diagonal(kernel: Kernel): number {
  const { profile } = kernel;
  if (profile.length === 1) return profile[0];
  const known = means.get(profile);
  if (known !== undefined) return known;
  const value = mean(profile);
  means.set(profile, value);
  return value;
}

export const positions = (kernel: Kernel): number => product(kernel.sizes);

/** The profile with one entry per position. */
export const fullProfile = (kernel: Kernel): Float64Array =>
  kernel.profile.length === 1 ? new Float64Array(positions(kernel)).fill(kernel.profile[0]) : kernel.profile;

/** Correlation at a lag; lags beyond the map do not occur and read as `far`. */
export function correlationAt(kernel: Kernel, lag: readonly number[]): number {
  let index = 0;
  for (let axis = 0; axis < lag.length; axis++) {
    const r = kernel.radius[axis];
    if (lag[axis] < -r || lag[axis] > r) return kernel.far;
    index = index * (2 * r + 1) + lag[axis] + r;
  }
  return kernel.lags[index];
}

/** Builds the window of a kernel from a function of the lag. */
export function lagsFrom(radius: readonly number[], correlation: (lag: readonly number[]) => number): Float64Array {
  const lags = new Float64Array(windowSize(radius));
  forEachLag(radius, (index, lag) => {
    lags[index] = lag.every((l) => l === 0) ? 1 : correlation(lag);
  });
  return lags;
}

/** Where a lag along one axis of a window comes from, and a factor on its correlation. */
export interface LagSource {
  readonly source: number;
  readonly factor: number;
}

/**
 * A window whose correlation at a lag is the kernel's at the axes' `source` lags times the product of their factors, cut to
 * `most`. The centre is 1.
 */
export function remapLags(
  kernel: Kernel,
  radius: readonly number[],
  at: (axis: number, lag: number) => LagSource,
  most = Number.POSITIVE_INFINITY,
): Float64Array {
  const strides = windowStrides(kernel.radius);
  // Axis by axis: the products of all factors so far, and where in the kernel's window they read (NaN: beyond it).
  let factors = CENTRE;
  let offsets = single(0);
  radius.forEach((r, axis) => {
    const own = kernel.radius[axis];
    const width = 2 * r + 1;
    const [nextFactors, nextOffsets] = [
      new Float64Array(factors.length * width),
      new Float64Array(factors.length * width),
    ];
    for (let lag = -r; lag <= r; lag++) {
      const { source, factor } = at(axis, lag);
      const offset = source >= -own && source <= own ? (source + own) * strides[axis] : Number.NaN;
      for (let i = 0, to = lag + r; i < factors.length; i++, to += width) {
        nextFactors[to] = factors[i] * factor;
        nextOffsets[to] = offsets[i] + offset;
      }
    }
    factors = nextFactors;
    offsets = nextOffsets;
  });
  const lags = new Float64Array(factors.length);
  for (let i = 0; i < lags.length; i++) {
    const offset = offsets[i];
    lags[i] = Math.min(most, factors[i]) * (Number.isNaN(offset) ? kernel.far : kernel.lags[offset]);
  }
  lags[(lags.length - 1) / 2] = 1;
  return lags;
}

/** The same second moments, every one multiplied by `factor` ≥ 0. */
export function scaleKernel(kernel: Kernel, factor: number): Kernel {
  if (factor === 1) return kernel;
  const profile = scaleValues(kernel.profile, factor);
  const level = means.get(kernel.profile);
  if (level !== undefined) means.set(profile, factor * level);
  return withProfile(kernel, profile);
}

/** Adds `value` to every entry, diagonal or not: a constant or a bias shared by all positions. */
export function addConstant(kernel: Kernel, value: number): Kernel {
  if (value === 0) return kernel;
  const before = diagonal(kernel);
  const after = before + value;
  const lift = (c: number) => (after === 0 ? c : (before * c + value) / after);
  return {
    ...kernel,
    lags: kernel.lags.map(lift),
    far: lift(kernel.far),
    profile: kernel.profile.map((v) => v + value),
  };
}

/** Applies `f` to every correlation but the diagonal's own. */
export function mapCorrelations(kernel: Kernel, f: (correlation: number) => number): Pick<Kernel, "lags" | "far"> {
  const centre = (kernel.lags.length - 1) / 2;
  const lags = new Float64Array(kernel.lags.length);
  // K(p, p') = K(p', p): the second half of a window mirrors the first.
  for (let i = 0; i < centre; i++) {
    lags[i] = f(kernel.lags[i]);
    lags[lags.length - 1 - i] =
      kernel.lags[lags.length - 1 - i] === kernel.lags[i] ? lags[i] : f(kernel.lags[lags.length - 1 - i]);
  }
  lags[centre] = 1;
  return { lags, far: kernel.sizes.length === 0 ? 1 : f(kernel.far) };
}

/** Weighted sum of kernels over the same positions: Σ weight · K. Weights may be negative where the sum stays one. */
export function sumKernels(terms: readonly { readonly kernel: Kernel; readonly weight: number }[]): Kernel {
  const [first] = terms;
  if (terms.length === 1) return scaleKernel(first.kernel, first.weight);
  const sizes = first.kernel.sizes;
  const radius = sizes.map((_, axis) => Math.max(...terms.map((t) => t.kernel.radius[axis])));
  const length = terms.every((t) => t.kernel.profile.length === 1) ? 1 : product(sizes);
  const profile = new Float64Array(length);
  for (let t = 0; t < terms.length; t++) addValues(profile, terms[t].kernel.profile, terms[t].weight);
  const parts = terms.map((t) => ({ kernel: t.kernel, share: t.weight * diagonal(t.kernel) }));
  const total = parts.reduce((sum, p) => sum + p.share, 0);
  if (length > 1) means.set(profile, total);
  const blend = (at: (k: Kernel) => number) =>
    total === 0 ? at(first.kernel) : parts.reduce((sum, p) => sum + p.share * at(p.kernel), 0) / total;
  return kernelOf(
    sizes,
    radius,
    blendWindows(parts, total, radius),
    blend((k) => k.far),
    profile,
  );
}

function blendWindows(
  parts: readonly { readonly kernel: Kernel; readonly share: number }[],
  total: number,
  radius: readonly number[],
): Float64Array {
  if (total === 0) return onWindow(parts[0].kernel, radius);
  const out = new Float64Array(windowSize(radius));
  for (const { kernel, share } of parts) {
    const lags = onWindow(kernel, radius);
    addValues(out, lags, share / total);
  }
  out[(out.length - 1) / 2] = 1;
  return out;
}

/** The window of a kernel, on a window at least as large. */
export function onWindow(kernel: Kernel, radius: readonly number[]): Float64Array {
  if (radius.every((r, axis) => r === kernel.radius[axis])) return kernel.lags;
  if (radius.some((r, axis) => r < kernel.radius[axis])) return lagsFrom(radius, (lag) => correlationAt(kernel, lag));
  const out = new Float64Array(windowSize(radius)).fill(kernel.far);
  const { lags } = kernel;
  const own = kernel.radius;
  let read = 0;
  const visit = (axis: number, at: number): void => {
    const inner = radius[axis] - own[axis];
    const width = 2 * own[axis] + 1;
    const row = at * (2 * radius[axis] + 1) + inner;
    if (axis === radius.length - 1) for (let i = 0; i < width; i++) out[row + i] = lags[read++];
    else for (let i = 0; i < width; i++) visit(axis + 1, row + i);
  };
  visit(0, 0);
  return out;
}

/** Entrywise product of two kernels over the same positions (gates; gradient times activation). */
export function multiplyKernels(a: Kernel, b: Kernel): Kernel {
  const radius = a.sizes.map((_, axis) => Math.max(a.radius[axis], b.radius[axis]));
  const [x, y] = [onWindow(a, radius), onWindow(b, radius)];
  return kernelOf(a.sizes, radius, multiplyValues(x, y), a.far * b.far, multiplyValues(a.profile, b.profile));
}

/** Σ over all ordered pairs of positions of K(p, p'). */
export function sumOverPairs(kernel: Kernel): number {
  const count = positions(kernel);
  if (kernel.lags.length === 1) return diagonal(kernel) * (count + (count * count - count) * kernel.far);
  const { inside, pairs } = windowPairs(kernel.sizes, kernel.radius, kernel.lags);
  return diagonal(kernel) * (inside + (count * count - pairs) * kernel.far);
}

/** Mean of K over all ordered pairs of positions: the second moment of the average over positions. */
export const meanOverPairs = (kernel: Kernel): number => {
  const count = positions(kernel);
  return sumOverPairs(kernel) / (count * count);
};
