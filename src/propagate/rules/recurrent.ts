/**
 * LSTM, GRU and plain recurrent layers by mean-field simulation of one unit.
 *
 * In a wide layer the gates' pre-activations of a unit are a Gaussian process over time whose kernel is that of the input,
 * the hidden state one step before and the biases (Yang 2019, "Tensor programs I"; Gilboa et al. 2019 for gated cells).
 * An ensemble of units is drawn from that process step by step, with fixed quasi-random numbers, so that cell-state
 * correlations need no closed form. Error: the ensemble's, about 1/√UNITS = 2 % on a second moment. Gates have laws of their
 * own (a forget bias of 1); a reverse direction reads time backwards; directions are independent of each other.
 */

import type { RecurrentDirection, RecurrentNode } from "../../model/types.ts";
import {
  addGradient,
  addParameterGradient,
  type Context,
  plainGradient,
  type Rule,
  stateOf,
  totalKernel,
} from "../context.ts";
import { collapse } from "../kernel/axes.ts";
import { diagonal, uniformKernel } from "../kernel/kernel.ts";
import { type BackwardRun, simulateBackward } from "../recurrent/backward.ts";
import { cellOf } from "../recurrent/cell.ts";
import { type ForwardRun, type Initial, simulateForward, type TimeKernel } from "../recurrent/forward.ts";
import { type GateLaw, gateLaws } from "../recurrent/laws.ts";
import { gaussianColumns } from "../recurrent/process.ts";
import { fromMatrix, matrix } from "../recurrent/time-kernel.ts";
import { canonicalize } from "../state/layout.ts";
import { type Factor, mixParts, type Part, positionDims, type State, stateSecondMoment } from "../state/state.ts";

const UNITS = 2048;

interface Layer {
  readonly input: Part;
  readonly time: number;
  readonly kernel: TimeKernel;
  readonly features: number;
}

/** The input's kernel over time; other position axes are averaged. */
function layerOf(state: State, timeAxis: number): Layer {
  const canonical = canonicalize(state);
  const part = mixParts(canonical);
  const time = canonical.shape[timeAxis] ?? 1;
  const dims = positionDims(canonical.layout[timeAxis] ?? []);
  const kernel =
    dims.length === 1 && part.kernel.sizes.length === 1
      ? part.kernel
      : uniformKernel(time > 1 ? [time] : [], diagonal(part.kernel), collapse(part.kernel).far);
  return { input: part, time, kernel: matrix(kernel), features: part.channels };
}

function outputState(node: RecurrentNode, context: Context, layer: Layer, runs: readonly DirectionRun[]): State {
  const shape = context.model.tensors.get(node.outputs[0])?.shape ?? [];
  const channel: Factor = { role: "channel", size: node.hidden };
  const time: Factor[] = layer.time === 1 ? [] : [{ role: "position", size: layer.time, dim: 0 }];
  const directions: Factor[] = node.directions.length === 1 ? [] : [{ role: "channel", size: node.directions.length }];
  const batch = (size: number): Factor[] => (size === 1 ? [] : [{ role: "batch", size }]);
  const layout =
    node.timeAxis === 0
      ? [time, directions, batch(shape[2]), [channel]]
      : [batch(shape[0]), time, directions, [channel]];
  const parts = runs.map(({ run, direction }): Part => {
    const average = run.hiddenMean;
    const side = layer.time + 1;
    return {
      channels: node.hidden,
      mean: average,
      kernel: fromMatrix(
        overTime(layer.time, direction.reverse, (t, s) => run.hidden[(t + 1) * side + s + 1]),
        layer.time,
      ),
      between: average * average,
      cross: average * average,
      spread: layer.input.spread,
      freedom: Number.POSITIVE_INFINITY,
      shape: null,
    };
  });
  return { shape, layout, parts };
}

/** State of the last hidden or cell value: one position of the sequence. */
function lastState(
  node: RecurrentNode,
  shape: readonly number[],
  level: number,
  average: number,
  spread: number,
): State {
  const layout: Factor[][] = shape.map((size, axis) =>
    size === 1
      ? []
      : axis === shape.length - 1 ||
          (size === node.directions.length && axis < shape.length - 1 && shape.length === 3 && axis === 0)
        ? [{ role: "channel", size }]
        : [{ role: "batch", size }],
  );
  return {
    shape,
    layout,
    parts: [
      {
        channels: node.hidden * node.directions.length,
        mean: average,
        kernel: uniformKernel([], level, 1),
        between: average * average,
        cross: average * average,
        spread,
        freedom: Number.POSITIVE_INFINITY,
        shape: null,
      },
    ],
  };
}

/** One direction's simulation, in the order in which it reads time. */
interface DirectionRun {
  readonly direction: RecurrentDirection;
  readonly laws: readonly GateLaw[];
  readonly kernel: TimeKernel;
  readonly run: ForwardRun;
}

/** A matrix over time, both axes reversed where the direction reads backwards. */
function overTime(count: number, reverse: boolean, at: (t: number, s: number) => number): Float64Array {
  const out = new Float64Array(count * count);
  for (let t = 0; t < count; t++)
    for (let s = 0; s < count; s++) out[t * count + s] = reverse ? at(count - 1 - t, count - 1 - s) : at(t, s);
  return out;
}

/** Mean square of an initial state, whatever holds it; 0 where there is none. */
function levelOf(context: Context, name: string | null | undefined): number {
  if (!name) return 0;
  const state = context.states.get(name);
  if (state) return stateSecondMoment(state);
  const values = context.model.constants.get(name)?.values;
  if (values) return values.length === 0 ? 0 : values.reduce((sum, x) => sum + x * x, 0) / values.length;
  if (!context.model.parameters.has(name)) return 0;
  const { mean, variance } = context.law(name);
  return variance + mean * mean;
}

function simulate(node: RecurrentNode, context: Context, layer: Layer): readonly DirectionRun[] {
  const cell = cellOf(node);
  const noise = gaussianColumns(UNITS, cell.processes * layer.time + 2);
  const initial: Initial = { hidden: levelOf(context, node.initial[0]), cell: levelOf(context, node.initial[1]) };
  return node.directions.map((direction) => {
    const { count, at } = layer.kernel;
    const kernel = direction.reverse
      ? { count, at: (t: number, s: number) => at(count - 1 - t, count - 1 - s) }
      : layer.kernel;
    const laws = gateLaws(direction, context.law, { gates: cell.gates, features: layer.features, hidden: node.hidden });
    return { direction, laws, kernel, run: simulateForward(cell, laws, kernel, initial, noise) };
  });
}

const over = (runs: readonly DirectionRun[], of: (run: ForwardRun) => number): number =>
  runs.reduce((sum, { run }) => sum + of(run), 0) / runs.length;

/** Adds E[δz] sums of one direction to the gradients of its parameters. */
function collectParameters(context: Context, { direction, kernel, run }: DirectionRun, gates: Gates): void {
  const count = run.time;
  let [input, recurrent, inputBias, recurrentBias] = [0, 0, 0, 0];
  for (let t = 0; t < count; t++)
    for (let s = 0; s < count; s++) {
      const g = gates.inputGates[t * count + s];
      const r = gates.recurrentGates[t * count + s];
      input += g * kernel.at(t, s);
      inputBias += g;
      const n = gates.resetGates[t * count + s];
      recurrentBias += r + n;
      recurrent += r * run.hidden[t * (count + 1) + s] + (run.reset ? n * run.reset.states[t * count + s] : 0);
    }
  addParameterGradient(context, direction.inputWeight, input);
  addParameterGradient(context, direction.recurrentWeight, recurrent);
  addParameterGradient(context, direction.inputBias, inputBias);
  addParameterGradient(context, direction.recurrentBias, recurrentBias);
}

type Gates = Pick<BackwardRun, "inputGates" | "recurrentGates" | "resetGates">;

const addLevel = (context: Context, tensor: string | null | undefined, level: number): void => {
  if (!tensor) return;
  const state = context.states.get(tensor);
  if (state)
    addGradient(context, tensor, plainGradient(state.parts.map((p) => uniformKernel(p.kernel.sizes, level, 0))));
  else if (context.model.parameters.has(tensor)) addParameterGradient(context, tensor, level);
};

export const recurrentRule: Rule<RecurrentNode> = {
  forward(node, context) {
    context.warn({
      code: "mean-field-recurrence",
      where: node.name,
      message: `${node.name} (${node.op}): gates simulated in the wide limit with ${UNITS} units, error about 2%`,
    });
    const layer = layerOf(stateOf(context, node.inputs[0]), node.timeAxis);
    const runs = simulate(node, context, layer);
    const spread = layer.input.spread;
    return node.outputs.map((output, i) => {
      if (i === 0) return outputState(node, context, layer, runs);
      const shape = context.model.tensors.get(output)?.shape ?? [];
      return i === 1
        ? lastState(
            node,
            shape,
            over(runs, (r) => r.hidden[r.hidden.length - 1]),
            over(runs, (r) => r.last.hiddenMean),
            spread,
          )
        : lastState(
            node,
            shape,
            over(runs, (r) => r.last.cell),
            over(runs, (r) => r.last.cellMean),
            spread,
          );
    });
  },
  backward(node, context, [sequence, lastHidden, lastCell]) {
    const input = stateOf(context, node.inputs[0]);
    const layer = layerOf(input, node.timeAxis);
    const count = layer.time;
    const cell = cellOf(node);
    const noise = gaussianColumns(UNITS, (cell.reset ? 2 : 1) * count + 1, 7);
    const toInput = new Float64Array(count * count);
    let [initialHidden, initialCell] = [0, 0];
    const last = lastHidden ? diagonal(totalKernel(lastHidden[0])) : 0;
    const simulated = simulate(node, context, layer);
    simulated.forEach((one, d) => {
      const k = sequence ? matrix(totalKernel(sequence[Math.min(d, sequence.length - 1)])) : null;
      const { reverse } = one.direction;
      const hidden = overTime(count, reverse, (t, s) => (k ? (k.count === 1 ? k.at(0, 0) : k.at(t, s)) : 0));
      hidden[hidden.length - 1] += last;
      const external = { hidden, lastCell: lastCell ? diagonal(totalKernel(lastCell[0])) : 0 };
      const back = simulateBackward(cell, one.run, external, one.laws, noise);
      const share = node.hidden / layer.features;
      overTime(count, reverse, (t, s) => back.toInput[t * count + s]).forEach((v, i) => {
        toInput[i] += v * share;
      });
      initialHidden += back.initialHidden / simulated.length;
      initialCell += back.initialCell / simulated.length;
      collectParameters(context, one, back);
    });
    const kernel = fromMatrix(toInput, count);
    addGradient(
      context,
      node.inputs[0],
      plainGradient(
        input.parts.map((part) =>
          part.kernel.sizes.length === kernel.sizes.length
            ? kernel
            : uniformKernel(part.kernel.sizes, diagonal(kernel), kernel.far),
        ),
      ),
    );
    addLevel(context, node.initial[0], initialHidden);
    addLevel(context, node.initial[1], initialCell);
  },
};
