/** The ensemble of units behind the recurrent rule, backward in time. */

import type { Cell } from "./cell.ts";
import type { ForwardRun } from "./forward.ts";
import type { GateLaw } from "./laws.ts";
import { choleskyRow, dot, dotByGate, drawProcess } from "./process.ts";

export interface BackwardRun {
  /** E[δz_t δz_s] averaged over gates: of the input product, and of the recurrent product. */
  readonly inputGates: Float64Array;
  readonly recurrentGates: Float64Array;
  /** The share of the gate whose product takes r·h instead of h. */
  readonly resetGates: Float64Array;
  /** Σ over gates of E[w²]·E[δz_t δz_s], times features: what all gates of one unit send back to all inputs. */
  readonly toInput: Float64Array;
  /** E[δ²] of the states before the first step. */
  readonly initialHidden: number;
  readonly initialCell: number;
}

/** Gradient that comes from outside: E[δh_t δh_s] row-major, and E[δc²] of the last cell state. */
export interface External {
  readonly hidden: Float64Array;
  readonly lastCell: number;
}

/**
 * δh_t is a Gaussian process: the gradient from outside plus Uᵀδz of the step after, fresh weights as in every backward
 * pass (gradient independence, Yang 2019); along a unit's own path δc and the direct part of δh are carried exactly.
 *
 * @param noise time + 1 columns, and time more where a reset stands before the product
 */
export function simulateBackward(
  cell: Cell,
  run: ForwardRun,
  external: External,
  laws: readonly GateLaw[],
  noise: readonly Float64Array[],
): BackwardRun {
  const { time, units } = run;
  const gates = cell.gates;
  const inputGates = new Float64Array(time * time);
  const recurrentGates = new Float64Array(time * time);
  const resetGates = new Float64Array(time * time);
  const toInput = new Float64Array(time * time);
  const toHidden = new Float64Array(time * time);
  const rows: Float64Array[] = [];
  const resetRows: Float64Array[] = [];
  const candidates: Float64Array[] = [];
  const deltas: Float64Array[] = [];
  const gated: Float64Array[] = [];
  let dc: Float64Array = noise[time].map((z) => z * Math.sqrt(external.lastCell));
  let direct: Float64Array = new Float64Array(units);
  const dh = new Float64Array(units);
  for (let step = 0; step < time; step++) {
    const t = time - 1 - step;
    // Row `step` counts backwards in time: entry k belongs to time − 1 − k.
    rows.push(
      choleskyRow(rows, step, (k) => {
        const s = time - 1 - k;
        return external.hidden[t * time + s] + (t + 1 < time && s + 1 < time ? toHidden[(t + 1) * time + s + 1] : 0);
      }),
    );
    drawProcess(rows[step], noise, 0, 0, dh);
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
    if (cell.reset && run.reset) {
      // δ(r·h) = Uᵀδz of the candidate: a process of its own, which the reset gate and the state before share.
      const { gate, candidate } = cell.reset;
      const own = Float64Array.from({ length: units }, (_, i) => dz[i * gates + candidate]);
      candidates[t] = own;
      resetRows.push(
        choleskyRow(resetRows, step, (k) => laws[candidate].recurrent * dot(own, candidates[time - 1 - k])),
      );
      const product = new Float64Array(units);
      drawProcess(resetRows[step], noise, time + 1, 0, product);
      for (let i = 0; i < units; i++) {
        dz[i * gates + gate] = product[i] * run.reset.slope[t][i];
        dr[i * gates + gate] = dz[i * gates + gate];
        nextDirect[i] += product[i] * run.reset.open[t][i];
      }
    }
    deltas[t] = dz;
    gated[t] = dr;
    dc = nextDc;
    direct = nextDirect;
    for (let s = t; s < time; s++) {
      const own = dotByGate(dz, deltas[s], gates);
      const back = dotByGate(dr, gated[s], gates);
      for (const at of s === t ? [t * time + t] : [t * time + s, s * time + t])
        for (let g = 0; g < gates; g++) {
          inputGates[at] += own[g] / gates;
          toInput[at] += own[g] * laws[g].input;
          if (g === cell.reset?.candidate) resetGates[at] += back[g] / gates;
          else {
            recurrentGates[at] += back[g] / gates;
            toHidden[at] += back[g] * laws[g].recurrent;
          }
        }
    }
  }
  return {
    inputGates,
    recurrentGates,
    resetGates,
    toInput,
    initialHidden: toHidden[0] + dot(direct, direct),
    initialCell: dot(dc, dc),
  };
}
