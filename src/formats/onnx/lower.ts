/** Nodes of the file → nodes of the model, one after the other, with shapes. */

import type { Node } from "../../model/types.ts";
import { type Context, define, type Operation, outputName, uniqueName, type Value } from "./context.ts";
import { elementType } from "./dtype.ts";
import { foldOperation } from "./fold/index.ts";
import { type Binding, bindShape } from "./inputs.ts";
import { lowerOf } from "./ops/index.ts";
import { type Inventory, knownValue } from "./parameters.ts";
import { elementCount } from "./parse-tensor.ts";
import type { ProtoGraph, ProtoNode } from "./proto.ts";
import { countOf, NotUnderstood } from "./shape.ts";
import { readDoubles, type TensorSource } from "./tensor.ts";

interface Lowering {
  readonly context: Context;
  readonly graph: ProtoGraph;
  readonly source: TensorSource;
  readonly inventory: Inventory;
  readonly binding: Binding;
}

/** Constant nodes: a tensor, or numbers as attributes. */
function constantValue({ source, inventory }: Lowering, node: ProtoNode, name: string): Value | null {
  const tensor = inventory.tensors.get(name);
  if (tensor) return knownValue(source, name, tensor);
  const integer = node.attributes.get("value_int")?.int ?? null;
  const float = node.attributes.get("value_float")?.float ?? null;
  const ints = node.attributes.get("value_ints")?.ints;
  const floats = node.attributes.get("value_floats")?.floats;
  const list = ints ?? floats ?? integer ?? float ?? null;
  if (list === null) return null;
  const values = Float64Array.from(typeof list === "number" ? [list] : list);
  const shape = typeof list === "number" ? [] : [values.length];
  return { name, shape, dtype: ints || integer !== null ? "i64" : "f32", constant: () => values, parameter: null };
}

/** ConstantOfShape with a known shape and not a parameter: zeros, or what its attribute says. */
function filledValue({ source, context }: Lowering, node: ProtoNode, name: string): Value | null {
  const shapeValue = context.values.get(node.inputs[0] ?? "");
  if (!shapeValue?.constant) return null;
  const shape = Array.from(shapeValue.constant());
  const count = elementCount(shape, `ConstantOfShape ${name}`, node.span.start);
  if (count > context.foldBudget) throw new NotUnderstood(`it makes ${count} equal numbers`);
  context.foldBudget -= count;
  const tensor = node.attributes.get("value")?.tensor ?? null;
  const dtype = tensor ? elementType(tensor.type)?.dtype : "f32";
  if (!dtype) return null;
  const fill = tensor && countOf(tensor.dims) > 0 ? readDoubles(source, tensor)[0] : 0;
  const values = new Float64Array(count).fill(fill);
  return { name, shape, dtype, constant: () => values, parameter: null };
}

function opaqueShape({ context, graph, binding }: Lowering, operation: Operation, name: string): number[] {
  const info = graph.values.get(name) ?? graph.outputs.find((value) => value.name === name);
  if (info?.dims) return bindShape(info.dims, binding);
  const first = operation.inputs.find((value) => value && !value.constant && context.tensors.has(value.name));
  return [...(first?.shape ?? [])];
}

function lowerOpaque(lowering: Lowering, operation: Operation, why: string): void {
  const { context, node, op, name } = operation;
  const flowing = operation.inputs.filter(
    (value): value is Value =>
      value !== null && (context.tensors.has(value.name) || context.parameters.has(value.name)),
  );
  const outputs = node.outputs.filter((output) => output !== "");
  for (const output of outputs) {
    const info = lowering.graph.values.get(output);
    const dtype = elementType(info?.type ?? 0)?.dtype ?? flowing[0]?.dtype ?? "f32";
    define(context, output, opaqueShape(lowering, operation, output), dtype);
  }
  const assumption = "passes on the size of its first input";
  context.nodes.push({
    kind: "opaque",
    name,
    op,
    inputs: flowing.map((value) => value.name),
    outputs,
    assumption,
  });
  context.unsupported.push({ node: name, op, why: `${why}; assumed: it ${assumption}` });
}

/** A value that is a parameter seen transposed or with axes of length 1 added, as a node for general use. */
function bindParameters({ context, inventory, graph }: Lowering): void {
  for (const { value, parameter, permutation, shape } of inventory.bindings) {
    const info = inventory.parameters.get(parameter);
    if (!info) continue;
    const view = { name: parameter, permutation };
    const identity = permutation.every((axis, i) => axis === i);
    const sameAxes = shape.length === info.shape.length;
    const name = identity && sameAxes ? parameter : value;
    const dtype = graph.computed.get(value) ?? info.dtype;
    context.values.set(value, { name, shape, dtype, constant: null, parameter: sameAxes ? view : null });
    if (name === parameter) continue;
    const base = { name: `${value}.view`, inputs: [parameter], outputs: [value] };
    const node: Node = sameAxes
      ? { kind: "transpose", ...base, op: "Transpose", permutation }
      : { kind: "reshape", ...base, op: "Reshape", shape };
    context.nodes.push(node);
    context.producers.set(value, node);
    context.tensors.set(value, { shape, dtype });
  }
}

function lowerNode(lowering: Lowering, node: ProtoNode, name: string): void {
  const { context } = lowering;
  const known = node.outputs.every((output) => output === "" || context.values.has(output));
  if (known) return;
  const inputs = node.inputs.map((input) => (input === "" ? null : (context.values.get(input) ?? null)));
  const operation: Operation = { node, name, op: node.op, inputs, context };
  const output = outputName(operation);
  const before = context.nodes.length;
  try {
    if (node.domain === "") {
      const value =
        node.op === "Constant"
          ? constantValue(lowering, node, output)
          : node.op === "ConstantOfShape"
            ? filledValue(lowering, node, output)
            : null;
      if (value) {
        context.values.set(output, value);
        return;
      }
      if (foldOperation(operation)) return;
    }
    const lower = lowerOf(node.domain, node.op);
    if (!lower)
      throw new NotUnderstood(
        node.domain === "" ? "not an operator that is read" : `operators of ${node.domain} are not read`,
      );
    lower(operation);
    for (const extra of node.outputs.slice(1)) {
      if (extra !== "" && !context.values.has(extra))
        define(context, extra, context.values.get(output)?.shape ?? [], "f32");
    }
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    context.nodes.length = before;
    lowerOpaque(lowering, operation, error.message);
  }
  for (let i = before; i < context.nodes.length; i++) {
    for (const produced of context.nodes[i].outputs) context.producers.set(produced, context.nodes[i]);
  }
}

export function lowerGraph(lowering: Lowering, nodes: readonly ProtoNode[]): void {
  const { context } = lowering;
  for (const [name, value] of lowering.inventory.values) context.values.set(name, value);
  bindParameters(lowering);
  const names = { usedNames: new Map<string, number>() };
  for (const node of nodes) {
    const wanted = node.name || `${node.op}:${node.outputs.find((output) => output !== "") ?? ""}`;
    lowerNode(lowering, node, uniqueName(names, wanted));
  }
}
