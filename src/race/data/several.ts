/** Data for models of several inputs: an array for each by name, or a random network's labels over all of them. */

import { normalCdf } from "../../gaussian/index.ts";
import type { Model } from "../../model/types.ts";
import { headOf, type InputRows, inputLayouts, type Samples } from "../../run/index.ts";
import { heldOut } from "./hold-out.ts";
import { momentsOf, standardiser } from "./standardise.ts";
import { teacher } from "./synthetic.ts";
import type { Dataset, NamedDataset, Task, TaskOptions } from "./types.ts";

type Inputs = ReadonlyMap<string, InputRows>;

export function isNamed(source: string | Dataset | NamedDataset): source is NamedDataset {
  return typeof source !== "string" && "arrays" in source;
}

/** Errors: `data: …` where an input has no array, or one of another size. */
export function severalTask(model: Model, source: string | Dataset | NamedDataset, options: TaskOptions): Task<Inputs> {
  const { classes: most } = headOf(model, options.loss ?? "cross-entropy");
  const dataset = source === "teacher" ? taught(model, most, options) : source;
  const names = model.inputs.map(({ name }) => name);
  if (!isNamed(dataset)) {
    const called = typeof dataset === "string" ? dataset : dataset.name;
    throw new Error(
      `data: ${model.name} has the inputs ${names.join(", ")}, got ${called}, give an .npz with an array of each name and labels y, or teacher`,
    );
  }
  const { labels, classes, count, name } = dataset;
  if (labels === null) throw new Error(`data: ${name} has no labels, got only inputs, add an array y`);
  if (classes.length > Math.max(2, most)) {
    throw new Error(`data: ${name} has ${classes.length} classes, got a model with ${most} outputs, use another head`);
  }
  const { standardise = false, loss = "cross-entropy" } = options;
  const inputs = new Map(inputLayouts(model).map((layout) => [layout.name, rowsFor(model, dataset, layout)]));
  const parts = heldOut<Inputs>({ count, inputs, targets: labels }, options.seed);
  const { train, test } = standardise ? standardised(parts) : parts;
  const real = [...train.inputs.values()].filter((values) => values instanceof Float32Array);
  const input = real.length === 0 ? null : momentsOf(real);
  return { name, train, test, loss, classes: classes.length, input, standardised: standardise };
}

interface Wanted {
  readonly name: string;
  readonly size: number;
  readonly integers: boolean;
}

function rowsFor(model: Model, dataset: NamedDataset, { name, size, integers }: Wanted): InputRows {
  const values = dataset.arrays.get(name);
  if (values === undefined) {
    const got = [...dataset.arrays.keys()].join(", ") || "none";
    throw new Error(`data: ${dataset.name} has no array ${JSON.stringify(name)}, got ${got}, add it`);
  }
  if (values.length !== size * dataset.count) {
    const each = values.length / dataset.count;
    throw new Error(
      `data: ${JSON.stringify(name)} of ${dataset.name} has ${each} numbers a row, got an input of ${size}, use data of that size`,
    );
  }
  if (!integers) return values;
  const limit = model.inputs.find((input) => input.name === name)?.vocabulary ?? Number.POSITIVE_INFINITY;
  const bad = values.find((id) => !(Number.isInteger(id) && id >= 0 && id < limit));
  if (bad === undefined) return Int32Array.from(values);
  throw new Error(`data: ${JSON.stringify(name)} takes whole numbers below ${limit}, got ${bad}, use token ids`);
}

function standardised({ train, test }: { readonly train: Samples<Inputs>; readonly test: Samples<Inputs> }) {
  const scales = new Map(
    [...train.inputs].map(([name, values]) => {
      const same = (rows: InputRows) => rows;
      if (!(values instanceof Float32Array)) return [name, same] as const;
      const scale = standardiser(values, train.count);
      return [name, (rows: InputRows) => (rows instanceof Float32Array ? scale(rows) : rows)] as const;
    }),
  );
  const scaled = (samples: Samples<Inputs>): Samples<Inputs> => ({
    ...samples,
    inputs: new Map([...samples.inputs].map(([name, values]) => [name, scales.get(name)?.(values) ?? values])),
  });
  return { train: scaled(train), test: scaled(test) };
}

/** Token ids are the standard normal numbers that the teacher sees, cut into equal shares. */
function taught(model: Model, classes: number, { seed }: TaskOptions): NamedDataset {
  const layouts = inputLayouts(model);
  const width = layouts.reduce((sum, { size }) => sum + size, 0);
  const all = teacher({ seed, shape: [width], classes });
  const arrays = new Map<string, Float32Array>();
  let from = 0;
  for (const { name, size } of layouts) {
    const values = new Float32Array(all.count * size);
    for (let row = 0; row < all.count; row++) {
      values.set(all.inputs.subarray(row * width + from, row * width + from + size), row * size);
    }
    const { vocabulary } = model.inputs.find((input) => input.name === name) ?? { vocabulary: null };
    const last = (vocabulary ?? 1) - 1;
    arrays.set(
      name,
      vocabulary === null ? values : values.map((x) => Math.min(last, Math.floor(normalCdf(x) * vocabulary))),
    );
    from += size;
  }
  return { name: all.name, count: all.count, labels: all.labels, classes: all.classes, arrays };
}
