/** Between a parameter's own values (framework's shape, gate order) and the tensor of the file that holds them. */

import type { Parameter } from "../../model/types.ts";
import { countOf, stridesOf } from "./shape.ts";

type Numbers = Float32Array | Float64Array;

/**
 * For each element of the parameter, in its order, the place in the stored tensor. Calls `visit(run, place, step, count)`
 * once a run: elements run … run + count − 1 of the parameter lie at place, place + step, ….
 */
export function eachRun(
  parameter: Parameter,
  storedShape: readonly number[],
  visit: (run: number, place: number, step: number, count: number) => void,
): void {
  const { stored, shape } = parameter;
  if (stored.kind === "permuted") {
    // stored.shape[i] = parameter.shape[permutation[i]]; only matrices are stored transposed.
    const strides = stridesOf(storedShape);
    const [rows, columns] = shape;
    const byRow = strides[stored.permutation.indexOf(0)];
    const byColumn = strides[stored.permutation.indexOf(1)];
    for (let row = 0; row < rows; row++) visit(row * columns, row * byRow, byColumn, columns);
    return;
  }
  if (stored.kind === "packed") {
    const inner = shape.length > 1 ? shape[1] : 1;
    const gate = (shape[0] / stored.gates.length) * inner;
    const direction = stored.direction * countOf(storedShape.slice(1));
    stored.gates.forEach((own, place) => {
      visit(own * gate, direction + stored.offset * inner + place * gate, 1, gate);
    });
    return;
  }
  visit(0, 0, 1, countOf(shape));
}

/** The parameter's values out of the stored tensor's. Not copied where the two are the same. */
export function takeFrom(stored: Numbers, storedShape: readonly number[], parameter: Parameter): Numbers {
  const { kind } = parameter.stored;
  if (kind !== "permuted" && kind !== "packed") return stored;
  const count = countOf(parameter.shape);
  const out = stored instanceof Float64Array ? new Float64Array(count) : new Float32Array(count);
  eachRun(parameter, storedShape, (run, place, step, length) => {
    if (step === 1) out.set(stored.subarray(place, place + length), run);
    else for (let i = 0; i < length; i++) out[run + i] = stored[place + i * step];
  });
  return out;
}

/** Puts the parameter's values into the stored tensor's. */
export function putInto(stored: Numbers, storedShape: readonly number[], parameter: Parameter, values: Numbers): void {
  eachRun(parameter, storedShape, (run, place, step, length) => {
    if (step === 1) stored.set(values.subarray(run, run + length), place);
    else for (let i = 0; i < length; i++) stored[place + i * step] = values[run + i];
  });
}
