/** Windows of lags, −radius … radius on each axis, row-major. */

export function windowSize(radius: readonly number[]): number {
  let out = 1;
  for (let i = 0; i < radius.length; i++) out *= 2 * radius[i] + 1;
  return out;
}

/** Visits every lag of a window: its index and its vector (reused between calls). */
export function forEachLag(radius: readonly number[], visit: (index: number, lag: readonly number[]) => void): void {
  const lag = radius.map((r) => -r);
  const count = windowSize(radius);
  for (let index = 0; index < count; index++) {
    visit(index, lag);
    for (let axis = radius.length - 1; axis >= 0; axis--) {
      if (++lag[axis] <= radius[axis]) break;
      lag[axis] = -radius[axis];
    }
  }
}

export const windowStrides = (radius: readonly number[]): number[] => {
  const out = radius.map(() => 1);
  for (let axis = radius.length - 2; axis >= 0; axis--) out[axis] = out[axis + 1] * (2 * radius[axis + 1] + 1);
  return out;
};

/** Number of ordered pairs of positions at a lag. */
export function pairsAt(sizes: readonly number[], lag: readonly number[]): number {
  let n = 1;
  for (let axis = 0; axis < sizes.length; axis++) n *= Math.max(0, sizes[axis] - Math.abs(lag[axis]));
  return n;
}

/**
 * Σ over the lags of a window of correlation × number of ordered pairs, and the number of those pairs; `times`: a factor
 * on each correlation.
 */
export function windowPairs(
  sizes: readonly number[],
  radius: readonly number[],
  lags: Float64Array,
  times: Float64Array | null = null,
): { readonly inside: number; readonly pairs: number } {
  let pairs = 1;
  // Axis by axis, the last first: each sums its lags and leaves one value a row.
  let rows = lags;
  let factors = times;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const size = sizes[axis];
    const reach = radius[axis];
    const width = 2 * reach + 1;
    const next = new Float64Array(rows.length / width);
    for (let row = 0, read = 0; row < next.length; row++) {
      let sum = 0;
      for (let lag = -reach; lag <= reach; lag++, read++)
        sum += Math.max(0, size - Math.abs(lag)) * (factors ? rows[read] * factors[read] : rows[read]);
      next[row] = sum;
    }
    rows = next;
    factors = null;
    let along = 0;
    for (let lag = -reach; lag <= reach; lag++) along += Math.max(0, size - Math.abs(lag));
    pairs *= along;
  }
  return { inside: factors ? rows[0] * factors[0] : rows[0], pairs };
}
