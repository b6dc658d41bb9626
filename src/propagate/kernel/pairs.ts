/** Sums over pairs of positions that need no kernel of their own. */

import { type Kernel, mean, multiplyValues, onWindow, positions, product, windowPairs } from "./kernel.ts";

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
  const { inside, pairs } = windowPairs(a.sizes, radius, multiplyValues(onWindow(a, radius), onWindow(b, radius)));
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
  const out = new Float64Array(product(radius.map((r) => 2 * r + 1)));
  const table = summedArea(profile, sizes);
  const low = sizes.map(() => 0);
  const high = [...sizes];
  let written = 0;
  const visit = (axis: number): void => {
    if (axis === sizes.length) {
      // Positions p with p + lag on the map, and p − lag: two boxes, mirrored.
      const count = product(high.map((end, i) => Math.max(0, end - low[i])));
      const mirroredLow = high.map((end, i) => sizes[i] - end);
      const mirroredHigh = low.map((start, i) => sizes[i] - start);
      const sum = boxSum(table, sizes, low, high) + boxSum(table, sizes, mirroredLow, mirroredHigh);
      out[written++] = count === 0 || level === 0 ? 1 : sum / (2 * count) / level;
      return;
    }
    for (let lag = -radius[axis]; lag <= radius[axis]; lag++) {
      low[axis] = Math.max(0, -lag);
      high[axis] = sizes[axis] - Math.max(0, lag);
      visit(axis + 1);
    }
  };
  visit(0);
  return out;
}

/** Sums over all positions before each corner, one more corner than positions along every axis. */
function summedArea(profile: Float64Array, sizes: readonly number[]): Float64Array {
  const extents = sizes.map((size) => size + 1);
  const table = new Float64Array(product(extents));
  const steps = extents.map((_, axis) => product(extents.slice(axis + 1)));
  const at = sizes.map(() => 0);
  for (const value of profile) {
    table[at.reduce((index, x, axis) => index + (x + 1) * steps[axis], 0)] = value;
    for (let axis = at.length - 1; axis >= 0; axis--) {
      if (++at[axis] < sizes[axis]) break;
      at[axis] = 0;
    }
  }
  steps.forEach((step, axis) => {
    for (let i = 0; i < table.length; i++) if (Math.floor(i / step) % extents[axis] > 0) table[i] += table[i - step];
  });
  return table;
}

/** Inclusion and exclusion over the corners of a box [low, high). */
function boxSum(
  table: Float64Array,
  sizes: readonly number[],
  low: readonly number[],
  high: readonly number[],
): number {
  const visit = (axis: number, index: number): number => {
    if (axis === sizes.length) return table[index];
    const extent = sizes[axis] + 1;
    return visit(axis + 1, index * extent + high[axis]) - visit(axis + 1, index * extent + low[axis]);
  };
  return visit(0, 0);
}
