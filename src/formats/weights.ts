/** A model made of weights alone: what .safetensors and .npz hold. */

import type { Dtype, Model, Note, Parameter, Role } from "../model/types.ts";
import { FORMAT_NAMES } from "./names.ts";
import { inferRoles } from "./roles.ts";

export interface StoredTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major values, read when asked for; null where the file has a header alone. */
  readonly values: (() => Float32Array | Float64Array) | null;
  /** The same in pieces, where the file can be read so; a piece is overwritten by the next. */
  readonly tiles?: () => Iterable<Float32Array | Float64Array>;
}

/** A model without a graph: parameters in the file's order, roles from names and shapes. */
export function weightsOnly(
  tensors: readonly StoredTensor[],
  { format, name }: { readonly format: Model["format"]; readonly name: string },
): Model {
  const roles = inferRoles(tensors);
  const parameters = new Map<string, Parameter>();
  const byName = new Map<string, StoredTensor>();
  for (const tensor of tensors) {
    parameters.set(tensor.name, {
      name: tensor.name,
      shape: tensor.shape,
      dtype: tensor.dtype,
      role: roles.get(tensor.name) ?? "other",
      stored: tensor.values === null ? { kind: "absent" } : { kind: "whole", initializer: tensor.name },
    });
    byName.set(tensor.name, tensor);
  }
  const note: Note = {
    code: "no-graph",
    message: `${FORMAT_NAMES[format]} holds weights and no graph: roles are inferred from names and shapes, signals cannot be predicted`,
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
    read: (parameter) => byName.get(parameter)?.values?.() ?? null,
    tiles: (parameter) => {
      const tensor = byName.get(parameter);
      return tensor?.values ? (tensor.tiles?.() ?? [tensor.values()]) : null;
    },
  };
}

export interface Shaped {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Where it is known better than from the name. */
  readonly role?: Role;
}

/** A model of names and shapes: neither graph nor values. `what` is what a person calls the file. */
export function shapesOnly(
  tensors: readonly Shaped[],
  { format, name, what }: { readonly format: Model["format"]; readonly name: string; readonly what: string },
): Model {
  const model = weightsOnly(
    tensors.map((tensor) => ({ ...tensor, values: null })),
    { format, name },
  );
  const parameters = new Map(model.parameters);
  for (const { name: tensor, role } of tensors) {
    const parameter = parameters.get(tensor);
    if (role !== undefined && parameter !== undefined) parameters.set(tensor, { ...parameter, role });
  }
  const message = `a ${what} holds names and shapes, no weights and no graph: roles are inferred, signals cannot be predicted`;
  return { ...model, parameters, notes: [{ code: "no-graph", message, tensors: [] }] };
}
