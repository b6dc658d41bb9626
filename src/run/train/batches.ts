/** Rows in the shapes that the model's program takes. */

import { type Layout, placeSamples } from "./layout.ts";
import type { InputRows, SampleInputs, Samples } from "./types.ts";

export interface Chunk {
  /** One array an input, in the layout's order. */
  readonly inputs: readonly InputRows[];
  readonly targets: Int32Array | Float32Array;
  /** One number a label; they sum to 1 over all chunks. */
  readonly weights: Float32Array;
}

/** Cuts samples into chunks of exactly `batch` rows; the last one is filled up with the first rows, of weight 0. */
export function chunks(samples: Samples, layout: Layout): Chunk[] {
  const { batch, labels, head } = layout;
  const target = checkSamples(samples, layout);
  const found: Chunk[] = [];
  for (let from = 0; from < samples.count; from += batch) {
    const rows = Array.from({ length: batch }, (_, i) => (from + i) % samples.count);
    const weights = new Float32Array(batch * labels);
    weights.fill(1 / (samples.count * labels), 0, Math.min(batch, samples.count - from) * labels);
    found.push({
      inputs: layout.inputs.map(({ name, size, before }) =>
        placeSamples(pick(rowsOf(samples.inputs, name), size, rows), batch, before),
      ),
      targets: placeSamples(pick(samples.targets, target, rows), batch, head.before),
      weights: placeSamples(weights, batch, head.before),
    });
  }
  return found;
}

/** The samples of these rows, in this order. */
export function selectRows<Inputs extends SampleInputs>(
  samples: Samples<Inputs>,
  rows: ArrayLike<number>,
): Samples<Inputs>;
export function selectRows(samples: Samples, rows: ArrayLike<number>): Samples {
  const { count, inputs, targets } = samples;
  const some = <Values extends InputRows>(values: Values) => pick(values, values.length / count, rows);
  return {
    count: rows.length,
    inputs: isRows(inputs) ? some(inputs) : new Map([...inputs].map(([name, values]) => [name, some(values)])),
    targets: some(targets),
  };
}

const isRows = (inputs: SampleInputs): inputs is InputRows => ArrayBuffer.isView(inputs);

/** The values of one input. */
function rowsOf(inputs: SampleInputs, name: string): InputRows {
  const values = isRows(inputs) ? inputs : inputs.get(name);
  if (values === undefined) throw new Error(`train: no values for the input ${JSON.stringify(name)}, add them`);
  return values;
}

/** Rows that follow one another are lent, not copied: a full batch costs as much to copy as to multiply by a small layer. */
function pick<Values extends InputRows>(values: Values, width: number, rows: ArrayLike<number>): Values;
function pick(values: InputRows, width: number, rows: ArrayLike<number>): InputRows {
  const first = rows[0] ?? 0;
  if (Array.from(rows).every((row, i) => row === first + i)) {
    return values.subarray(first * width, (first + rows.length) * width);
  }
  const out =
    values instanceof Int32Array ? new Int32Array(rows.length * width) : new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    out.set(values.subarray(row * width, (row + 1) * width), i * width);
  }
  return out;
}

/** Numbers in one sample's target. */
function checkSamples({ count, inputs, targets }: Samples, { head, labels, ...layout }: Layout): number {
  if (!Number.isInteger(count) || count < 1) throw new Error(`train: needs a sample or more, got ${count}`);
  if (isRows(inputs) && layout.inputs.length > 1) {
    const names = layout.inputs.map(({ name }) => JSON.stringify(name)).join(", ");
    throw new Error(`train: the model has the inputs ${names}, got one array, give a Map with one for each`);
  }
  for (const { name, size, integers } of layout.inputs) {
    const values = rowsOf(inputs, name);
    const called = layout.inputs.length > 1 ? `inputs of ${JSON.stringify(name)}` : "inputs";
    if (values.length !== count * size) {
      throw new Error(`train: ${called} hold ${values.length} numbers, give ${count} samples of ${size}`);
    }
    if (integers && !(values instanceof Int32Array)) {
      throw new Error(`train: ${called} are token ids, got real numbers, give an Int32Array`);
    }
  }
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
