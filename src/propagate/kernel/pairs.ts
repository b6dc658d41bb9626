/** Sums over pairs of positions that need no kernel of their own. */

import { forEachLag, type Kernel, mean, onWindow, positions, windowPairs } from "./kernel.ts";
import { windowSize } from "./lags.ts";

/** Mean over positions of a(p)·b(p); a profile of one value is level. */
export function meanOfProduct(a: Float64Array, b: Float64Array): number {
  if (a.length === 1 || b.length === 1) return mean(a) * mean(b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
}

/** Σ over all ordered pairs of positions of K(p, p')·L(p, p'). */
export function sumOfProduct(a: Kernel, b: Kernel): number {
  const count = positions(a);
  const far = a.far * b.far;
  const level = meanOfProduct(a.profile, b.profile);
  if (a.lags.length === 1 && b.lags.length === 1) return level * (count + (count * count - count) * far);
  const radius = a.sizes.map((_, axis) => Math.max(a.radius[axis], b.radius[axis]));
  const { inside, pairs } = windowPairs(a.sizes, radius, onWindow(a, radius), onWindow(b, radius));
  return level * (inside + (count * count - pairs) * far);
}

/**
 * Mean of a profile over the pairs at a lag, relative to its mean `level` over all positions, for every lag of a window:
 * sums over boxes by a summed-area table (Crow 1984).
 */
export function pairWeights(
  sizes: readonly number[],
  radius: readonly number[],
  profile: Float64Array,
  level: number,
): Float64Array {
  const table = summedArea(profile, sizes);
  const out = new Float64Array(windowSize(radius));
  const [low, high] = [new Int32Array(sizes.length), new Int32Array(sizes.length)];
  const [mirroredLow, mirroredHigh] = [new Int32Array(sizes.length), new Int32Array(sizes.length)];
  forEachLag(radius, (index, lag) => {
    // Positions p with p + lag on the map, and p − lag: two boxes, mirrored.
    let count = 1;
    for (let axis = 0; axis < sizes.length; axis++) {
      low[axis] = Math.max(0, -lag[axis]);
      high[axis] = sizes[axis] - Math.max(0, lag[axis]);
      mirroredLow[axis] = sizes[axis] - high[axis];
      mirroredHigh[axis] = sizes[axis] - low[axis];
      count *= Math.max(0, high[axis] - low[axis]);
    }
    const sum = boxSum(table, sizes, low, high) + boxSum(table, sizes, mirroredLow, mirroredHigh);
    out[index] = count === 0 || level === 0 ? 1 : sum / (2 * count) / level;
  });
  return out;
}

/** Sums over all positions before each corner, one more corner than positions along every axis. */
function summedArea(profile: Float64Array, sizes: readonly number[]): Float64Array {
  let table = profile;
  // Axis by axis: running sums, a zero in front.
  for (let axis = 0, outer = 1; axis < sizes.length; axis++) {
    const size = sizes[axis];
    const inner = table.length / (outer * size);
    const next = new Float64Array(outer * (size + 1) * inner);
    for (let o = 0; o < outer; o++) {
      const from = o * size * inner;
      const to = (o * (size + 1) + 1) * inner;
      for (let i = 0; i < size * inner; i++) next[to + i] = next[to + i - inner] + table[from + i];
    }
    table = next;
    outer *= size + 1;
  }
  return table;
}

/** Inclusion and exclusion over the corners of a box [low, high). */
function boxSum(table: Float64Array, sizes: readonly number[], low: Int32Array, high: Int32Array): number {
  let sum = 0;
  for (let corner = 0; corner < 1 << sizes.length; corner++) {
    let index = 0;
    let sign = 1;
    for (let axis = 0; axis < sizes.length; axis++) {
      const isLow = (corner >> axis) & 1;
      index = index * (sizes[axis] + 1) + (isLow ? low[axis] : high[axis]);
      if (isLow) sign = -sign;
    }
    sum += sign * table[index];
  }
  return sum;
}
