/** The ensemble of units behind the recurrent rule, forward in time. */

import { blankStep, type Cell } from "./cell.ts";
import type { GateLaw } from "./laws.ts";
import { choleskyRow, dot, drawProcess } from "./process.ts";

/** E[x_t x_s] of the layer's input, in the order in which the direction reads it. */
export interface TimeKernel {
  readonly count: number;
  readonly at: (t: number, s: number) => number;
}

/** Second moments of the states before the first step. */
export interface Initial {
  readonly hidden: number;
  readonly cell: number;
}

export interface ForwardRun {
  readonly units: number;
  readonly time: number;
  /** E[h_t h_s], row-major over time + 1 states; the first is the initial one. */
  readonly hidden: Float64Array;
  readonly hiddenMean: number;
  readonly last: { readonly hiddenMean: number; readonly cell: number; readonly cellMean: number };
  /** Derivatives along each unit's path, [time][unit]: see `Step`. */
  readonly hiddenByGate: readonly Float64Array[];
  readonly cellByGate: readonly Float64Array[];
  readonly hiddenByCell: readonly Float64Array[];
  readonly cellByCell: readonly Float64Array[];
  readonly hiddenByHidden: readonly Float64Array[];
  readonly recurrentFactor: readonly Float64Array[];
  /** Where the reset comes before the product: E[(r h)_t (r h)_s] row-major over time, and per unit r and h·dr/dz. */
  readonly reset: {
    readonly states: Float64Array;
    readonly open: readonly Float64Array[];
    readonly slope: readonly Float64Array[];
  } | null;
}

const average = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Column of noise that a Gaussian initial state is drawn from: the two behind those of the processes. */
const initialState = (level: number, noise: readonly Float64Array[], column: number): Float64Array =>
  noise[column].map((z) => z * Math.sqrt(level));

/**
 * Steps the ensemble through time: gate g's pre-activation is a Gaussian process with mean E[b] and kernel
 * input·E[x_t x_s] + recurrent·E[h_{t−1} h_{s−1}] + Var(b).
 *
 * @param noise cell.processes · time + 2 columns of equal length
 */
export function simulateForward(
  cell: Cell,
  laws: readonly GateLaw[],
  input: TimeKernel,
  initial: Initial,
  noise: readonly Float64Array[],
): ForwardRun {
  const time = input.count;
  const units = noise[0].length;
  const side = time + 1;
  const split = cell.split >= 0;
  const states = [initialState(initial.hidden, noise, cell.processes * time)];
  let cells = initialState(initial.cell, noise, cell.processes * time + 1);
  const hidden = new Float64Array(side * side);
  hidden[0] = initial.hidden;
  const rows = Array.from({ length: cell.processes }, (): Float64Array[] => []);
  const run = {
    hiddenByGate: [] as Float64Array[],
    cellByGate: [] as Float64Array[],
    hiddenByCell: [] as Float64Array[],
    cellByCell: [] as Float64Array[],
    hiddenByHidden: [] as Float64Array[],
    recurrentFactor: [] as Float64Array[],
  };
  const z = Array.from({ length: cell.processes }, () => new Float64Array(units));
  const gate = new Float64Array(cell.gates);
  const reset = cell.reset && {
    states: new Float64Array(time * time),
    open: [] as Float64Array[],
    slope: [] as Float64Array[],
  };
  const gated: Float64Array[] = [];
  // The candidate comes last: where the reset stands before its product, that gate has to be known.
  const order = Array.from({ length: cell.processes }, (_, p) => p).sort(
    (a, b) => Number(a === cell.reset?.candidate) - Number(b === cell.reset?.candidate),
  );
  const step = blankStep(cell.gates);
  for (let t = 0; t < time; t++) {
    const drawn = new Map<string, Float64Array>();
    for (const p of order) {
      const candidate = p === cell.reset?.candidate;
      if (candidate && reset && cell.reset) {
        const { gate: at, open, slope } = cell.reset;
        reset.open.push(z[at].map(open));
        reset.slope.push(z[at].map((x, i) => slope(x) * states[t][i]));
        gated.push(states[t].map((h, i) => h * reset.open[t][i]));
        for (let s = 0; s <= t; s++) reset.states[t * time + s] = reset.states[s * time + t] = dot(gated[t], gated[s]);
      }
      // The process after the gates is the recurrent part of the split gate, which has the input part alone.
      const law = laws[p < cell.gates ? p : cell.split];
      const fed = p < cell.gates;
      const back = p !== cell.split;
      const key = `${fed}|${back}|${candidate}|${law.input}|${law.recurrent}|${law.inputBias}|${law.recurrentBias}`;
      const row =
        drawn.get(key) ??
        choleskyRow(
          rows[p],
          t,
          (s) =>
            (fed ? law.input * input.at(t, s) + law.inputBias : 0) +
            (back
              ? law.recurrent * (candidate && reset ? reset.states[t * time + s] : hidden[t * side + s]) +
                law.recurrentBias
              : 0),
        );
      drawn.set(key, row);
      rows[p].push(row);
      drawProcess(row, noise, p * time, (fed ? law.inputMean : 0) + (back ? law.recurrentMean : 0), z[p]);
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
    for (let i = 0; i < units; i++) {
      for (let g = 0; g < cell.gates; g++) gate[g] = z[g][i];
      cell.step(gate, split ? z[cell.gates][i] : 0, states[t][i], cells[i], step);
      h[i] = step.hidden;
      c[i] = step.cell;
      at.hiddenByGate.set(step.hiddenByGate, i * cell.gates);
      at.cellByGate.set(step.cellByGate, i * cell.gates);
      at.recurrentFactor.set(step.recurrentFactor, i * cell.gates);
      at.hiddenByCell[i] = step.hiddenByCell;
      at.cellByCell[i] = step.cellByCell;
      at.hiddenByHidden[i] = step.hiddenByHidden;
    }
    run.hiddenByGate.push(at.hiddenByGate);
    run.cellByGate.push(at.cellByGate);
    run.recurrentFactor.push(at.recurrentFactor);
    run.hiddenByCell.push(at.hiddenByCell);
    run.cellByCell.push(at.cellByCell);
    run.hiddenByHidden.push(at.hiddenByHidden);
    states.push(h);
    cells = c;
    for (let s = 0; s <= t + 1; s++) {
      const value = dot(h, states[s]);
      hidden[(t + 1) * side + s] = value;
      hidden[s * side + t + 1] = value;
    }
  }
  const hiddenMean = states.slice(1).reduce((sum, h) => sum + average(h), 0) / time;
  const last = { hiddenMean: average(states[time]), cell: dot(cells, cells), cellMean: average(cells) };
  return { units, time, hidden, hiddenMean, last, reset, ...run };
}
