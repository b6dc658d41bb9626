/** Constants and the deterministic patterns: recognised by comparing, element by element. */

import { draw } from "../../init/index.ts";
import type { Initializer } from "../../init/types.ts";
import type { TensorStatistics } from "../statistics/types.ts";

export interface Pattern {
  readonly initializer: Initializer;
  readonly scale: number;
}

export function constantOf({ min, max, nan, infinite, count }: TensorStatistics): Pattern | null {
  if (count === 0 || nan + infinite > 0 || min !== max) return null;
  if (min === 0) return { initializer: { kind: "zeros" }, scale: 0 };
  if (min === 1) return { initializer: { kind: "ones" }, scale: 1 };
  return { initializer: { kind: "constant", value: min }, scale: min };
}

/** Equal up to the rounding of both. */
function same(statistics: TensorStatistics, initializer: Initializer, factor: number, rounding: number): boolean {
  const { whole, shape } = statistics;
  if (!whole) return false;
  const expected = draw(initializer, { seed: 0, name: "", shape });
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const allowed = 4 * (rounding + 2 ** -24) * Math.abs(factor) * largest;
  return whole.every((x, i) => Math.abs(x - factor * expected[i]!) <= allowed);
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** Patterns of mostly zeros: which elements are filled decides, so the number of zeros is asked first. */
function* sparsePatterns({ shape, count, zeros, max }: TensorStatistics): Generator<Pattern> {
  const filled = count - zeros;
  const [rows = 1, inputs = 1, ...kernel] = shape;
  if (filled === Math.min(rows, product(shape.slice(1)))) {
    yield { initializer: { kind: "identity", gain: max }, scale: max };
  }
  if (kernel.length === 0 || max > 1) return;
  for (let groups = 1; groups <= rows && max === 1; groups++) {
    if (rows % groups !== 0 || filled !== groups * Math.min(rows / groups, inputs)) continue;
    yield { initializer: { kind: "dirac", groups }, scale: 1 };
  }
  yield { initializer: { kind: "bilinear" }, scale: 1 };
}

/** Identity, Dirac, bilinear or sines; null for anything else and for tensors too large to be held whole. */
export function patternOf(statistics: TensorStatistics, rounding: number): Pattern | null {
  const { shape, zeros, count, std, min, whole } = statistics;
  if (!whole || shape.length < 2 || statistics.nan + statistics.infinite > 0) return null;
  if (zeros > 0 && min >= 0) {
    for (const pattern of sparsePatterns(statistics))
      if (same(statistics, pattern.initializer, 1, rounding)) return pattern;
  }
  // The sample standard deviation is what the pattern fixes.
  const sines: Initializer = { kind: "sinusoidal", std: std * Math.sqrt(count / Math.max(1, count - 1)) };
  if (std > 0 && rowsAreSines(statistics) && same(statistics, sines, 1, Math.max(rounding, 1e-6))) {
    return { initializer: sines, scale: sines.std };
  }
  return null;
}

/** A cheap look before all elements are computed: whole periods sum to zero along a row, and rows have one length. */
function rowsAreSines({ rows, max, min, std }: TensorStatistics): boolean {
  if (!rows || rows.length < 3) return false;
  const sums = rows.sums;
  let zeroSums = 0;
  for (let i = 0; i < sums.length; i++) if (Math.abs(sums[i]!) < 1e-4 * std * rows.length) zeroSums++;
  return zeroSums >= 0.5 * sums.length && Math.max(max, -min) < 2 * std;
}
