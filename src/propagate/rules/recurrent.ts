/**
 * LSTM, GRU and plain recurrent layers by mean-field simulation of one unit.
 *
 * In a wide layer the gates' pre-activations of a unit are a Gaussian process over time whose kernel is that of the input,
 * the hidden state one step before and the biases (Yang 2019, "Tensor programs I"; Gilboa et al. 2019 for gated cells).
 * An ensemble of units is drawn from that process step by step, with fixed quasi-random numbers, so that cell-state
 * correlations need no closed form. Error: the ensemble's, about 1/√UNITS = 2 % on a second moment.
 */

import type { RecurrentNode } from "../../model/types.ts";
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
import { correlationAt, diagonal, fullProfile, type Kernel, mean, positions, uniformKernel } from "../kernel/kernel.ts";
import { cellOf } from "../recurrent/cell.ts";
import { gaussianColumns, simulateBackward, simulateForward, type TimeKernel } from "../recurrent/simulation.ts";
import { canonicalize } from "../state/layout.ts";
import { type Factor, mixParts, type Part, positionDims, type State } from "../state/state.ts";

const UNITS = 2048;

interface Layer {
  readonly input: Part;
  readonly time: number;
  readonly kernel: TimeKernel;
  readonly features: number;
}

const matrix = (kernel: Kernel): TimeKernel => {
  const count = positions(kernel);
  const profile = fullProfile(kernel);
  return {
    count,
    at: (t, s) =>
      t === s
        ? profile[t]
        : Math.sqrt(profile[t] * profile[s]) *
          (kernel.sizes.length === 1 ? correlationAt(kernel, [s - t]) : kernel.far),
  };
};

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

/** Kernel over time from a matrix of second moments: diagonal, and mean correlation by lag. */
function fromMatrix(values: Float64Array, count: number): Kernel {
  if (count === 1) return uniformKernel([], values[0], 1);
  const profile = Float64Array.from({ length: count }, (_, t) => values[t * count + t]);
  const level = mean(profile);
  const lags = new Float64Array(2 * count - 1);
  let off = 0;
  for (let lag = 0; lag < count; lag++) {
    let sum = 0;
    for (let t = 0; t + lag < count; t++) sum += values[t * count + t + lag];
    const c = lag === 0 ? 1 : level === 0 ? 0 : sum / (count - lag) / level;
    lags[count - 1 + lag] = c;
    lags[count - 1 - lag] = c;
    if (lag > 0) off += 2 * (count - lag) * c;
  }
  return { sizes: [count], radius: [count - 1], lags, far: off / (count * (count - 1)), profile };
}

function outputState(node: RecurrentNode, context: Context, layer: Layer, kernel: Kernel, average: number): State {
  const shape = context.model.tensors.get(node.outputs[0])?.shape ?? [];
  const channel: Factor = { role: "channel", size: node.hidden };
  const time: Factor[] = layer.time === 1 ? [] : [{ role: "position", size: layer.time, dim: 0 }];
  const directions: Factor[] = node.directions.length === 1 ? [] : [{ role: "channel", size: node.directions.length }];
  const batch = (size: number): Factor[] => (size === 1 ? [] : [{ role: "batch", size }]);
  const layout =
    node.timeAxis === 0
      ? [time, directions, batch(shape[2]), [channel]]
      : [batch(shape[0]), time, directions, [channel]];
  return {
    shape,
    layout,
    parts: [
      {
        channels: node.hidden * node.directions.length,
        mean: average,
        kernel,
        between: average * average,
        cross: average * average,
        spread: layer.input.spread,
        freedom: Number.POSITIVE_INFINITY,
        shape: null,
      },
    ],
  };
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

const simulate = (node: RecurrentNode, context: Context, layer: Layer) => {
  const [first] = node.directions;
  const cell = cellOf(node);
  const laws = {
    input: context.law(first.inputWeight),
    recurrent: context.law(first.recurrentWeight),
    inputBias: first.inputBias === null ? null : context.law(first.inputBias),
    recurrentBias: first.recurrentBias === null ? null : context.law(first.recurrentBias),
  };
  return simulateForward(
    cell,
    laws,
    layer.kernel,
    layer.features,
    node.hidden,
    gaussianColumns(UNITS, cell.processes * layer.time),
  );
};

export const recurrentRule: Rule<RecurrentNode> = {
  forward(node, context) {
    context.warn({
      code: "mean-field-recurrence",
      where: node.name,
      message: `${node.name} (${node.op}): gates simulated in the wide limit with ${UNITS} units, error about 2%`,
    });
    const layer = layerOf(stateOf(context, node.inputs[0]), node.timeAxis);
    const run = simulate(node, context, layer);
    const kernel = fromMatrix(run.hidden, layer.time);
    const state = outputState(node, context, layer, kernel, run.hiddenMean);
    const last = run.hidden[run.hidden.length - 1];
    return node.outputs.map((output, i) => {
      if (i === 0) return state;
      const shape = context.model.tensors.get(output)?.shape ?? [];
      return lastState(node, shape, i === 1 ? last : run.cellLast, run.hiddenMean, layer.input.spread);
    });
  },
  backward(node, context, [sequence, lastHidden]) {
    const input = stateOf(context, node.inputs[0]);
    const layer = layerOf(input, node.timeAxis);
    const count = layer.time;
    const external = new Float64Array(count * count);
    if (sequence) {
      const k = matrix(totalKernel(sequence[0]));
      for (let t = 0; t < count; t++)
        for (let s = 0; s < count; s++) external[t * count + s] += k.count === 1 ? k.at(0, 0) : k.at(t, s);
    }
    if (lastHidden) external[external.length - 1] += diagonal(totalKernel(lastHidden[0]));
    if (!sequence && !lastHidden) return;
    const run = simulate(node, context, layer);
    const cell = cellOf(node);
    const back = simulateBackward(
      cell,
      run,
      external,
      context.law(node.directions[0].recurrentWeight),
      node.hidden,
      gaussianColumns(UNITS, 2 * count, 7),
    );
    const weight = context.law(node.directions[0].inputWeight);
    const second = weight.variance + weight.mean * weight.mean;
    const gates = cell.gates;
    const inputGradient = back.inputGates.map((v) => v * second * node.hidden * gates * node.directions.length);
    const kernel = fromMatrix(inputGradient, count);
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
    for (const direction of node.directions) {
      let w = 0;
      let u = 0;
      let b = 0;
      let c = 0;
      for (let t = 0; t < count; t++)
        for (let s = 0; s < count; s++) {
          const g = back.inputGates[t * count + s];
          const r = back.recurrentGates[t * count + s];
          w += g * layer.kernel.at(t, s);
          b += g;
          c += r;
          if (t > 0 && s > 0) u += r * run.hidden[(t - 1) * count + s - 1];
        }
      addParameterGradient(context, direction.inputWeight, w);
      addParameterGradient(context, direction.recurrentWeight, u);
      addParameterGradient(context, direction.inputBias, b);
      addParameterGradient(context, direction.recurrentBias, c);
    }
  },
};
