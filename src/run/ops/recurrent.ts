/** LSTM, GRU and plain recurrent layers over time, one or two directions. */

import type { RecurrentNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, type LoweringContext, type Operation, onlyInput, shapeOf } from "../operation.ts";
import { cellOf } from "./cell.ts";
import { type DirectionWeights, type Extent, joined, type Unrolled, unroll } from "./unroll.ts";

/** Results are [sequence, last hidden, last cell], those of them that the file names. */
export function lowerRecurrent(node: RecurrentNode, context: LoweringContext): Operation {
  const input = shapeOf(context, onlyInput(node));
  const timeFirst = node.timeAxis === 0;
  const [steps, samples] = timeFirst ? [input[0]!, input[1]!] : [input[1]!, input[0]!];
  const cell = cellOf(node);
  const { hidden } = node;
  const extent: Extent = { steps, samples, features: input[2]!, hidden, width: cell.gates * hidden };
  const operands: string[] = [onlyInput(node)];
  const place = (value: string | null | undefined): number => (value ? operands.push(value) - 1 : -1);
  const initial = Array.from({ length: cell.states }, (_, i) => place(node.initial[i]));
  const directions = node.directions.map((direction) => ({
    reverse: direction.reverse,
    inputWeight: place(direction.inputWeight),
    recurrentWeight: place(direction.recurrentWeight),
    inputBias: place(direction.inputBias),
    recurrentBias: place(direction.recurrentBias),
  }));
  const used = [0, 1, 2].filter((i) => i <= cell.states && node.outputs[i]);
  let program: Unrolled | undefined;

  const prepare = (jax: Jax, tensors: readonly Tensor[]) => {
    program ??= unroll(jax, cell, extent);
    const x = at(tensors, 0).ref;
    const byTime = timeFirst ? x : x.transpose([1, 0, 2]);
    const borrowed = (index: number) => (index < 0 ? null : at(tensors, index));
    const weights = directions.map(
      (direction): DirectionWeights => ({
        inputWeight: at(tensors, direction.inputWeight),
        recurrentWeight: at(tensors, direction.recurrentWeight),
        inputBias: borrowed(direction.inputBias),
        recurrentBias: borrowed(direction.recurrentBias),
      }),
    );
    const start = (d: number) =>
      initial.map((index) => {
        if (index < 0) return jax.numpy.zeros([samples, hidden]);
        return timeFirst ? at(tensors, index).ref.slice(d) : at(tensors, index).ref.slice([], d);
      });
    return { program, byTime, weights, start };
  };
  /** [samples, hidden] a direction → the file's layout of a state. */
  const stackStates = (jax: Jax, states: Tensor[]) => jax.numpy.stack(states, timeFirst ? 0 : 1);

  return {
    key: JSON.stringify(["recurrent", cell.key, node.timeAxis, directions, initial, extent, used]),
    operands,
    outputs: used.map((i) => node.outputs[i]!),
    staged: true,
    forward(jax, tensors) {
      const { program, byTime, weights, start } = prepare(jax, tensors);
      const runs = directions.map(({ reverse }, d) => program.forward(byTime, weights[d]!, start(d), reverse));
      byTime.dispose();
      const sequences = runs.map((run) =>
        joined(
          jax,
          run.hidden.map((h) => h.reshape([1, 1, samples, hidden])),
        ),
      );
      const sequence = jax.numpy.concatenate(sequences, 1);
      const results = [timeFirst ? sequence : sequence.transpose([2, 0, 1, 3])];
      for (let s = 0; s < cell.states; s++)
        results.push(
          stackStates(
            jax,
            runs.map((run) => run.last[s]!),
          ),
        );
      results.forEach((result, i) => {
        if (!used.includes(i)) result.dispose();
      });
      return used.map((i) => results[i]!);
    },
    backward(jax, tensors, cotangents, wanted) {
      const { program, byTime, weights, start } = prepare(jax, tensors);
      const given = (output: number) => cotangents[used.indexOf(output)] ?? null;
      const sequence = given(0)?.ref ?? null;
      const ordered = sequence === null || timeFirst ? sequence : sequence.transpose([1, 2, 0, 3]);
      const gradients: (Tensor | null)[] = operands.map(() => null);
      const put = (index: number, gradient: Tensor) => {
        const sofar = gradients[index];
        if (index < 0 || !wanted[index]) gradient.dispose();
        else gradients[index] = sofar ? sofar.add(gradient) : gradient;
      };
      const starts: Tensor[][] = [];
      directions.forEach((direction, d) => {
        const last = Array.from({ length: cell.states }, (_, s) => {
          const state = given(s + 1);
          if (state === null) return jax.numpy.zeros([samples, hidden]);
          return timeFirst ? state.ref.slice(d) : state.ref.slice([], d);
        });
        const here = Array.from({ length: steps }, (_, t) => ordered?.ref.slice(t, d) ?? null);
        const found = program.backward(byTime, weights[d]!, start(d), direction.reverse, { hidden: here, last });
        put(0, timeFirst ? found.x : found.x.transpose([1, 0, 2]));
        put(direction.inputWeight, found.inputWeight);
        put(direction.recurrentWeight, found.recurrentWeight);
        put(direction.inputBias, found.inputBias);
        put(direction.recurrentBias, found.recurrentBias);
        starts.push(found.start);
      });
      for (let s = 0; s < cell.states; s++)
        put(
          initial[s]!,
          stackStates(
            jax,
            starts.map((states) => states[s]!),
          ),
        );
      byTime.dispose();
      ordered?.dispose();
      return gradients;
    },
  };
}
