/** Small models built by hand: nodes and shapes in, a `Model` out. */

import type { Constant, Dtype, Model, Node, Parameter, Role, TensorInfo } from "../../src/model/types.ts";

type Shape = readonly number[];

export interface Sketch {
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly tokens?: Readonly<Record<string, number>>;
  readonly parameters?: Readonly<Record<string, Shape>>;
  readonly statistics?: readonly string[];
  readonly constants?: Readonly<Record<string, { shape: Shape; values: readonly number[]; dtype?: Dtype }>>;
  /** Shapes of every node output. */
  readonly tensors: Readonly<Record<string, Shape>>;
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
}

export function sketch(parts: Sketch): Model {
  const real = (shape: Shape): TensorInfo => ({ shape, dtype: "f32" });
  const inputs = Object.entries(parts.inputs).map(([name, shape]) => {
    const vocabulary = parts.tokens?.[name] ?? null;
    const dtype: Dtype = vocabulary === null ? "f32" : "i64";
    return { name, shape, dtype, batchAxis: 0, vocabulary };
  });
  const tensors = new Map<string, TensorInfo>(inputs.map(({ name, shape, dtype }) => [name, { shape, dtype }]));
  for (const [name, shape] of Object.entries(parts.tensors)) tensors.set(name, real(shape));
  const parameters = new Map<string, Parameter>();
  for (const [name, shape] of Object.entries(parts.parameters ?? {})) {
    const role: Role = parts.statistics?.includes(name) ? "statistic" : "weight";
    parameters.set(name, { name, shape, dtype: "f32", role, stored: { kind: "absent" } });
  }
  const constants = new Map<string, Constant>();
  for (const [name, { shape, values, dtype = "f32" }] of Object.entries(parts.constants ?? {})) {
    constants.set(name, { shape, dtype, values: Float64Array.from(values) });
  }
  return {
    format: "onnx",
    name: "sketch",
    batch: inputs[0]?.shape[0] ?? 1,
    inputs,
    outputs: parts.outputs,
    nodes: parts.nodes,
    tensors,
    parameters,
    constants,
    unsupported: [],
    notes: [],
    read: () => null,
  };
}

/**
 * Entries `start` … of the golden-ratio sequence, spread over (−scale, scale): reproducible, and among the first n no
 * two are closer than 0.7 · scale / n (three-distance theorem), so that no finite difference crosses a kink between two.
 */
export function filled(length: number, start: number, scale = 1): Float32Array<ArrayBuffer> {
  const golden = 0.6180339887498949;
  return Float32Array.from({ length }, (_, i) => scale * (2 * (((start + i + 1) * golden) % 1) - 1));
}

export const base = (name: string, inputs: string[], outputs: string[]) => ({ name, op: name, inputs, outputs });
export const named = (name: string, parameters: Record<string, number> = {}) => ({
  kind: "named" as const,
  name,
  parameters,
});

/** One node from x (and w, b, …) to y. */
export function one(
  node: Node,
  x: readonly number[],
  y: readonly number[],
  parameters: Record<string, readonly number[]> = {},
  more: Partial<Sketch> = {},
): Sketch {
  return { inputs: { x }, parameters, tensors: { y }, outputs: ["y"], nodes: [node], ...more };
}
