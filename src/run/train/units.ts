/** How different the units of a layer are: ranks of its weight matrix, and the largest difference between two rows. */

import { symmetricEigenvalues } from "./eigenvalues.ts";

export interface Units {
  /** Singular values above max(rows, columns) · 2⁻²³ · the largest one. */
  readonly rank: number;
  /** exp of the entropy of the singular values, normalized to sum 1 (Roy & Vetterli 2007). 0 for a zero matrix. */
  readonly effectiveRank: number;
  /** ‖W‖²_F / ‖W‖²₂. 0 for a zero matrix. */
  readonly stableRank: number;
  /** max over pairs of units of max_k |w_ik − w_jk|: 0 where all units are identical. */
  readonly difference: number;
}

/** Of a weight [out, in, …kernel] (`outFirst`) or [in, out, …kernel]: one row a unit. */
export function unitsOf(values: ArrayLike<number>, shape: readonly number[], outFirst: boolean): Units {
  const rows = unitRows(values, shape, outFirst);
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, k) => Float64Array.from(rows, (row) => row[k]!));
  const squares = symmetricEigenvalues(gram(rows.length <= width ? rows : columns));
  const largest = Math.max(0, ...squares);
  const singular = squares.map((square) => Math.sqrt(Math.max(0, square)));
  const total = singular.reduce((sum, value) => sum + value, 0);
  const entropy = singular.reduce(
    (sum, value) => (value > 0 ? sum - (value / total) * Math.log(value / total) : sum),
    0,
  );
  const floor = Math.max(rows.length, width) * 2 ** -23 * Math.sqrt(largest);
  return {
    rank: singular.filter((value) => value > floor).length,
    effectiveRank: total === 0 ? 0 : Math.exp(entropy),
    stableRank: largest === 0 ? 0 : squares.reduce((sum, square) => sum + square, 0) / largest,
    difference: Math.max(
      0,
      ...columns.map((column) => column.reduce((a, b) => Math.max(a, b)) - column.reduce((a, b) => Math.min(a, b))),
    ),
  };
}

function unitRows(values: ArrayLike<number>, shape: readonly number[], outFirst: boolean): Float64Array[] {
  const [first = 0, second = 1, ...kernel] = shape;
  const taps = kernel.reduce((total, n) => total * n, 1);
  const [units, inputs] = outFirst ? [first, second] : [second, first];
  return Array.from({ length: units }, (_, unit) =>
    Float64Array.from({ length: inputs * taps }, (_, k) => {
      const [input, tap] = [Math.floor(k / taps), k % taps];
      return values[((outFirst ? unit : input) * second + (outFirst ? input : unit)) * taps + tap]!;
    }),
  );
}

function gram(rows: readonly Float64Array[]): Float64Array[] {
  return rows.map((a) => Float64Array.from(rows, (b) => a.reduce((sum, x, k) => sum + x * b[k]!, 0)));
}
