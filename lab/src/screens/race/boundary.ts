/** What a network of two inputs makes of the plane: the class that it names at each place of a grid, and how surely. */

import { resolveActivation } from "../../../../src/activation/index.ts";
import type { Model } from "../../../../src/model/types.ts";
import { linearForward } from "../../network/layers.ts";

export interface Extent {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface Boundary {
  /** Places a side; row by row from the top left. */
  readonly side: number;
  readonly classes: Uint8Array;
  /** 0 … 255: from no more likely than any other class to certain. */
  readonly certainty: Uint8Array;
}

const SIDE = 40;
/** Room around the outermost points, as a share of their spread. */
const MARGIN = 0.08;

/** @param inputs pairs */
export function extentOf(inputs: Float32Array): Extent {
  const along = (axis: number): readonly [number, number] => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < inputs.length; i += 2) {
      low = Math.min(low, inputs[i]!);
      high = Math.max(high, inputs[i]!);
    }
    const room = MARGIN * (high - low) || 1;
    return [low - room, high + room];
  };
  return { x: along(0), y: along(1) };
}

export function boundaryOf(model: Model, weights: ReadonlyMap<string, Float32Array>, { x, y }: Extent): Boundary {
  const count = SIDE * SIDE;
  let values = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
    values[2 * i] = x[0] + ((column + 0.5) / SIDE) * (x[1] - x[0]);
    values[2 * i + 1] = y[1] - ((row + 0.5) / SIDE) * (y[1] - y[0]);
  }
  for (const node of model.nodes) {
    if (node.kind === "linear") {
      const bias = node.bias === null ? null : (weights.get(node.bias) ?? null);
      values = Float32Array.from(linearForward(values, weights.get(node.weight) ?? new Float32Array(0), bias, count));
    } else if (node.kind === "activation") {
      const { value } = resolveActivation(node.activation);
      for (let i = 0; i < values.length; i++) values[i] = value(values[i]!);
    } else throw new Error(`lab: the plane has no ${node.kind}`);
  }
  const outputs = values.length / count;
  const [classes, certainty] = [new Uint8Array(count), new Uint8Array(count)];
  for (let i = 0; i < count; i++) {
    const logits = values.subarray(i * outputs, (i + 1) * outputs);
    const best = logits.reduce((most, logit, k) => (logit > logits[most]! ? k : most), 0);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - logits[best]!), 0);
    classes[i] = best;
    certainty[i] = Math.round((255 * Math.max(0, 1 / sum - 1 / outputs)) / (1 - 1 / outputs));
  }
  return { side: SIDE, classes, certainty };
}
