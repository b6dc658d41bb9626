/** The ensemble of units behind the recurrent rule: forward step by step in time, backward the other way. */

import { normalQuantile } from "../../gaussian/index.ts";
import type { ParameterLaw } from "../types.ts";
import { blankStep, type Cell } from "./cell.ts";

export interface TimeKernel {
  readonly count: number;
  readonly at: (t: number, s: number) => number;
}

export interface CellLaws {
  readonly input: ParameterLaw;
  readonly recurrent: ParameterLaw;
  readonly inputBias: ParameterLaw | null;
  readonly recurrentBias: ParameterLaw | null;
}

export interface ForwardRun {
  readonly units: number;
  readonly time: number;
  /** E[h_t h_s], row-major. */
  readonly hidden: Float64Array;
  readonly hiddenMean: number;
  readonly cellLast: number;
  /** Derivatives along each unit's path, [time][unit]: see `Step`. */
  readonly hiddenByGate: readonly Float64Array[];
  readonly cellByGate: readonly Float64Array[];
  readonly hiddenByCell: readonly Float64Array[];
  readonly cellByCell: readonly Float64Array[];
  readonly hiddenByHidden: readonly Float64Array[];
  readonly recurrentFactor: readonly Float64Array[];
}

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
function choleskyRow(rows: Float64Array[], t: number, at: (s: number) => number): Float64Array {
  const row = new Float64Array(t + 1);
  for (let s = 0; s <= t; s++) {
    let sum = at(s);
    for (let k = 0; k < s; k++) sum -= row[k] * (s === t ? row[k] : rows[s][k]);
    row[s] = s === t ? Math.sqrt(Math.max(0, sum)) : rows[s][s] > 1e-12 ? sum / rows[s][s] : 0;
  }
  return row;
}

const secondOf = (law: ParameterLaw | null): number => (law ? law.variance + law.mean * law.mean : 0);

/** Draws the process at time t for every unit: Σ_s row[s]·ε_s. */
function drawProcess(row: Float64Array, noise: readonly Float64Array[], offset: number, out: Float64Array): void {
  out.fill(0);
  for (let s = 0; s < row.length; s++) {
    const weight = row[s];
    if (weight === 0) continue;
    const column = noise[offset + s];
    for (let i = 0; i < out.length; i++) out[i] += weight * column[i];
  }
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
};

export function simulateForward(
  cell: Cell,
  laws: CellLaws,
  input: TimeKernel,
  features: number,
  hiddenSize: number,
  noise: readonly Float64Array[],
): ForwardRun {
  const time = input.count;
  const units = noise[0].length;
  const w = secondOf(laws.input) * features;
  const u = secondOf(laws.recurrent) * hiddenSize;
  const hidden = new Float64Array(time * time);
  const states: Float64Array[] = [];
  const inputRows: Float64Array[] = [];
  const splitRows: Float64Array[] = [];
  const split = cell.split >= 0;
  let cells: Float64Array = new Float64Array(units);
  let total = 0;
  const grids = {
    hiddenByGate: [] as Float64Array[],
    cellByGate: [] as Float64Array[],
    hiddenByCell: [] as Float64Array[],
    cellByCell: [] as Float64Array[],
    hiddenByHidden: [] as Float64Array[],
    recurrentFactor: [] as Float64Array[],
  };
  const z = Array.from({ length: cell.processes }, () => new Float64Array(units));
  const gate = new Float64Array(cell.gates);
  const step = blankStep(cell.gates);
  const inputOnlyRows: Float64Array[] = [];
  for (let t = 0; t < time; t++) {
    const recurrentPart = (s: number) =>
      (t > 0 && s > 0 ? u * hidden[(t - 1) * time + s - 1] : 0) + secondOf(laws.recurrentBias);
    const inputPart = (s: number) => w * input.at(t, s) + secondOf(laws.inputBias);
    inputRows.push(choleskyRow(inputRows, t, (s) => inputPart(s) + recurrentPart(s)));
    if (split) {
      inputOnlyRows.push(choleskyRow(inputOnlyRows, t, inputPart));
      splitRows.push(choleskyRow(splitRows, t, recurrentPart));
    }
    for (let p = 0; p < cell.processes; p++) {
      const rows = !split ? inputRows : p === cell.split ? inputOnlyRows : p === cell.gates ? splitRows : inputRows;
      drawProcess(rows[t], noise, p * time, z[p]);
    }
    const h = new Float64Array(units);
    const c = new Float64Array(units);
    const at = {
      hiddenByGate: new Float64Array(units * cell.gates),
      cellByGate: new Float64Array(units * cell.gates),
      hiddenByCell: new Float64Array(units),
      cellByCell: new Float64Array(units),
      hiddenByHidden: new Float64Array(units),
      recurrentFactor: new Float64Array(units * cell.gates),
    };
    const previous = t > 0 ? states[t - 1] : null;
    for (let i = 0; i < units; i++) {
      for (let g = 0; g < cell.gates; g++) gate[g] = z[g][i];
      cell.step(gate, split ? z[cell.gates][i] : 0, previous ? previous[i] : 0, cells[i], step);
      h[i] = step.hidden;
      c[i] = step.cell;
      total += step.hidden;
      at.hiddenByGate.set(step.hiddenByGate, i * cell.gates);
      at.cellByGate.set(step.cellByGate, i * cell.gates);
      at.recurrentFactor.set(step.recurrentFactor, i * cell.gates);
      at.hiddenByCell[i] = step.hiddenByCell;
      at.cellByCell[i] = step.cellByCell;
      at.hiddenByHidden[i] = step.hiddenByHidden;
    }
    grids.hiddenByGate.push(at.hiddenByGate);
    grids.cellByGate.push(at.cellByGate);
    grids.hiddenByCell.push(at.hiddenByCell);
    grids.cellByCell.push(at.cellByCell);
    grids.hiddenByHidden.push(at.hiddenByHidden);
    grids.recurrentFactor.push(at.recurrentFactor);
    states.push(h);
    cells = c;
    for (let s = 0; s <= t; s++) {
      const value = dot(h, states[s]);
      hidden[t * time + s] = value;
      hidden[s * time + t] = value;
    }
  }
  return { units, time, hidden, hiddenMean: total / (units * time), cellLast: dot(cells, cells), ...grids };
}

export interface BackwardRun {
  /** E[δz_t δz_s] of one gate, averaged over gates: of the input product, and of the recurrent product. */
  readonly inputGates: Float64Array;
  readonly recurrentGates: Float64Array;
}

/**
 * δh_t is a Gaussian process: the gradient from outside plus Uᵀδz of the step after, fresh weights as in every backward
 * pass (gradient independence, Yang 2019); along a unit's own path δc and the direct part of δh are carried exactly.
 */
export function simulateBackward(
  cell: Cell,
  run: ForwardRun,
  external: Float64Array,
  recurrent: ParameterLaw,
  hiddenSize: number,
  noise: readonly Float64Array[],
): BackwardRun {
  const { time, units } = run;
  const gates = cell.gates;
  const u = secondOf(recurrent) * hiddenSize;
  const inputGates = new Float64Array(time * time);
  const recurrentGates = new Float64Array(time * time);
  const rows: Float64Array[] = [];
  const deltas: Float64Array[] = [];
  const gated: Float64Array[] = [];
  let dc: Float64Array = new Float64Array(units);
  let direct: Float64Array = new Float64Array(units);
  const dh = new Float64Array(units);
  for (let step = 0; step < time; step++) {
    const t = time - 1 - step;
    // Row `step` counts backwards in time: entry k belongs to time − 1 − k.
    rows.push(
      choleskyRow(rows, step, (k) => {
        const s = time - 1 - k;
        return (
          external[t * time + s] +
          (t + 1 < time && s + 1 < time ? u * gates * recurrentGates[(t + 1) * time + s + 1] : 0)
        );
      }),
    );
    drawProcess(rows[step], noise, 0, dh);
    const dz = new Float64Array(units * gates);
    const dr = new Float64Array(units * gates);
    const nextDc = new Float64Array(units);
    const nextDirect = new Float64Array(units);
    for (let i = 0; i < units; i++) {
      const h = dh[i] + direct[i];
      const c = dc[i] + h * run.hiddenByCell[t][i];
      for (let g = 0; g < gates; g++) {
        const at = i * gates + g;
        dz[at] = h * run.hiddenByGate[t][at] + c * run.cellByGate[t][at];
        dr[at] = dz[at] * run.recurrentFactor[t][at];
      }
      nextDc[i] = c * run.cellByCell[t][i];
      nextDirect[i] = h * run.hiddenByHidden[t][i];
    }
    deltas[t] = dz;
    gated[t] = dr;
    dc = nextDc;
    direct = nextDirect;
    for (let s = t; s < time; s++) {
      inputGates[t * time + s] = inputGates[s * time + t] = dot(dz, deltas[s]);
      recurrentGates[t * time + s] = recurrentGates[s * time + t] = dot(dr, gated[s]);
    }
  }
  return { inputGates, recurrentGates };
}
