/** A sample's distribution function and its ends, without sorting where there is much of it. */

import type { Values } from "../statistics/types.ts";

export interface Ranked {
  readonly count: number;
  /** The smallest numbers, ascending, and the largest, descending: as many as are asked for anywhere. */
  readonly lowest: Values;
  readonly highest: Values;
  /**
   * sup |F_n − F|. Of more than `SORTED` numbers the supremum over the borders of `CELLS` equal cells (512, 2048 for more than 8192 numbers) between the ends: at most
   * the true one, and less by what F_n − F moves within a cell, √(p/n) for a cell of probability p. A normal sample's fullest
   * cell has p = 9·φ(0)/CELLS, 0.0018 or 0.007, so that the distance is off by 4 or 8 % of its own standard error 1/√n, to the
   * safe side.
   */
  readonly distance: (cdf: (x: number) => number) => number;
}

/** The deepest order statistic that is asked for. */
export const DEEPEST = 64;
const SORTED = 512;
const cellsFor = (count: number) => (count > 8192 ? 2048 : 512);

/**
 * @param sample finite numbers, at least one; not changed
 * @param ends the least and the greatest of them
 */
export function ranked(sample: Values, { min, max }: { readonly min: number; readonly max: number }): Ranked {
  return sample.length <= SORTED ? bySorting(sample) : byCounting(sample, min, max);
}

function bySorting(sample: Values): Ranked {
  const sorted = sample.slice().sort();
  const count = sorted.length;
  return {
    count,
    lowest: sorted.subarray(0, DEEPEST),
    highest: sorted.slice(-DEEPEST).reverse(),
    distance: (cdf) => {
      let worst = 0;
      for (let i = 0; i < count; i++) {
        const f = cdf(sorted[i]!);
        worst = Math.max(worst, f - i / count, (i + 1) / count - f);
      }
      return worst;
    },
  };
}

function byCounting(sample: Values, low: number, high: number): Ranked {
  const count = sample.length;
  const most = cellsFor(count);
  const cells = new Uint32Array(most);
  const scale = high > low ? most / (high - low) : 0;
  for (let i = 0; i < count; i++) {
    const cell = ((sample[i]! - low) * scale) | 0;
    cells[cell < most ? cell : most - 1]!++;
  }
  const border = (cell: number) => low + cell / scale;
  return {
    count,
    lowest: end(sample, border(enough(cells, 0, 1)), 1),
    highest: end(sample, border(enough(cells, most - 1, -1)), -1),
    distance: (cdf) => {
      let worst = Math.max(cdf(low), 1 - cdf(high));
      for (let cell = 0, below = 0; cell + 1 < most; cell++) {
        below += cells[cell]!;
        worst = Math.max(worst, Math.abs(below / count - cdf(border(cell + 1))));
      }
      return worst;
    },
  };
}

/** The border behind as many cells from an end as hold `DEEPEST` numbers, and one more cell for what rounding puts beside it. */
function enough(cells: Uint32Array, from: number, step: 1 | -1): number {
  let cell = from;
  for (let held = 0; held < DEEPEST && cell >= 0 && cell < cells.length; cell += step) held += cells[cell]!;
  return step === 1 ? cell + 1 : cell;
}

/** The numbers from an end to `border`, the outermost first. */
function end(sample: Values, border: number, step: 1 | -1): Values {
  const found: number[] = [];
  for (let i = 0; i < sample.length; i++) {
    const x = sample[i]!;
    if (step === 1 ? x <= border : x >= border) found.push(x);
  }
  const sorted = Float64Array.from(found).sort();
  return step === 1 ? sorted.subarray(0, DEEPEST) : sorted.slice(-DEEPEST).reverse();
}
