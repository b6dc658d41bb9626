/** The graph's inputs with concrete shapes: the batch bound, other symbols assumed and said. */

import type { ModelInput, Note } from "../../model/types.ts";
import { elementType } from "./dtype.ts";
import { elementCount } from "./parse-tensor.ts";
import type { ProtoDim, ProtoGraph, ProtoValue } from "./proto.ts";
import { fail } from "./wire.ts";

/** An image side where the file leaves it open: large enough for six halvings. */
const ASSUMED_SIDE = 64;
/** A sequence length or other size where the file leaves it open. */
const ASSUMED_SIZE = 1;

export interface Binding {
  readonly batch: number;
  readonly symbols: ReadonlyMap<string, number>;
}

export interface BoundInputs {
  readonly inputs: readonly Omit<ModelInput, "vocabulary">[];
  readonly binding: Binding;
  readonly notes: readonly Note[];
}

function isOpen(dim: ProtoDim): boolean {
  return dim === null || typeof dim === "string" || dim <= 0;
}

/** The axis that counts samples: the one whose symbol says so, otherwise the first. */
function batchAxisOf(dims: readonly ProtoDim[]): number | null {
  if (dims.length === 0) return null;
  const named = dims.findIndex((dim) => typeof dim === "string" && /batch|^n$/i.test(dim));
  return Math.max(named, 0);
}

export function bindShape(dims: readonly ProtoDim[], binding: Binding): number[] {
  return dims.map((dim, axis) => {
    if (typeof dim === "number" && dim > 0) return dim;
    const symbol = typeof dim === "string" ? binding.symbols.get(dim) : undefined;
    return symbol ?? (axis === 0 ? binding.batch : ASSUMED_SIZE);
  });
}

export function bindInputs(graph: ProtoGraph, batch: number, dims: Readonly<Record<string, number>>): BoundInputs {
  const symbols = new Map(Object.entries(dims));
  const notes: Note[] = [];
  const real = graph.inputs.filter((value) => !graph.initializers.has(value.name));
  const shapeOf = (value: ProtoValue): readonly ProtoDim[] => {
    if (value.dims === null)
      return fail(`input ${value.name} has no shape; export the model with one`, value.span.start);
    return value.dims;
  };
  let bound: number | null = null;
  for (const value of real) {
    const shape = shapeOf(value);
    const axis = batchAxisOf(shape);
    if (axis === null) continue;
    const dim = shape[axis];
    if (isOpen(dim)) {
      bound = batch;
      if (typeof dim === "string" && !symbols.has(dim)) symbols.set(dim, batch);
    } else bound ??= typeof dim === "number" ? dim : batch;
  }
  const binding: Binding = { batch: bound ?? batch, symbols };
  if (binding.batch !== batch) {
    notes.push({
      code: "assumed",
      message: `the file fixes the batch at ${binding.batch}; ${batch} was asked for`,
      tensors: real.map((value) => value.name),
    });
  }
  const inputs = real.map((value) => {
    const shape = shapeOf(value);
    const batchAxis = batchAxisOf(shape);
    const concrete = shape.map((dim, axis) => {
      if (!isOpen(dim)) return Number(dim);
      if (axis === batchAxis) return binding.batch;
      const known = typeof dim === "string" ? symbols.get(dim) : undefined;
      if (known !== undefined) return known;
      const size = shape.length >= 4 && axis >= 2 ? ASSUMED_SIDE : ASSUMED_SIZE;
      if (typeof dim === "string") symbols.set(dim, size);
      notes.push({
        code: "assumed",
        message: `axis ${axis} of ${value.name} is open in the file (${dim ?? "unnamed"}); ${size} is assumed`,
        tensors: [value.name],
      });
      return size;
    });
    elementCount(concrete, `input ${value.name}`, value.span.start);
    const dtype = elementType(value.type)?.dtype ?? fail(`input ${value.name} holds no numbers`, value.span.start);
    return { name: value.name, shape: concrete, dtype, batchAxis };
  });
  return { inputs, binding, notes };
}
