/** Median and median distance from it, of sorted numbers less one of them, without looking at all of them. */

export interface Centre {
  readonly level: number;
  readonly spread: number;
}

/**
 * Of `sorted` (ascending, at least two) without one that equals `own`: O(log n).
 *
 * @example centreWithout(Float64Array.of(1, 2, 3, 100), 100) // level 2, spread 1
 */
export function centreWithout(sorted: Float64Array, own: number): Centre {
  const count = sorted.length - 1;
  const left = placeOf(sorted, own);
  const at = (i: number) => sorted[i < left ? i : i + 1]!;
  const level = middle(count, at);
  return { level, spread: middle(count, (rank) => nearest(count, at, level, rank)) };
}

/** Of the first number that is not below `own`. */
function placeOf(sorted: Float64Array, own: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if (sorted[half]! < own) low = half + 1;
    else high = half;
  }
  return low;
}

function middle(count: number, at: (rank: number) => number): number {
  const half = count >> 1;
  return count % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}

/** The distance of this rank from `level`: the numbers nearer than that stand in a row, whose beginning is searched. */
function nearest(count: number, at: (i: number) => number, level: number, rank: number): number {
  let low = 0;
  let high = count - 1 - rank;
  while (low < high) {
    const begin = (low + high) >> 1;
    if (level - at(begin) > at(begin + rank + 1) - level) low = begin + 1;
    else high = begin;
  }
  return Math.max(level - at(low), at(low + rank) - level);
}
