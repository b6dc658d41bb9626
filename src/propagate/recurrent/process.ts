/** Gaussian processes over time for an ensemble of units, drawn step by step from fixed quasi-random columns. */

import { normalQuantile } from "../../gaussian/index.ts";

/**
 * Standard normal columns by stratified sampling: each column is a permutation of the same quantiles, so that every
 * column has the right mean and variance. The shuffles come from a fixed 32-bit congruential sequence (Numerical Recipes).
 */
export function gaussianColumns(units: number, columns: number, seed = 1): readonly Float64Array[] {
  const quantiles = Float64Array.from({ length: units }, (_, i) => normalQuantile((i + 0.5) / units));
  const scale = Math.sqrt(quantiles.reduce((sum, z) => sum + z * z, 0) / units);
  let state = (seed * 2654435761) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  return Array.from({ length: columns }, () => {
    const column = quantiles.map((z) => z / scale);
    for (let i = units - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      const held = column[i];
      column[i] = column[j];
      column[j] = held;
    }
    return column;
  });
}

/** Row t of the Cholesky factor of a kernel known up to row t; a semidefinite kernel gives zeros where nothing is new. */
export function choleskyRow(rows: readonly Float64Array[], t: number, at: (s: number) => number): Float64Array {
  const row = new Float64Array(t + 1);
  for (let s = 0; s <= t; s++) {
    let sum = at(s);
    for (let k = 0; k < s; k++) sum -= row[k] * (s === t ? row[k] : rows[s][k]);
    row[s] = s === t ? Math.sqrt(Math.max(0, sum)) : rows[s][s] > 1e-12 ? sum / rows[s][s] : 0;
  }
  return row;
}

/** Draws the process at time t for every unit: level + Σ_s row[s]·ε_s. */
export function drawProcess(
  row: Float64Array,
  noise: readonly Float64Array[],
  offset: number,
  level: number,
  out: Float64Array,
): void {
  out.fill(level);
  for (let s = 0; s < row.length; s++) {
    const weight = row[s];
    if (weight === 0) continue;
    const column = noise[offset + s];
    for (let i = 0; i < out.length; i++) out[i] += weight * column[i];
  }
}

/** Mean over units of a·b. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
}

/** Mean over units of a·b for each gate; arrays are [unit][gate]. */
export function dotByGate(a: Float64Array, b: Float64Array, gates: number): Float64Array {
  const sums = new Float64Array(gates);
  for (let i = 0; i < a.length; i += gates) for (let g = 0; g < gates; g++) sums[g] += a[i + g] * b[i + g];
  const units = a.length / gates;
  for (let g = 0; g < gates; g++) sums[g] /= units;
  return sums;
}
