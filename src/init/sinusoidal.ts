/**
 * Sinusoidal initialization: no draw, every row a sine of its own frequency.
 * Fernández-Hernández, Mestre, Dolz, Duato & Quintana-Ortí 2025, "Sinusoidal Initialization, Time for a New Start",
 * eq. 3–5: W[i][j] = a·sin(2π(i + 1)(j/n + 1/m)) for m rows of n, a such that the entries' variance is std².
 */

import { sineOfTurns } from "../random/index.ts";
import { asMatrix } from "./shape.ts";

interface Wave {
  readonly mean: number;
  readonly secondMoment: number;
  readonly amplitude: number;
}

/** Phase of row i in turns, reduced exactly where it is a whole number. */
const rowPhase = (row: number, rows: number) => ((row + 1) % rows) / rows;

/**
 * Moments of the unscaled sines, in closed form row by row: with frequency k the sum over j of sin is 0 unless n divides
 * k, and of sin² is n/2 unless n divides 2k.
 */
function waveOf(shape: readonly number[], std: number): Wave {
  const { rows, columns } = asMatrix(shape);
  const count = rows * columns;
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    const k = row + 1;
    const start = sineOfTurns(rowPhase(row, rows));
    if (k % columns === 0) sum += columns * start;
    squares += (2 * k) % columns === 0 ? columns * start * start : columns / 2;
  }
  const variance = count > 1 ? (squares - (sum * sum) / count) / (count - 1) : 0;
  const amplitude = variance > 0 ? std / Math.sqrt(variance) : 0;
  return { mean: (sum / count) * amplitude, secondMoment: (squares / count) * amplitude * amplitude, amplitude };
}

/** Exact mean and second moment over the entries. */
export function sinusoidalMoments(shape: readonly number[], std: number): { mean: number; secondMoment: number } {
  const { mean, secondMoment } = waveOf(shape, std);
  return { mean, secondMoment };
}

/** Entries `start … start + out.length`, row-major. */
export function fillSinusoidal(out: Float32Array, shape: readonly number[], std: number, start: number): void {
  const { rows, columns } = asMatrix(shape);
  const { amplitude } = waveOf(shape, std);
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor((start + i) / columns);
    const column = (start + i) % columns;
    const turns = ((((row + 1) % columns) * column) % columns) / columns + rowPhase(row, rows);
    out[i] = amplitude * sineOfTurns(turns);
  }
}
