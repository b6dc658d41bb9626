/** Where the samples stand in a model's arrays, and arrays in that order from rows that have them first. */

import type { Model } from "../../model/types.ts";
import { product } from "../operation.ts";
import { isReal } from "../values.ts";
import { type Head, labelsPerSample } from "./head.ts";
import type { InputRows } from "./types.ts";

export interface InputLayout {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers in one sample. */
  readonly size: number;
  /** Numbers that the axes before that of the samples count: 1 where the samples come first. */
  readonly before: number;
  /** Token ids and other whole numbers. */
  readonly integers: boolean;
}

export interface Layout {
  readonly batch: number;
  readonly inputs: readonly InputLayout[];
  /** Labels of one sample. */
  readonly labels: number;
  readonly head: Head;
}

/** Errors: a model without inputs, or with one that has no axis of samples. */
export function layoutOf(model: Model, head: Head): Layout {
  if (model.inputs.length === 0) throw new Error(`train: ${model.name} has no input, got none, read a graph`);
  return { batch: model.batch, inputs: inputLayouts(model), labels: labelsPerSample(head, model.batch), head };
}

/** Of each input, in the model's order. Errors: one that has no axis of samples. */
export function inputLayouts(model: Model): readonly InputLayout[] {
  const { batch } = model;
  return model.inputs.map(({ name, shape, batchAxis, vocabulary, dtype }) => {
    const axis = batchAxis ?? 0;
    if (batch !== 1 && shape[axis] !== batch) {
      throw new Error(
        `train: input ${JSON.stringify(name)} of ${model.name} has no axis of ${batch} samples, got [${shape}], read the model with batch 1`,
      );
    }
    return {
      name,
      shape,
      size: product(shape) / batch,
      before: product(shape.slice(0, axis)),
      integers: vocabulary !== null || !isReal(dtype),
    };
  });
}

/**
 * [samples, before · after] → [before, samples, after]: rows into an array whose samples do not come first.
 *
 * @param before numbers that the axes before the samples' count; 1 leaves the array as it is.
 */
export function placeSamples(values: Float32Array, samples: number, before: number): Float32Array;
export function placeSamples(values: Int32Array, samples: number, before: number): Int32Array;
export function placeSamples(values: InputRows, samples: number, before: number): InputRows;
export function placeSamples(values: InputRows, samples: number, before: number): InputRows {
  if (before === 1 || samples === 1) return values;
  const after = values.length / (samples * before);
  const out = values.slice();
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < before; i++) {
      const from = (sample * before + i) * after;
      out.set(values.subarray(from, from + after), (i * samples + sample) * after);
    }
  }
  return out;
}
