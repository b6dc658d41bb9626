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

/** Σ over the lags of a window of correlation × number of ordered pairs, and the number of those pairs. */
export function windowPairs(
  sizes: readonly number[],
  radius: readonly number[],
  lags: Float64Array,
): { readonly inside: number; readonly pairs: number } {
  let pairs = 1;
  for (let axis = 0; axis < sizes.length; axis++) {
    let along = 0;
    for (let lag = -radius[axis]; lag <= radius[axis]; lag++) along += Math.max(0, sizes[axis] - Math.abs(lag));
    pairs *= along;
  }
  let read = 0;
  const last = sizes.length - 1;
  const visit = (axis: number): number => {
    if (axis > last) return lags[read++];
    const size = sizes[axis];
    const reach = radius[axis];
    let sum = 0;
    if (axis === last)
      for (let lag = -reach; lag <= reach; lag++) sum += Math.max(0, size - Math.abs(lag)) * lags[read++];
    else for (let lag = -reach; lag <= reach; lag++) sum += Math.max(0, size - Math.abs(lag)) * visit(axis + 1);
    return sum;
  };
  return { inside: visit(0), pairs };
}
