/** Which of the file's tensors are parameters, under which names and shapes, and how the file holds them. */

import type { Note, Parameter, Stored } from "../../model/types.ts";
import { isFloat } from "../dtype.ts";
import type { Value } from "./context.ts";
import { elementType } from "./dtype.ts";
import { isGenerated, isScalarParameterName } from "./names.ts";
import { packedParameters } from "./packed.ts";
import { elementCount } from "./parse-tensor.ts";
import type { ProtoGraph, ProtoNode, ProtoTensor } from "./proto.ts";
import { recoverName } from "./recover.ts";
import { countOf } from "./shape.ts";
import { isAdditiveMask, isSinusoid, rotaryTables } from "./tables.ts";
import { hasValues, isInline, readDoubles, type TensorSource } from "./tensor.ts";
import { noteTied } from "./tied.ts";
import { isArithmetic, isStructural, isWeightSlot, type Use, type Uses } from "./usage.ts";
import { fail } from "./wire.ts";

/** How a value of the file relates to a parameter: value axis i is the parameter's axis permutation[i]. */
interface Binding {
  readonly value: string;
  readonly parameter: string;
  readonly permutation: readonly number[];
  readonly shape: readonly number[];
}

export interface Inventory {
  readonly parameters: Map<string, Parameter>;
  readonly bindings: Binding[];
  readonly values: Map<string, Value>;
  readonly notes: Note[];
  /** Tensors by the name under which `Stored` speaks of them: initializers, and Constant nodes by their output. */
  readonly tensors: ReadonlyMap<string, ProtoTensor>;
  /** Value that a ConstantOfShape node fills with, by its output. */
  readonly fills: ReadonlyMap<string, number>;
}

interface Draft {
  readonly order: number;
  readonly parameter: Parameter;
}

function memo(source: TensorSource, tensor: ProtoTensor): () => Float64Array {
  let values: Float64Array | null = null;
  return () => {
    values ??= readDoubles(source, tensor);
    return values;
  };
}

export function knownValue(source: TensorSource, name: string, tensor: ProtoTensor): Value {
  const dtype = elementType(tensor.type)?.dtype;
  if (!dtype) return { name, shape: tensor.dims, dtype: "u8", constant: null, parameter: null };
  return { name, shape: tensor.dims, dtype, constant: memo(source, tensor), parameter: null };
}

function isParameter(
  source: TensorSource,
  name: string,
  tensor: ProtoTensor,
  uses: Uses,
  rotary: ReadonlySet<string>,
): boolean {
  const dtype = elementType(tensor.type)?.dtype;
  if (!dtype || !isFloat(dtype)) return false;
  const users = uses.get(name) ?? [];
  if (users.length > 0 && users.every(isStructural)) return false;
  const count = countOf(tensor.dims);
  if (count === 0) return false;
  if (tensor.dims.length === 0) return isScalarParameterName(name);
  // Nothing uses it and it is one number: bookkeeping of the framework, not a weight.
  if (users.length === 0 && count === 1) return false;
  const arithmetic = users.length > 0 && users.every((use) => isArithmetic(use, uses));
  if (arithmetic && count === 1 && isGenerated(name)) return false;
  if (arithmetic && (rotary.has(name) || isAdditiveMask(source, tensor) || isSinusoid(source, tensor))) return false;
  return !(
    isGenerated(name) &&
    users.every((use) => use.node.op === "InstanceNormalization") &&
    isNeutral(source, tensor, users)
  );
}

/** Ones and zeros that the exporter gives an instance normalization which has no scale and shift. */
function isNeutral(source: TensorSource, tensor: ProtoTensor, users: readonly Use[]): boolean {
  if (users.length === 0 || !isInline(tensor)) return false;
  const neutral = users[0].slot === 1 ? 1 : 0;
  return readDoubles(source, tensor).every((v) => v === neutral);
}

function identityOf(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

/** A tensor of the file that a parameter stands for, under a name as near to the framework's as can be had. */
function draft(
  name: string,
  tensor: ProtoTensor,
  order: number,
  graph: ProtoGraph,
  uses: Uses,
  inventory: Inventory,
): Draft {
  const dtype = elementType(tensor.type)?.dtype ?? "f32";
  const found = isGenerated(name) ? recoverName(name, tensor, uses) : null;
  const free = found && !inventory.parameters.has(found.name) && !graph.initializers.has(found.name);
  if (!found || !free) {
    if (isGenerated(name)) {
      inventory.notes.push({ code: "names-lost", message: `the exporter lost the name of ${name}`, tensors: [name] });
    }
    const parameter: Parameter = {
      name,
      shape: tensor.dims,
      dtype,
      role: "other",
      stored: { kind: "whole", initializer: name },
    };
    inventory.bindings.push({
      value: name,
      parameter: name,
      permutation: identityOf(tensor.dims.length),
      shape: tensor.dims,
    });
    return { order, parameter };
  }
  const { permutation, squeeze } = found;
  const stored: Stored = permutation
    ? { kind: "permuted", initializer: name, permutation }
    : { kind: "whole", initializer: name };
  const shape = permutation
    ? permutation.map((axis) => tensor.dims[axis])
    : squeeze
      ? [countOf(tensor.dims)]
      : tensor.dims;
  inventory.notes.push({
    code: found.folded ? "folded" : permutation ? "transposed" : "renamed",
    message: found.folded
      ? `${found.name} has the batch normalization behind it folded in; the file calls it ${name}`
      : `${found.name} is ${permutation ? "stored transposed as" : "called"} ${name} in the file`,
    tensors: [found.name],
  });
  inventory.bindings.push({
    value: name,
    parameter: found.name,
    permutation: permutation ?? identityOf(shape.length),
    shape: tensor.dims,
  });
  return { order, parameter: { name: found.name, shape, dtype, role: "other", stored } };
}

/** A shape that a ConstantOfShape node is given as an initializer or a Constant node. */
function filledShape(
  source: TensorSource,
  node: ProtoNode,
  tensors: ReadonlyMap<string, ProtoTensor>,
): number[] | null {
  const tensor = tensors.get(node.inputs[0] ?? "");
  if (tensor?.dims.length !== 1 || tensor.dims[0] > 32 || !hasValues(source, tensor)) return null;
  if (elementType(tensor.type)?.dtype !== "i64") return null;
  const shape = Array.from(readDoubles(source, tensor));
  elementCount(shape, `ConstantOfShape ${node.outputs[0]}`, node.span.start);
  return shape;
}

function isFilledParameter(node: ProtoNode, uses: Uses): boolean {
  const [output] = node.outputs;
  if (node.inputs[0] === `${output}__SHAPE`) return true;
  return (uses.get(output) ?? []).some(isWeightSlot);
}

/** Everything the graph holds besides nodes: parameters, constants, and how values are bound to them. */
export function takeInventory(graph: ProtoGraph, source: TensorSource, uses: Uses): Inventory {
  const tensors = new Map(graph.initializers);
  const fills = new Map<string, number>();
  const inventory: Inventory = { parameters: new Map(), bindings: [], values: new Map(), notes: [], tensors, fills };
  const drafts: Draft[] = [];
  const add = (entry: Draft): void => {
    if (inventory.parameters.has(entry.parameter.name)) fail(`parameter ${entry.parameter.name} is there twice`, null);
    inventory.parameters.set(entry.parameter.name, entry.parameter);
    drafts.push(entry);
  };
  const order = new Map([...graph.initializers.keys()].map((name, i) => [name, i]));
  const packed = packedParameters(graph, uses, inventory.notes);
  const rotary = rotaryTables(source, graph.initializers, uses);
  for (const [name, tensor] of graph.initializers) {
    const parts = packed.get(name);
    if (parts) for (const parameter of parts) add({ order: order.get(name) ?? 0, parameter });
    else if (isParameter(source, name, tensor, uses, rotary))
      add(draft(name, tensor, order.get(name) ?? 0, graph, uses, inventory));
    inventory.values.set(name, knownValue(source, name, tensor));
  }
  const behind = order.size;
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (output === undefined || node.domain !== "") continue;
    if (node.op === "Constant") {
      const tensor = node.attributes.get("value")?.tensor;
      if (!tensor) continue;
      const named = { ...tensor, name: output };
      tensors.set(output, named);
      const dtype = elementType(tensor.type)?.dtype;
      const weight = dtype && isFloat(dtype) && tensor.dims.length > 0 && (uses.get(output) ?? []).some(isWeightSlot);
      if (weight) add(draft(output, named, behind, graph, uses, inventory));
    } else if (node.op === "ConstantOfShape") {
      const value = node.attributes.get("value")?.tensor ?? null;
      const dtype = value ? elementType(value.type)?.dtype : "f32";
      if (!dtype || !isFloat(dtype) || !isFilledParameter(node, uses)) continue;
      const shape = filledShape(source, node, tensors);
      if (!shape) continue;
      fills.set(output, value && countOf(value.dims) > 0 ? readDoubles(source, value)[0] : 0);
      const stored: Stored = { kind: "filled", node: node.name || output };
      add({
        order: order.get(node.inputs[0]) ?? behind,
        parameter: { name: output, shape, dtype, role: "other", stored },
      });
      inventory.bindings.push({ value: output, parameter: output, permutation: identityOf(shape.length), shape });
    }
  }
  addShared(graph, inventory, add, behind);
  noteTied(graph, source, inventory);
  drafts.sort((a, b) => a.order - b.order);
  inventory.parameters.clear();
  for (const { parameter } of drafts) inventory.parameters.set(parameter.name, parameter);
  return inventory;
}

/** Identity (merged equal tensors) and Cast (narrower storage) of a whole parameter, under a name of its own. */
function addShared(graph: ProtoGraph, inventory: Inventory, add: (entry: Draft) => void, order: number): void {
  const byValue = new Map(inventory.bindings.map((binding) => [binding.value, binding]));
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    const binding = byValue.get(node.inputs[0] ?? "");
    if (node.op !== "Identity" || !binding || output === undefined || isGenerated(output)) continue;
    const owner = inventory.parameters.get(binding.parameter);
    if (!owner || (owner.stored.kind !== "whole" && owner.stored.kind !== "shared")) continue;
    const stored: Stored = { kind: "shared", initializer: owner.stored.initializer, identity: node.name || output };
    add({ order, parameter: { ...owner, name: output, stored } });
    const own = { ...binding, value: output, parameter: output };
    inventory.bindings.push(own);
    byValue.set(output, own);
    inventory.notes.push({
      code: "merged",
      message: `${output} shares its storage with ${owner.stored.initializer} because their values were equal when exported`,
      tensors: [output, owner.stored.initializer],
    });
  }
}
