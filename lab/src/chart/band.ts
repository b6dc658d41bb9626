/** Several draws of one number a layer: their mean, and the band that holds the middle two thirds of them. */

export interface Band {
  readonly low: readonly number[];
  readonly mean: readonly number[];
  readonly high: readonly number[];
}

/** A normal law's ± one standard deviation. */
const LOW = 0.15866;
const HIGH = 1 - LOW;

/** Quantile of ascending values, linear between them. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [a, b] = [sorted[below]!, sorted[Math.min(sorted.length - 1, below + 1)]!];
  return a + (at - below) * (b - a);
}

/** @param draws one row a draw, one column a layer; at least one row */
export function bandOf(draws: readonly ArrayLike<number>[]): Band {
  const layers = draws[0]?.length ?? 0;
  const [low, mean, high]: [number[], number[], number[]] = [[], [], []];
  const column = new Float64Array(draws.length);
  for (let layer = 0; layer < layers; layer++) {
    let sum = 0;
    draws.forEach((draw, i) => {
      column[i] = draw[layer]!;
      sum += column[i]!;
    });
    column.sort();
    low.push(quantile(column, LOW));
    mean.push(sum / draws.length);
    high.push(quantile(column, HIGH));
  }
  return { low, mean, high };
}
