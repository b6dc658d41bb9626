/** Cells as functions of their gates' pre-activations, with derivatives: what the mean-field simulation steps through. */

import { activationByName } from "../../activation/index.ts";
import type { RecurrentNode } from "../../model/types.ts";

export interface Step {
  /** New hidden and cell state. */
  hidden: number;
  cell: number;
  /** ∂hidden/∂z and ∂cell/∂z by gate, at a fixed previous state; GRU's candidate splits into input and recurrent part. */
  readonly hiddenByGate: Float64Array;
  readonly cellByGate: Float64Array;
  /** ∂hidden/∂cell, ∂cell/∂(previous cell), ∂hidden/∂(previous hidden) along the direct path. */
  hiddenByCell: number;
  cellByCell: number;
  hiddenByHidden: number;
  /** Factor of the recurrent part of gate i (GRU with the reset after the product: r for the candidate). */
  readonly recurrentFactor: Float64Array;
}

export interface Reset {
  /** The gate r, and the one whose product takes r·h. */
  readonly gate: number;
  readonly candidate: number;
  /** r and dr/dz at a pre-activation. */
  readonly open: (z: number) => number;
  readonly slope: (z: number) => number;
}

export interface Cell {
  readonly gates: number;
  /** Gaussian processes per unit: one a gate, two for a candidate whose recurrent part is gated. */
  readonly processes: number;
  /** Gate whose recurrent part is a process of its own; −1 if none. */
  readonly split: number;
  /** GRU with the reset before the product: the candidate's recurrent product takes r·h. */
  readonly reset: Reset | null;
  /** z: pre-activation by gate (a split gate's input part), recurrent: its recurrent part. */
  readonly step: (z: Float64Array, recurrent: number, hidden: number, cell: number, out: Step) => void;
}

export const blankStep = (gates: number): Step => ({
  hidden: 0,
  cell: 0,
  hiddenByGate: new Float64Array(gates),
  cellByGate: new Float64Array(gates),
  hiddenByCell: 0,
  cellByCell: 0,
  hiddenByHidden: 0,
  recurrentFactor: new Float64Array(gates).fill(1),
});

const named = (name: string) => activationByName(name);

export function cellOf(node: RecurrentNode): Cell {
  switch (node.cell) {
    case "lstm":
      return lstm(node);
    case "gru":
      return gru(node);
    case "rnn":
      return rnn(node);
  }
}

/** c' = f c + i g, h = o·tanh(c'). */
function lstm(node: RecurrentNode): Cell {
  const gate = named(node.activations[0] ?? "sigmoid");
  const candidate = named(node.activations[1] ?? "tanh");
  const output = named(node.activations[2] ?? "tanh");
  const at = (name: string) => node.gates.indexOf(name);
  const [I, F, G, O] = [at("i"), at("f"), at("g"), at("o")];
  return {
    gates: 4,
    processes: 4,
    split: -1,
    reset: null,
    step(z, _recurrent, _hidden, cell, out) {
      const i = gate.value(z[I]);
      const f = gate.value(z[F]);
      const g = candidate.value(z[G]);
      const o = gate.value(z[O]);
      out.cell = f * cell + i * g;
      const t = output.value(out.cell);
      out.hidden = o * t;
      out.hiddenByCell = o * output.derivative(out.cell);
      out.cellByCell = f;
      out.hiddenByHidden = 0;
      out.cellByGate[I] = gate.derivative(z[I]) * g;
      out.cellByGate[F] = gate.derivative(z[F]) * cell;
      out.cellByGate[G] = candidate.derivative(z[G]) * i;
      out.hiddenByGate[O] = gate.derivative(z[O]) * t;
    },
  };
}

/** h' = (1 − z) n + z h, n = tanh(a + r·b) with b = U h + c the recurrent part (reset after), or tanh(a + U(r·h) + c) (before). */
function gru(node: RecurrentNode): Cell {
  const gate = named(node.activations[0] ?? "sigmoid");
  const candidate = named(node.activations[1] ?? "tanh");
  const at = (name: string) => node.gates.indexOf(name);
  const [R, Z, N] = [at("r"), at("z"), at("n")];
  if (!node.resetAfter)
    return {
      gates: 3,
      processes: 3,
      split: -1,
      reset: { gate: R, candidate: N, open: gate.value, slope: gate.derivative },
      step(z, _recurrent, hidden, _cell, out) {
        const u = gate.value(z[Z]);
        const n = candidate.value(z[N]);
        out.hidden = (1 - u) * n + u * hidden;
        out.cell = 0;
        out.hiddenByHidden = u;
        out.hiddenByGate[N] = (1 - u) * candidate.derivative(z[N]);
        out.hiddenByGate[R] = 0;
        out.hiddenByGate[Z] = (hidden - n) * gate.derivative(z[Z]);
      },
    };
  return {
    gates: 3,
    processes: 4,
    split: N,
    reset: null,
    step(z, recurrent, hidden, _cell, out) {
      const r = gate.value(z[R]);
      const u = gate.value(z[Z]);
      const x = z[N] + r * recurrent;
      const n = candidate.value(x);
      out.hidden = (1 - u) * n + u * hidden;
      out.cell = 0;
      out.hiddenByHidden = u;
      out.hiddenByGate[N] = (1 - u) * candidate.derivative(x);
      out.hiddenByGate[R] = out.hiddenByGate[N] * recurrent * gate.derivative(z[R]);
      out.hiddenByGate[Z] = (hidden - n) * gate.derivative(z[Z]);
      out.recurrentFactor[N] = r;
    },
  };
}

function rnn(node: RecurrentNode): Cell {
  const activation = named(node.activations[0] ?? "tanh");
  return {
    gates: 1,
    processes: 1,
    split: -1,
    reset: null,
    step(z, _recurrent, _hidden, _cell, out) {
      out.hidden = activation.value(z[0]);
      out.hiddenByGate[0] = activation.derivative(z[0]);
    },
  };
}
