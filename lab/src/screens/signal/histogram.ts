/** Histograms of activations over one range for all layers, so that a signal that shrinks is seen to shrink. */

/** Around the natural size, 1. */
export const RANGE = 2.5;
/** Between the outer two, which hold what lies beyond. Odd: zero has a bar of its own. */
const INNER = 25;

export const emptyCounts = (): number[] => Array.from({ length: INNER + 2 }, () => 0);

export function addCounts(counts: number[], values: Float32Array): void {
  const scale = INNER / (2 * RANGE);
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    const bin = Math.floor((value + RANGE) * scale) + 1;
    counts[bin < 0 ? 0 : bin > INNER ? INNER + 1 : bin]!++;
  }
}

const MOST_SHOWN = 6;

/** Layers to show, the first and the last among them, evenly between. */
export function shownLayers(depth: number): readonly number[] {
  const shown = Math.min(depth, MOST_SHOWN);
  if (shown === 1) return [1];
  return Array.from({ length: shown }, (_, i) => 1 + Math.round((i * (depth - 1)) / (shown - 1)));
}
