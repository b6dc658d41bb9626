/** Data in the shapes that a model trains on: inputs as it takes them, targets as its output has them, some held out. */

import type { Model, ModelInput } from "../../model/types.ts";
import type { Seed } from "../../random/index.ts";
import { headOf, type InputRows, type Samples } from "../../run/index.ts";
import { HELD_OUT, heldOut } from "./hold-out.ts";
import { moons, spirals } from "./points.ts";
import { isNamed, severalTask } from "./several.ts";
import { momentsOf, standardiser } from "./standardise.ts";
import { images, teacher } from "./synthetic.ts";
import { digits, iris } from "./tables.ts";
import { ranks, text, tokens, windows } from "./text.ts";
import type { Dataset, NamedDataset, Task, TaskOptions } from "./types.ts";

export const BUILT_IN = ["digits", "iris", "spirals", "moons", "teacher", "images", "text"] as const;
export type BuiltIn = (typeof BUILT_IN)[number];

const TEXT_WINDOWS = 1024;

const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

/**
 * A built-in data set, or one of the caller's, for this model. Images are stretched to the model's (bilinear, channels
 * repeated); without labels the inputs are the targets (autoencoders).
 *
 * Errors: `data: …` where numbers a row, classes or kinds of input do not fit.
 *
 * @example fitTask(model, "digits", { seed: 0, standardise: true }).train.count // 1438
 */
export function fitTask(model: Model, source: BuiltIn | Dataset | NamedDataset, options: TaskOptions): Task {
  const [input] = model.inputs;
  if (input === undefined) throw new Error(`data: ${model.name} has no input, got none, read a graph`);
  if (model.inputs.length > 1) return severalTask(model, source, options);
  if (isNamed(source)) {
    throw new Error(`data: ${model.name} has one input, got ${source.name} with ${source.arrays.size}, give one array`);
  }
  if (source === "text") return textTask(model, input, options);
  if (input.vocabulary !== null) {
    throw new Error(`data: ${model.name} reads token ids, got ${nameOf(source)}, use text`);
  }
  const { classes: most } = headOf(model, options.loss ?? "cross-entropy");
  const shape = sampleShape(model, input);
  const dataset = typeof source === "string" ? builtIn(source, shape, most, options.seed) : source;
  const inputs = toShape(dataset, shape);
  const classes = dataset.labels === null ? 0 : dataset.classes.length;
  if (classes > Math.max(2, most)) {
    throw new Error(`data: ${dataset.name} has ${classes} classes, got a model with ${most} outputs, use another head`);
  }
  const targets = dataset.labels ?? inputs;
  const { standardise = false } = options;
  const parts = heldOut({ count: dataset.count, inputs, targets }, options.seed);
  const { train, test } = standardise ? standardised(parts, dataset.labels === null) : parts;
  const loss = options.loss ?? (dataset.labels === null ? "squared-error" : "cross-entropy");
  if (dataset.labels === null && loss === "cross-entropy") {
    throw new Error(`data: ${dataset.name} has no labels, got the loss cross-entropy, use squared-error`);
  }
  return {
    name: dataset.name,
    train,
    test,
    loss,
    classes,
    input: momentsOf([train.inputs]),
    standardised: standardise,
  };
}

function nameOf(source: BuiltIn | Dataset): string {
  return typeof source === "string" ? source : source.name;
}

function sampleShape(model: Model, input: ModelInput): number[] {
  const axis = input.batchAxis ?? 0;
  const shape = input.shape.filter((_, i) => i !== axis);
  return size(shape) * model.batch === size(input.shape) ? shape : [size(input.shape) / model.batch];
}

function builtIn(name: Exclude<BuiltIn, "text">, shape: readonly number[], classes: number, seed: Seed): Dataset {
  switch (name) {
    case "digits":
      return digits();
    case "iris":
      return iris();
    case "spirals":
      return spirals({ seed, arms: Math.max(2, Math.min(3, classes)) });
    case "moons":
      return moons({ seed });
    case "teacher":
      return teacher({ seed, shape, classes });
    case "images":
      return images({ seed, shape: shape.length === 3 ? shape : [1, 1, size(shape)], classes, count: 640 });
  }
}

/** As it is where the numbers agree, stretched where both sides are images; anything else does not fit. */
function toShape(dataset: Dataset, shape: readonly number[]): Float32Array {
  if (size(dataset.shape) === size(shape)) return dataset.inputs;
  const from = imageShape(dataset.shape);
  if (from !== null && shape.length === 3 && (shape[0] === from[0] || from[0] === 1)) {
    return stretch(dataset, from, shape as readonly [number, number, number]);
  }
  throw new Error(
    `data: ${dataset.name} has ${size(dataset.shape)} numbers a row, got a model input of ${size(shape)} ([${shape}]), use data of that size`,
  );
}

/** [channels, height, width]; a flat row is a square image where it can be one. */
function imageShape(shape: readonly number[]): readonly [number, number, number] | null {
  if (shape.length === 3) return [shape[0]!, shape[1]!, shape[2]!];
  const side = Math.sqrt(size(shape));
  return shape.length === 1 && side >= 4 && Number.isInteger(side) ? [1, side, side] : null;
}

/** Bilinear, pixel centres on pixel centres. */
function stretch(
  { inputs, count }: Dataset,
  [planes, h, w]: readonly [number, number, number],
  [channels, height, width]: readonly [number, number, number],
): Float32Array {
  const out = new Float32Array(count * channels * height * width);
  const at = (i: number, to: number, from: number) => Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
  let k = 0;
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      const plane = (n * planes + (planes === 1 ? 0 : c)) * h * w;
      for (let y = 0; y < height; y++) {
        const v = at(y, height, h);
        const [top, down] = [Math.floor(v), v - Math.floor(v)];
        const below = Math.min(h - 1, top + 1);
        for (let x = 0; x < width; x++) {
          const u = at(x, width, w);
          const [left, right] = [Math.floor(u), u - Math.floor(u)];
          const beside = Math.min(w - 1, left + 1);
          const mix = (row: number) =>
            inputs[plane + row * w + left]! * (1 - right) + inputs[plane + row * w + beside]! * right;
          out[k++] = mix(top) * (1 - down) + mix(below) * down;
        }
      }
    }
  }
  return out;
}

interface Parts {
  readonly train: Samples<Float32Array>;
  readonly test: Samples<Float32Array>;
}

function standardised({ train, test }: Parts, targetsToo: boolean): Parts {
  const scale = standardiser(train.inputs, train.count);
  const scaled = (samples: Samples<Float32Array>): Samples<Float32Array> => {
    const inputs = scale(samples.inputs);
    return { ...samples, inputs, ...(targetsToo ? { targets: inputs } : {}) };
  };
  return { train: scaled(train), test: scaled(test) };
}

/** Windows of the text; targets are the next tokens of a sequence output, else the token after the window. */
function textTask(model: Model, input: ModelInput, { seed }: TaskOptions): Task<InputRows> {
  if (input.vocabulary === null) {
    throw new Error(`data: ${model.name} takes real numbers, got text, use data of numbers`);
  }
  const length = size(input.shape) / model.batch;
  const { classes, shape, axis } = headOf(model, "cross-entropy");
  const perSample = size(shape) / shape[axis]! / model.batch;
  if (perSample !== 1 && perSample !== length) {
    throw new Error(`data: text needs one prediction a sequence or one a token, got ${perSample} for ${length} tokens`);
  }
  const ids = tokens(input.vocabulary);
  const symbols = classes >= input.vocabulary ? ids : ranks(classes);
  const border = Math.round((1 - HELD_OUT) * text.length);
  const part = (from: number, to: number, count: number): Samples<InputRows> => {
    if (to - from <= length) throw new Error(`data: the text is shorter than ${length} tokens, use a shorter sequence`);
    const starts = windows(seed, { from, to, length, count });
    const inputs = new Int32Array(count * length);
    const targets = new Int32Array(count * perSample);
    starts.forEach((start, i) => {
      inputs.set(ids.subarray(start, start + length), i * length);
      const first = perSample === 1 ? start + length : start + 1;
      targets.set(symbols.subarray(first, first + perSample), i * perSample);
    });
    return { count, inputs, targets };
  };
  return {
    name: "text",
    train: part(0, border, TEXT_WINDOWS),
    test: part(border, text.length, TEXT_WINDOWS / 8),
    loss: "cross-entropy",
    classes,
    input: null,
    standardised: false,
  };
}
