/**
 * Kernels under fixed linear maps of positions, one an axis: interpolation, borders that mirror or repeat, and their
 * transposes. y = M x along each axis, so that K' = (⊗M) K (⊗M)ᵀ; the diagonal is followed position by position, the
 * correlation at a lag is the mean over the pairs at that lag (position-dependent weights are averaged over their phases).
 */

import { correlationAt, diagonal, fullProfile, type Kernel, lagsFrom, mean, product } from "./kernel.ts";

/** Per output position the input positions that it takes and their weights. */
export type AxisMap = readonly { readonly from: readonly number[]; readonly weights: readonly number[] }[];

/** Row-major [outputs, inputs]. */
export const mapFromMatrix = (matrix: ArrayLike<number>, outputs: number, inputs: number): AxisMap =>
  Array.from({ length: outputs }, (_, row) => {
    const from = Array.from({ length: inputs }, (_, i) => i).filter((i) => matrix[row * inputs + i] !== 0);
    return { from, weights: from.map((i) => matrix[row * inputs + i]) };
  });

export const transposeMap = (map: AxisMap, inputs: number): AxisMap => {
  const rows = Array.from({ length: inputs }, () => ({ from: [] as number[], weights: [] as number[] }));
  map.forEach(({ from, weights }, row) => {
    from.forEach((i, k) => {
      rows[i].from.push(row);
      rows[i].weights.push(weights[k]);
    });
  });
  return rows;
};

/** Lags that are followed; beyond them the mean over pairs stands (`far`). */
const WIDEST = 12;

const overlapOf = (map: AxisMap, o: number, r: number): Map<number, number> => {
  const sums = new Map<number, number>();
  map[o].from.forEach((i, a) => {
    map[r].from.forEach((j, b) => {
      sums.set(j - i, (sums.get(j - i) ?? 0) + map[o].weights[a] * map[r].weights[b]);
    });
  });
  return sums;
};

/** Mean of the overlap over the pairs of output positions at a lag. */
function meanOverlap(map: AxisMap, lag: number): Map<number, number> {
  const sums = new Map<number, number>();
  const low = Math.max(0, -lag);
  const high = Math.min(map.length, map.length - lag);
  for (let o = low; o < high; o++)
    for (const [d, w] of overlapOf(map, o, o + lag)) sums.set(d, (sums.get(d) ?? 0) + w / (high - low));
  return sums;
}

/** Σ over lags d (one an axis) of Π overlap[axis](d) · correlation(d). */
function contract(overlaps: readonly ReadonlyMap<number, number>[], correlation: (lag: readonly number[]) => number) {
  const lag = overlaps.map(() => 0);
  const visit = (axis: number, weight: number): number => {
    if (axis === overlaps.length) return weight * correlation(lag);
    let sum = 0;
    for (const [d, w] of overlaps[axis]) {
      lag[axis] = d;
      sum += visit(axis + 1, weight * w);
    }
    return sum;
  };
  return visit(0, 1);
}

/** Overlaps of each output position with itself; positions that see the same share one, and its number. */
function ownOverlaps(map: AxisMap): { readonly kind: Int32Array; readonly overlaps: readonly Map<number, number>[] } {
  const kinds = new Map<string, number>();
  const overlaps: Map<number, number>[] = [];
  const kind = Int32Array.from(map, (_, o) => {
    const overlap = overlapOf(map, o, o);
    const key = [...overlap].join("|");
    const found = kinds.get(key) ?? overlaps.length;
    if (found === overlaps.length) {
      kinds.set(key, found);
      overlaps.push(overlap);
    }
    return found;
  });
  return { kind, overlaps };
}

const rowSum = (map: AxisMap): number =>
  map.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0) / map.length;

/** Σ over axes' inputs of M² p, relative to Σ M²: what the diagonal is where neighbours' correlation is the same everywhere. */
function spreadProfile(kernel: Kernel, maps: readonly AxisMap[]): Float64Array {
  let data = fullProfile(kernel);
  const sizes = [...kernel.sizes];
  maps.forEach((map, axis) => {
    const inner = product(sizes.slice(axis + 1));
    const outer = product(sizes.slice(0, axis));
    const next = new Float64Array(outer * map.length * inner);
    for (let o = 0; o < outer; o++)
      map.forEach(({ from, weights }, row) => {
        const total = weights.reduce((sum, w) => sum + w * w, 0);
        from.forEach((i, k) => {
          const share = total === 0 ? 0 : (weights[k] * weights[k]) / total;
          for (let x = 0; x < inner; x++)
            next[(o * map.length + row) * inner + x] += share * data[(o * sizes[axis] + i) * inner + x];
        });
      });
    sizes[axis] = map.length;
    data = next;
  });
  return data;
}

/** K' = (⊗M) K (⊗M)ᵀ, one map an axis of the kernel. */
export function mapPositions(kernel: Kernel, maps: readonly AxisMap[]): Kernel {
  const sizes = maps.map((map) => map.length);
  const radius = sizes.map((size, axis) => {
    const reach = Math.max(...maps[axis].map(({ from }) => (from.length === 0 ? 0 : from[from.length - 1] - from[0])));
    return Math.min(WIDEST, size - 1, Math.ceil(((kernel.radius[axis] + reach + 1) * size) / kernel.sizes[axis]));
  });
  const at = (lag: readonly number[]) => correlationAt(kernel, lag);
  const profile = spreadProfile(kernel, maps);
  const own = maps.map(ownOverlaps);
  const position = sizes.map(() => 0);
  const ratios = new Map<number, number>();
  for (let i = 0; i < profile.length; i++) {
    const key = own.reduce((at, { kind, overlaps }, k) => at * overlaps.length + kind[position[k]], 0);
    let ratio = ratios.get(key);
    if (ratio === undefined) {
      ratio = contract(
        own.map(({ kind, overlaps }, k) => overlaps[kind[position[k]]]),
        at,
      );
      ratios.set(key, ratio);
    }
    profile[i] *= ratio;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      if (++position[axis] < sizes[axis]) break;
      position[axis] = 0;
    }
  }
  const level = mean(profile);
  const before = diagonal(kernel);
  const share = level === 0 ? 0 : before / level;
  const byLag = maps.map((map, axis) =>
    Array.from({ length: 2 * radius[axis] + 1 }, (_, i) => meanOverlap(map, i - radius[axis])),
  );
  const lags = lagsFrom(
    radius,
    (lag) =>
      share *
      contract(
        lag.map((l, axis) => byLag[axis][l + radius[axis]]),
        at,
      ),
  );
  const through = maps.reduce((sum, map) => sum * rowSum(map) ** 2, 1);
  return { sizes, radius, lags, far: Math.max(-1, Math.min(1, kernel.far * share * through)), profile };
}
