/**
 * Do rows and columns behave as independent draws do? Training adds products of a gradient and an input: a few directions in
 * which rows agree, units that moved more than others, inputs whose column did not move at all. None of it shows in the
 * distribution of single elements.
 */

import { packLines, productsOf } from "../statistics/index.ts";
import type { LineSums, TensorStatistics } from "../statistics/types.ts";
import { type ElementLaw, SHAPES } from "./laws.ts";
import { eitherTail, upperTail } from "./tails.ts";
import type { Test } from "./types.ts";

/** Lines of fewer elements, or fewer lines, tell nothing. */
const FEWEST = 4;

/**
 * Σ(S_i − n·μ)²/(nσ²) over the lines is χ² with one degree of freedom each, but for the elements' excess kurtosis κ, which adds
 * κ/n to the variance of a term; and the lines' sums of squares vary as Var = nσ⁴(K − 1). Lines of zeros (the padding entry of an
 * embedding) are left out.
 */
function lineTests(what: string, { sums, squares }: LineSums, law: ElementLaw, length: number): Test[] {
  if (length < FEWEST) return [];
  const { mean, std } = law;
  // Around the law's mean: Σ(x − μ)² of each line.
  const central = (i: number) => squares[i]! - 2 * mean * sums[i]! + length * mean * mean;
  let [lines, sum, square] = [0, 0, 0];
  for (let i = 0; i < sums.length; i++) {
    if (squares[i] === 0) continue;
    lines++;
    sum += sums[i]!;
    square += central(i);
  }
  if (lines < FEWEST) return [];
  const centre = mean === 0 ? 0 : sum / lines;
  const middle = square / lines;
  let [apart, spread] = [0, 0];
  for (let i = 0; i < sums.length; i++) {
    if (squares[i] === 0) continue;
    apart += (sums[i]! - centre) ** 2;
    spread += (central(i) - middle) ** 2;
  }
  const shape = SHAPES[law.family];
  const variance = std * std;
  const freedom = mean === 0 ? lines : lines - 1;
  const ofSums = 2 * freedom + (lines * (shape.kurtosis - 3)) / length;
  const ofNorms = (lines - 1) * (2 + shape.squareExcess / length);
  return [
    { name: `${what} sums`, p: upperTail(apart / (length * variance), freedom, ofSums) },
    {
      name: `${what} norms`,
      p: eitherTail(spread / (length * variance ** 2 * (shape.kurtosis - 1)), lines - 1, ofNorms),
    },
  ];
}

const MOST_LINES = 256;

/** Σ over pairs of L·cos² is 1 a pair for independent lines of length L, with variance 2(L − 1)/(L + 2). */
function pairTest({ slice, work }: TensorStatistics, mean: number): Test[] {
  if (!slice || slice.count < FEWEST || slice.length < 2 * FEWEST) return [];
  const { length, count } = slice;
  const most = Math.min(count, MOST_LINES, Math.max(FEWEST, Math.floor(Math.sqrt((2 * work) / length))));
  const products = productsOf(packLines(slice, most, mean));
  let total = 0;
  let lines = 0;
  for (let i = 0; i < most; i++) {
    const norm = products[i * most + i]!;
    if (norm > 0) lines++;
    for (let j = 0; j < i; j++) {
      const norms = norm * products[j * most + j]!;
      if (norms > 0) total += products[i * most + j]! ** 2 / norms;
    }
  }
  const pairs = (lines * (lines - 1)) / 2;
  if (pairs < FEWEST) return [];
  return [
    { name: "products of lines", p: eitherTail(total * length, pairs, (2 * pairs * (length - 1)) / (length + 2)) },
  ];
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export interface IndependenceOptions {
  /** Rows were centred: their sums are 0, and a row has one degree of freedom less. */
  readonly rowCentred: boolean;
}

/** Tests of a matrix against independent, identically distributed elements of this law; none for vectors. */
export function independenceTests(
  statistics: TensorStatistics,
  law: ElementLaw,
  { rowCentred }: IndependenceOptions,
): readonly Test[] {
  const { rows, columns } = statistics;
  if (!rows || !columns) return [];
  const ofRows = lineTests("row", rows, law, rows.length);
  const ofColumns = lineTests("column", columns, law, columns.length);
  return [
    ...(rowCentred ? ofRows.filter(({ name }) => name !== "row sums") : ofRows),
    ...ofColumns,
    ...pairTest(statistics, law.mean),
  ];
}
