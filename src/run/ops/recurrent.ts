/** LSTM, GRU and plain recurrent layers over time, one or two directions. */

import type { RecurrentNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, type LoweringContext, type Operation, onlyInput, shapeOf } from "../operation.ts";
import { type Cell, cellOf } from "./cell.ts";

interface Extent {
  readonly steps: number;
  readonly samples: number;
  readonly features: number;
  readonly hidden: number;
}

/**
 * The input's product with all gates is one matrix product over all time steps; the cell is compiled once and called
 * step by step, so that a long sequence compiles no longer than a short one.
 */
export function lowerRecurrent(node: RecurrentNode, context: LoweringContext): Operation {
  const input = shapeOf(context, onlyInput(node));
  const [steps, samples] = node.timeAxis === 0 ? [input[0]!, input[1]!] : [input[1]!, input[0]!];
  const extent: Extent = { steps, samples, features: input[2]!, hidden: node.hidden };
  const operands: string[] = [onlyInput(node)];
  const place = (value: string | null): number => (value === null ? -1 : operands.push(value) - 1);
  const initial = [place(node.initial[0] ?? null), place(node.initial[1] ?? null)];
  const directions = node.directions.map((direction) => ({
    reverse: direction.reverse,
    inputWeight: place(direction.inputWeight),
    recurrentWeight: place(direction.recurrentWeight),
    inputBias: place(direction.inputBias),
    recurrentBias: place(direction.recurrentBias),
  }));
  const cell = cellOf(node);
  const used = [0, 1, 2].filter((i) => i <= cell.states && node.outputs[i]);
  let step: ((...state: Tensor[]) => Tensor[]) | undefined;

  return {
    key: JSON.stringify(["recurrent", cell.key, node.timeAxis, directions, initial, extent, used]),
    operands,
    outputs: used.map((i) => node.outputs[i]!),
    staged: true,
    forward(jax, tensors) {
      step ??= jax.jit((...state: Tensor[]) => cell.step(jax, state));
      const x = at(tensors, 0).ref;
      const byTime = node.timeAxis === 0 ? x : x.transpose([1, 0, 2]);
      const runs = directions.map((direction, d) => {
        const start = initial.slice(0, cell.states).map((index) => {
          if (index < 0) return jax.numpy.zeros([samples, node.hidden]);
          const stacked = tensors[index]!.ref;
          return node.timeAxis === 0 ? stacked.slice(d) : stacked.slice([], d);
        });
        const pick = (index: number) => (index < 0 ? null : at(tensors, index));
        const weights = {
          inputWeight: at(tensors, direction.inputWeight),
          recurrentWeight: at(tensors, direction.recurrentWeight),
          inputBias: pick(direction.inputBias),
          recurrentBias: pick(direction.recurrentBias),
        };
        return runDirection(jax, { byTime, start, weights, cell, extent, reverse: direction.reverse }, step!);
      });
      byTime.dispose();
      const sequence = jax.numpy.stack(
        runs.map((run) => jax.numpy.stack(run.hidden, 0)),
        1,
      );
      const stateAxis = node.timeAxis === 0 ? 0 : 1;
      const last = Array.from({ length: cell.states }, (_, s) =>
        jax.numpy.stack(
          runs.map((run) => run.last[s]!),
          stateAxis,
        ),
      );
      const results = [node.timeAxis === 0 ? sequence : sequence.transpose([2, 0, 1, 3]), ...last];
      results.forEach((result, i) => {
        if (!used.includes(i)) result.dispose();
      });
      return used.map((i) => results[i]!);
    },
  };
}

interface DirectionRun {
  readonly byTime: Tensor;
  readonly start: Tensor[];
  readonly weights: {
    readonly inputWeight: Tensor;
    readonly recurrentWeight: Tensor;
    readonly inputBias: Tensor | null;
    readonly recurrentBias: Tensor | null;
  };
  readonly cell: Cell;
  readonly extent: Extent;
  readonly reverse: boolean;
}

/** Borrows `byTime` and the weights, consumes `start`. */
function runDirection(jax: Jax, run: DirectionRun, step: (...state: Tensor[]) => Tensor[]) {
  const { steps, samples, features, hidden } = run.extent;
  const { inputWeight, recurrentWeight, inputBias, recurrentBias } = run.weights;
  const rows = run.byTime.ref.reshape([steps * samples, features]);
  let projected = jax.lax.dot(rows, inputWeight.ref, { lhsContractingDims: [1], rhsContractingDims: [1] });
  if (inputBias !== null) projected = projected.add(inputBias.ref);
  const width = run.cell.gates * hidden;
  const gates = projected.reshape([steps, samples, width]);
  const bias = recurrentBias === null ? jax.numpy.zeros([width]) : recurrentBias.ref;
  const order = Array.from({ length: steps }, (_, t) => (run.reverse ? steps - 1 - t : t));
  const outputs: Tensor[] = new Array(steps);
  let state = run.start;
  for (const t of order) {
    state = step(gates.ref.slice(t), recurrentWeight.ref, bias.ref, ...state);
    outputs[t] = state[0]!.ref;
  }
  gates.dispose();
  bias.dispose();
  return { hidden: outputs, last: state };
}
