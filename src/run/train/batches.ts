/** Rows in the shapes that the model's program takes, and the order in which training meets them. */

import { createKey, deriveKey, fillBits, type Key, type Seed } from "../../random/index.ts";
import type { Head } from "./head.ts";
import type { Samples } from "./types.ts";

export interface Layout {
  readonly batch: number;
  /** Numbers in one sample of the input. */
  readonly input: number;
  /** Labels of one sample. */
  readonly labels: number;
  readonly head: Head;
  /** Inputs are token ids. */
  readonly integers: boolean;
}

export interface Chunk {
  readonly inputs: Float32Array | Int32Array;
  readonly targets: Int32Array | Float32Array;
  /** One number a label; they sum to 1 over all chunks. */
  readonly weights: Float32Array;
}

/** Cuts samples into chunks of exactly `batch` rows; the last one is filled up with the first rows, of weight 0. */
export function chunks(samples: Samples, layout: Layout): Chunk[] {
  const { batch, labels } = layout;
  const target = checkSamples(samples, layout);
  const found: Chunk[] = [];
  for (let from = 0; from < samples.count; from += batch) {
    const rows = Array.from({ length: batch }, (_, i) => (from + i) % samples.count);
    const weights = new Float32Array(batch * labels);
    weights.fill(1 / (samples.count * labels), 0, Math.min(batch, samples.count - from) * labels);
    found.push({
      inputs: pick(samples.inputs, layout.input, rows),
      targets: pick(samples.targets, target, rows),
      weights,
    });
  }
  return found;
}

/** The samples of these rows, in this order. */
export function selectRows(samples: Samples, rows: ArrayLike<number>): Samples {
  return {
    count: rows.length,
    inputs: pick(samples.inputs, samples.inputs.length / samples.count, rows),
    targets: pick(samples.targets, samples.targets.length / samples.count, rows),
  };
}

function pick<Values extends Float32Array | Int32Array>(values: Values, width: number, rows: ArrayLike<number>): Values;
function pick(values: Float32Array | Int32Array, width: number, rows: ArrayLike<number>): Float32Array | Int32Array {
  const out =
    values instanceof Int32Array ? new Int32Array(rows.length * width) : new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    out.set(values.subarray(row * width, (row + 1) * width), i * width);
  }
  return out;
}

/** Numbers in one sample's target. */
function checkSamples({ count, inputs, targets }: Samples, layout: Layout): number {
  const { head, labels, input, integers } = layout;
  if (!Number.isInteger(count) || count < 1) throw new Error(`train: needs a sample or more, got ${count}`);
  if (inputs.length !== count * input) {
    throw new Error(`train: inputs hold ${inputs.length} numbers, give ${count} samples of ${input}`);
  }
  if (integers && !(inputs instanceof Int32Array))
    throw new Error("train: token ids are an Int32Array, got real numbers");
  const labelled = targets instanceof Int32Array;
  const width = labelled ? labels : labels * (head.shape[head.axis] ?? 1);
  if (targets.length !== count * width) {
    throw new Error(
      `train: targets hold ${targets.length} numbers, give ${count} × ${width} ${labelled ? "class ids" : "values"}`,
    );
  }
  if (labelled) {
    const classes = Math.max(2, head.classes);
    const bad = targets.find((id) => id < 0 || id >= classes);
    if (bad !== undefined) throw new Error(`train: the model has ${classes} classes, got the class id ${bad}`);
  }
  return width;
}

/**
 * Endless batches of rows: each pass visits every row once, in an order that (seed, pass) alone decides, the same for
 * every run that it is given to. A pass that does not fill the last batch goes on in the next one.
 */
export function* batchOrder(count: number, batch: number, seed: Seed): Generator<Int32Array, never> {
  const key = createKey(seed, "epoch0 training: order of the rows");
  let pass = 0;
  let order = permutation(count, deriveKey(key, pass));
  let at = 0;
  for (;;) {
    const rows = new Int32Array(batch);
    for (let i = 0; i < batch; i++) {
      if (at === count) {
        order = permutation(count, deriveKey(key, ++pass));
        at = 0;
      }
      rows[i] = order[at++]!;
    }
    yield rows;
  }
}

/** Fisher and Yates; a word's remainder is off uniform by less than count · 2⁻³². */
export function permutation(count: number, key: Key): Int32Array {
  const words = new Uint32Array(count);
  fillBits(words, key, 0);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
