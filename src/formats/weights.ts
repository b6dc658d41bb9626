/** A model made of weights alone: what .safetensors and .npz hold. */

import type { Dtype, Model, Note, Parameter } from "../model/types.ts";
import { inferRoles } from "./roles.ts";

export interface StoredTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major values, read when asked for. */
  readonly values: () => Float32Array | Float64Array;
}

/** A model without a graph: parameters in the file's order, roles from names and shapes. */
export function weightsOnly(
  tensors: readonly StoredTensor[],
  { format, name }: { readonly format: Model["format"]; readonly name: string },
): Model {
  const roles = inferRoles(tensors);
  const parameters = new Map<string, Parameter>();
  const values = new Map<string, StoredTensor["values"]>();
  for (const tensor of tensors) {
    parameters.set(tensor.name, {
      name: tensor.name,
      shape: tensor.shape,
      dtype: tensor.dtype,
      role: roles.get(tensor.name) ?? "other",
      stored: { kind: "whole", initializer: tensor.name },
    });
    values.set(tensor.name, tensor.values);
  }
  const note: Note = {
    code: "no-graph",
    message: `a .${format} file holds weights and no graph: roles are inferred from names and shapes, signals cannot be predicted`,
    tensors: [],
  };
  return {
    format,
    name,
    batch: 1,
    inputs: [],
    outputs: [],
    nodes: [],
    tensors: new Map(),
    parameters,
    constants: new Map(),
    unsupported: [],
    notes: [note],
    read: (parameter) => values.get(parameter)?.() ?? null,
  };
}
