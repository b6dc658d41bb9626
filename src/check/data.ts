/** The rows of a data file as the rules see them, and as batches for a run. */

import type { Model, ModelInput } from "../model/types.ts";

export interface Rows {
  readonly name: string;
  readonly count: number;
  /** Numbers in one row. */
  readonly features: number;
  /** Row-major. */
  readonly values: Float32Array;
  /** Class of each row; null where the file has none. */
  readonly labels: Int32Array | null;
}

export interface DataFacts {
  readonly name: string;
  readonly rows: number;
  readonly features: number;
  /** Over all entries. */
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly secondMoment: number;
}

/** Moments over all entries of all rows. */
export function dataFacts({ name, count, features, values }: Rows): DataFacts {
  let [sum, squares, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    sum += value;
    squares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / values.length;
  const secondMoment = squares / values.length;
  const std = Math.sqrt(Math.max(0, secondMoment - mean * mean));
  return { name, rows: count, features, mean, std, min, max, secondMoment };
}

/** The model's one real-valued input whose sample has as many numbers as a row; null where there is none. */
export function inputOf(model: Model, rows: Rows): ModelInput | null {
  const [input] = model.inputs;
  if (input === undefined || model.inputs.length > 1 || input.vocabulary !== null) return null;
  const perSample = input.shape.reduce((product, size) => product * size, 1) / model.batch;
  return perSample === rows.features ? input : null;
}

export interface Scaling {
  readonly mean: number;
  readonly std: number;
}

/** Batch number `index` of `samples` rows, in turn from the first; after the last row comes the first. */
export function batchOf(rows: Rows, samples: number, index: number, { mean, std }: Scaling): Float32Array {
  const { features, values, count } = rows;
  const batch = new Float32Array(samples * features);
  for (let i = 0; i < samples; i++) {
    const from = ((index * samples + i) % count) * features;
    for (let j = 0; j < features; j++) batch[i * features + j] = (values[from + j]! - mean) / std;
  }
  return batch;
}
