/** Rows of a data file as inputs of a model. */

import { basename } from "node:path";
import type { Model, ModelInput } from "../model/types.ts";
import { UsageError } from "./errors.ts";

export interface Rows {
  readonly name: string;
  readonly count: number;
  /** Numbers in one row. */
  readonly features: number;
  /** Row-major. */
  readonly values: Float32Array;
  /** Class of each row; null where the file has none. */
  readonly labels: Int32Array | null;
  /** Over all entries. */
  readonly mean: number;
  readonly variance: number;
}

/** Reads the rows of a .csv, .npy or .npz; a label column is left out. */
export async function readRows(path: string): Promise<Rows> {
  const { readData } = await import("../formats/file.ts");
  const { inputs, shape, labels } = await readData(path);
  const count = shape[0] ?? 0;
  if (count === 0 || inputs.length === 0) throw new UsageError(`--data: no rows in ${path}, give a file with numbers`);
  return {
    name: basename(path),
    count,
    features: inputs.length / count,
    values: inputs,
    labels,
    ...meanAndVariance(inputs),
  };
}

/** The rows that `--data` names, and the options with their mean and variance where none were given. */
export async function withRows<
  Options extends { readonly data?: string; readonly inputMean?: number; readonly inputVariance?: number },
>(options: Options): Promise<{ readonly rows: Rows | null; readonly expected: Options }> {
  if (options.data === undefined) return { rows: null, expected: options };
  const rows = await readRows(options.data);
  const { inputMean = rows.mean, inputVariance = rows.variance } = options;
  return { rows, expected: { ...options, inputMean, inputVariance } };
}

function meanAndVariance(values: Float32Array): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

/** The model's one real-valued input, whose row has as many numbers as the data's. */
export function inputFor(model: Model, rows: Rows): ModelInput {
  const [input] = model.inputs;
  if (input === undefined || model.inputs.length > 1 || input.vocabulary !== null) {
    throw new UsageError(
      `--data: needs a model with one real-valued input, got ${model.inputs.length === 1 ? "token ids" : `${model.inputs.length} inputs`}, verify without --data`,
    );
  }
  const perSample = input.shape.reduce((product, size) => product * size, 1) / model.batch;
  if (perSample !== rows.features) {
    throw new UsageError(
      `--data: ${rows.name} has ${rows.features} numbers a row, got a model input ${input.name} of ${perSample}, give rows of that many`,
    );
  }
  return input;
}

/** The batch of one draw: rows in turn, so that draws see different ones; after the last the first. */
export function batchOf(rows: Rows, samples: number, draw: number): Float32Array {
  const batch = new Float32Array(samples * rows.features);
  for (let i = 0; i < samples; i++) {
    const row = (draw * samples + i) % rows.count;
    batch.set(rows.values.subarray(row * rows.features, (row + 1) * rows.features), i * rows.features);
  }
  return batch;
}
