/** Between the graph's order of a parameter's values and Keras's. */

import type { KerasLayout } from "./draft.ts";

/** Visits every element: its place in Keras's order and in the graph's. */
function visit({ view, permutation, storedShape }: KerasLayout, use: (stored: number, own: number) => void): void {
  const strides = new Array<number>(view.length).fill(1);
  for (let axis = view.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * view[axis + 1]!;
  const steps = permutation.map((axis) => strides[axis]!);
  const index = new Array<number>(storedShape.length).fill(0);
  const total = storedShape.reduce((product, size) => product * size, 1);
  for (let stored = 0, own = 0; stored < total; stored++) {
    use(stored, own);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      own += steps[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < storedShape[axis]!) break;
      own -= steps[axis]! * storedShape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Values in the graph's order → a new array in Keras's, of the parameter alone. */
export function toKeras(values: Float32Array, layout: KerasLayout): Float32Array {
  const out = new Float32Array(values.length);
  visit(layout, (stored, own) => {
    out[stored] = values[own]!;
  });
  return out;
}

/** Values of the variable in Keras's order → a new array in the graph's. */
export function fromKeras(values: Float32Array, layout: KerasLayout): Float32Array {
  const length = values.length / (layout.row?.count ?? 1);
  const start = (layout.row?.index ?? 0) * length;
  const out = new Float32Array(length);
  visit(layout, (stored, own) => {
    out[own] = values[start + stored]!;
  });
  return out;
}
