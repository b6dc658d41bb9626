/** Sliding windows along the axes of a profile, and how many of their taps meet real input. */

import { fullProfile, type Kernel, product } from "./kernel.ts";

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends. */
  readonly pads: readonly number[];
}

interface Slide {
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
}

const slideOf = ({ kernel, strides, dilations, pads }: Window, axis: number): Slide => ({
  taps: kernel[axis],
  stride: strides[axis],
  dilation: dilations[axis],
  pad: pads[axis],
});

/**
 * Along one axis. Folding gathers, out[o] = Σ over taps of in[o·stride + tap·dilation − pad], taps on padding left out;
 * spreading is its transpose, out[i·stride + tap·dilation − pad] += in[i].
 */
function slide(
  spread: boolean,
  data: Float64Array,
  sizes: readonly number[],
  axis: number,
  outSize: number,
  { taps, stride, dilation, pad }: Slide,
): Float64Array {
  const size = sizes[axis];
  if (taps === 1 && stride === 1 && pad === 0 && size === outSize) return data;
  const inner = product(sizes.slice(axis + 1));
  const outer = product(sizes.slice(0, axis));
  if (taps === 3 && stride === 1 && dilation === 1 && pad === 1 && size === outSize && size > 1)
    return threeNeighbours(data, outer, size, inner);
  const [windows, limit] = spread ? [size, outSize] : [outSize, size];
  const out = new Float64Array(outer * outSize * inner);
  for (let tap = 0; tap < taps; tap++) {
    const shift = tap * dilation - pad;
    const first = Math.max(0, Math.ceil(-shift / stride));
    const last = Math.min(windows - 1, Math.floor((limit - 1 - shift) / stride));
    for (let o = 0; o < outer; o++) {
      const [rowIn, rowOut] = [o * size, o * outSize];
      if (inner === 1) {
        if (spread) for (let y = first; y <= last; y++) out[rowOut + y * stride + shift] += data[rowIn + y];
        else for (let y = first; y <= last; y++) out[rowOut + y] += data[rowIn + y * stride + shift];
        continue;
      }
      for (let y = first; y <= last; y++) {
        const x = y * stride + shift;
        const from = (rowIn + (spread ? y : x)) * inner;
        const to = (rowOut + (spread ? x : y)) * inner;
        for (let i = 0; i < inner; i++) out[to + i] += data[from + i];
      }
    }
  }
  return out;
}

/** The commonest window in one go: each place and the one before and after it, either way the same. */
function threeNeighbours(data: Float64Array, outer: number, size: number, inner: number): Float64Array {
  const out = new Float64Array(data.length);
  const row = size * inner;
  for (let o = 0; o < outer; o++) {
    const start = o * row;
    const end = start + row;
    for (let i = start; i < start + inner; i++) out[i] = data[i] + data[i + inner];
    for (let i = start + inner; i < end - inner; i++) out[i] = data[i - inner] + data[i] + data[i + inner];
    for (let i = end - inner; i < end; i++) out[i] = data[i - inner] + data[i];
  }
  return out;
}

function eachAxis(kernel: Kernel, sizes: readonly number[], window: Window, spread: boolean): Float64Array {
  if (kernel.profile.length === 1) return levelThrough(kernel, sizes, window, spread);
  let data = fullProfile(kernel);
  const current = [...kernel.sizes];
  sizes.forEach((size, axis) => {
    data = slide(spread, data, current, axis, size, slideOf(window, axis));
    current[axis] = size;
  });
  return data;
}

/** A profile that is level gives an outer product of tap counts; where no tap meets padding it stays level. */
function levelThrough(kernel: Kernel, sizes: readonly number[], window: Window, spread: boolean): Float64Array {
  let out = kernel.profile;
  sizes.forEach((size, axis) => {
    const ones = new Float64Array(kernel.sizes[axis]).fill(1);
    const counts = slide(spread, ones, [ones.length], 0, size, slideOf(window, axis));
    const level = counts.every((count) => count === counts[0]);
    out = outer(out, out.length === 1 && level ? Float64Array.of(counts[0]) : counts, axis, sizes);
  });
  return out;
}

function outer(a: Float64Array, b: Float64Array, axis: number, sizes: readonly number[]): Float64Array {
  if (a.length === 1 && b.length === 1) return Float64Array.of(a[0] * b[0]);
  const rows = product(sizes.slice(0, axis));
  const out = new Float64Array(rows * b.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < b.length; j++) out[i * b.length + j] = a[a.length === 1 ? 0 : i] * b[j];
  return out;
}

/** Sums over windows of a profile. */
export const foldProfile = (kernel: Kernel, sizes: readonly number[], window: Window): Float64Array =>
  eachAxis(kernel, sizes, window, false);

/** Its transpose: every position of the profile given to all of its window. */
export const spreadProfile = (kernel: Kernel, sizes: readonly number[], window: Window): Float64Array =>
  eachAxis(kernel, sizes, window, true);

/** Along one axis: how taps meet real input. */
export interface AxisTaps {
  /** Taps on real input, averaged over positions. */
  readonly single: number;
  /**
   * How much less often two positions at a lag share a tap on real input than their own tap counts say:
   * Σ_t P(both valid) / Σ_t P(valid), for lags from 0 on. Empty: no tap meets padding, the ratio is 1.
   */
  readonly shared: Float64Array;
  /** The same for two positions picked at random. */
  readonly any: number;
}

export const sharedAt = ({ shared, any }: AxisTaps, lag: number): number =>
  shared.length === 0 ? 1 : (shared[Math.abs(lag)] ?? any);

/** A pointwise window. */
const ONE_TAP: AxisTaps = { single: 1, shared: new Float64Array(0), any: 1 };

/** A geometry comes back at every layer of its kind and in every plan. */
const KEPT = 4096;
const known = new Map<string, AxisTaps>();

/** `inner`: positions that hold input; `size`: positions of the window. */
export function axisTaps(inner: number, size: number, window: Window, axis: number, transposed: boolean): AxisTaps {
  const { taps, stride, dilation, pad } = slideOf(window, axis);
  if (taps === 1 && stride === 1 && pad === 0 && size <= inner) return ONE_TAP;
  const key = `${inner} ${size} ${taps} ${stride} ${dilation} ${pad} ${transposed}`;
  let found = known.get(key);
  if (!found) {
    if (known.size >= KEPT) known.clear();
    const valid = Array.from({ length: taps }, (_, tap) =>
      Uint8Array.from({ length: size }, (_, p) => {
        const x = transposed ? (p + pad - tap * dilation) / stride : p * stride + tap * dilation - pad;
        return Number.isInteger(x) && x >= 0 && x < inner ? 1 : 0;
      }),
    );
    found = count(valid, size);
    known.set(key, found);
  }
  return found;
}

function count(valid: readonly Uint8Array[], size: number): AxisTaps {
  const counts = valid.map((v) => v.reduce((a, b) => a + b, 0));
  const single = counts.reduce((a, b) => a + b, 0) / size;
  if (single === 0 || counts.every((c) => c === size)) return { single, shared: new Float64Array(0), any: 1 };
  const both = (lag: number): number => {
    let sum = 0;
    for (const v of valid) for (let p = 0; p + lag < size; p++) sum += v[p] & v[p + lag];
    return sum / (size - lag) / single;
  };
  const any = counts.reduce((sum, c) => sum + (c / size) ** 2, 0) / single;
  return { single, shared: Float64Array.from({ length: size }, (_, lag) => both(lag)), any };
}
