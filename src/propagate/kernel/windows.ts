/** Kernels under sliding windows: convolution with independent taps, averaging windows, and their transposes. */

import { correlationAt, fullProfile, type Kernel, lagsFrom, product } from "./kernel.ts";

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends. */
  readonly pads: readonly number[];
}

/**
 * Along one axis. Folding gathers, out[o] = Σ over taps of in[o·stride + tap·dilation − pad], taps on padding left out;
 * spreading is its transpose, out[i·stride + tap·dilation − pad] += in[i].
 */
const slideAxis =
  (spread: boolean) =>
  (
    data: Float64Array,
    sizes: readonly number[],
    axis: number,
    outSize: number,
    taps: number,
    stride: number,
    dilation: number,
    pad: number,
  ): Float64Array => {
    const inner = product(sizes.slice(axis + 1));
    const outer = product(sizes.slice(0, axis));
    const size = sizes[axis];
    const [windows, limit] = spread ? [size, outSize] : [outSize, size];
    const out = new Float64Array(outer * outSize * inner);
    for (let o = 0; o < outer; o++)
      for (let y = 0; y < windows; y++)
        for (let tap = 0; tap < taps; tap++) {
          const x = y * stride + tap * dilation - pad;
          if (x < 0 || x >= limit) continue;
          const from = (o * size + (spread ? y : x)) * inner;
          const to = (o * outSize + (spread ? x : y)) * inner;
          for (let i = 0; i < inner; i++) out[to + i] += data[from + i];
        }
    return out;
  };

const foldAxis = slideAxis(false);
const spreadAxis = slideAxis(true);

/**
 * Lags that a transposed window is followed to. Each stride doubles what a window of lags would have to hold; beyond this
 * only the mean over the pairs (`far`) is kept, and sums over pairs stay right.
 */
const WIDEST = 6;

function eachAxis(kernel: Kernel, sizes: readonly number[], window: Window, step: typeof foldAxis): Float64Array {
  let data = fullProfile(kernel);
  const current = [...kernel.sizes];
  sizes.forEach((size, axis) => {
    data = step(
      data,
      current,
      axis,
      size,
      window.kernel[axis],
      window.strides[axis],
      window.dilations[axis],
      window.pads[axis],
    );
    current[axis] = size;
  });
  return data;
}

const isPointwise = (window: Window, sizes: readonly number[], out: readonly number[]): boolean =>
  window.kernel.every((k) => k === 1) && sizes.every((s, i) => s === out[i]) && window.pads.every((p) => p === 0);

/**
 * How much less often two positions at a lag share a tap on real input than their own tap counts say, along one axis:
 * Σ_t P(both valid) / Σ_t P(valid). `source` maps (position, tap) to an input coordinate or −1. The last entry is for two
 * positions picked at random.
 */
function sharedTaps(
  size: number,
  taps: number,
  source: (position: number, tap: number) => boolean,
  radius: number,
): { at: (lag: number) => number; any: number } {
  const valid = Array.from({ length: taps }, (_, t) =>
    Uint8Array.from({ length: size }, (_, p) => (source(p, t) ? 1 : 0)),
  );
  const counts = valid.map((v) => v.reduce((a, b) => a + b, 0));
  const single = counts.reduce((a, b) => a + b, 0) / size;
  if (single === 0) return { at: () => 1, any: 1 };
  if (counts.every((c) => c === size)) return { at: () => 1, any: 1 };
  const both = (lag: number): number => {
    let sum = 0;
    for (const v of valid) for (let p = 0; p + lag < size; p++) sum += v[p] & v[p + lag];
    return sum / Math.max(1, size - lag) / single;
  };
  const table = Float64Array.from({ length: Math.min(radius, size - 1) + 1 }, (_, lag) => both(lag));
  const any = counts.reduce((sum, c) => sum + (c / size) ** 2, 0) / single;
  return { at: (lag) => table[Math.abs(lag)] ?? any, any };
}

/** Ratio of taps shared by two random positions to taps of one: for moments that are alike at all pairs of positions. */
export function pairShare(
  inner: readonly number[],
  window: Window,
  sizes: readonly number[],
  transposed: boolean,
): number {
  return sizes.reduce((share, size, axis) => share * axisShare(inner[axis], size, window, axis, transposed, 0).any, 1);
}

function axisShare(inner: number, size: number, window: Window, axis: number, transposed: boolean, radius: number) {
  const { kernel, strides, dilations, pads } = window;
  const source = transposed
    ? (p: number, t: number) => {
        const o = p + pads[axis] - t * dilations[axis];
        return o >= 0 && o % strides[axis] === 0 && o / strides[axis] < inner;
      }
    : (p: number, t: number) => {
        const x = p * strides[axis] + t * dilations[axis] - pads[axis];
        return x >= 0 && x < inner;
      };
  return sharedTaps(size, kernel[axis], source, radius);
}

/**
 * Σ over taps t of K(s·p + t, s·p' + t): each tap has a weight of its own, the same at every position, so only equal taps
 * meet (Novak et al. 2019, eq. 7). The correlation at lag Δ is the input's at lag stride · Δ.
 */
export function convolveKernel(kernel: Kernel, window: Window, sizes: readonly number[]): Kernel {
  if (isPointwise(window, kernel.sizes, sizes)) return kernel;
  const radius = sizes.map((size, axis) => Math.min(size - 1, Math.floor(kernel.radius[axis] / window.strides[axis])));
  const shares = sizes.map((size, axis) => axisShare(kernel.sizes[axis], size, window, axis, false, radius[axis]));
  const shared = (lag: readonly number[]) => shares.reduce((product, share, axis) => product * share.at(lag[axis]), 1);
  const lags = lagsFrom(
    radius,
    (lag) =>
      shared(lag) *
      correlationAt(
        kernel,
        lag.map((l, axis) => l * window.strides[axis]),
      ),
  );
  const far = kernel.far * shares.reduce((product, share) => product * share.any, 1);
  return { sizes, radius, lags, far, profile: eachAxis(kernel, sizes, window, foldAxis) };
}

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
  const shares = sizes.map((size, axis) => axisShare(kernel.sizes[axis], size, window, axis, true, radius[axis]));
  const shared = (lag: readonly number[]) => shares.reduce((product, share, axis) => product * share.at(lag[axis]), 1);
  const lags = lagsFrom(radius, (lag) =>
    lag.every((l, axis) => l % window.strides[axis] === 0)
      ? Math.min(1, shared(lag)) *
        correlationAt(
          kernel,
          lag.map((l, axis) => l / window.strides[axis]),
        )
      : 0,
  );
  const far = kernel.far * shares.reduce((product, share) => product * share.any, 1);
  return { sizes, radius, lags, far, profile: eachAxis(kernel, sizes, window, spreadAxis) };
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
  const sums = eachAxis(kernel, sizes, window, foldAxis);
  const ones = eachAxis({ ...kernel, profile: Float64Array.of(1) }, sizes, window, foldAxis);
  // A window that meets padding averages fewer values: c of them have second moment (1/c + (1 − 1/c)·r)·v, r their mean correlation.
  const r = taps === 1 ? 1 : (centre * taps - 1) / (taps - 1);
  const profile = sums.map((sum, i) => {
    const count = ones[i];
    if (count === 0) return 0;
    const level = (sum / count) * (1 / count + (1 - 1 / count) * r);
    return padded ? level * (count / taps) ** 2 : level;
  });
  return { sizes, radius, lags, far: centre === 0 ? 0 : kernel.far / centre, profile };
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
  const spread = eachAxis(kernel, sizes, window, spreadAxis);
  const level = perInput === 0 ? 0 : centre / (perInput * taps * taps);
  const far = centre === 0 ? 0 : (kernel.far * perInput * perInput) / centre;
  return { sizes, radius, lags, far: Math.min(1, far), profile: spread.map((v) => v * level) };
}
