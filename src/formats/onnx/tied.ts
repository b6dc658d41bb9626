/** Weights that were one tensor before the exporter stored a transposed copy of it. */

import type { Note, Parameter } from "../../model/types.ts";
import type { ProtoGraph, ProtoTensor } from "./proto.ts";
import { isInline, readFloats, type TensorSource } from "./tensor.ts";

interface Holder {
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly notes: Note[];
}

/** Equal after transposing, and not constant: a matrix of one number equals every other such matrix. */
function isTransposed(source: TensorSource, matrix: ProtoTensor, copy: ProtoTensor): boolean {
  const a = readFloats(source, matrix);
  const b = readFloats(source, copy);
  const [rows, columns] = matrix.dims;
  let varied = false;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const v = a[row * columns + column];
      if (v !== b[column * rows + row]) return false;
      varied ||= v !== a[0];
    }
  }
  return varied;
}

/** Says which parameters hold another one's values transposed: they were tied, and the file can no longer show it. */
export function noteTied(graph: ProtoGraph, source: TensorSource, { parameters, notes }: Holder): void {
  const matrices = new Map<string, string[]>();
  for (const [name, { stored, shape }] of parameters) {
    if (stored.kind !== "whole" || shape.length !== 2 || !graph.initializers.has(stored.initializer)) continue;
    const key = shape.join();
    matrices.set(key, [...(matrices.get(key) ?? []), name]);
  }
  for (const [name, { stored, shape }] of parameters) {
    if (stored.kind !== "permuted") continue;
    const copy = graph.initializers.get(stored.initializer);
    // More candidates of one shape than this are blocks of a deep network, not its one embedding.
    for (const other of (matrices.get(shape.join()) ?? []).slice(0, 4)) {
      const matrix = graph.initializers.get(other);
      if (!copy || !matrix || !isInline(copy) || !isInline(matrix)) continue;
      if (!isTransposed(source, matrix, copy)) continue;
      const message = `${name} holds the values of ${other}, transposed: they were one tensor, and the file keeps two`;
      notes.push({ code: "merged", message, tensors: [name, other] });
      break;
    }
  }
}
