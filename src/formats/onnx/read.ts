/** ONNX bytes → Model. */

import type { Model, ModelInput, Note } from "../../model/types.ts";
import type { ByteSource } from "../source.ts";
import { findBuffers } from "./buffers.ts";
import { MAX_FILLED_ELEMENTS, MAX_FOLDED_TOTAL } from "./caps.ts";
import type { Context, Value } from "./context.ts";
import { type BoundInputs, bindInputs } from "./inputs.ts";
import { lowerGraph } from "./lower.ts";
import { unwrapNarrow } from "./narrow.ts";
import { BakedBatch } from "./ops/layout.ts";
import { type Inventory, takeInventory } from "./parameters.ts";
import { parseModel } from "./parse.ts";
import { nameActivations } from "./passes/activations.ts";
import { joinBias } from "./passes/bias.ts";
import { detachBorrowedBias } from "./passes/borrowed.ts";
import { fuseElementwise } from "./passes/elementwise.ts";
import { type Draft, prune } from "./passes/graph.ts";
import { fuseGroupNorm } from "./passes/group-norm.ts";
import { fuseNormalization } from "./passes/normalization.ts";
import type { ProtoGraph, ProtoModel } from "./proto.ts";
import { assignRoles } from "./roles.ts";
import { countOf } from "./shape.ts";
import { liveNodes } from "./sort.ts";
import { takeFrom } from "./stored.ts";
import { type ExternalSource, hasValues, readFloats, type TensorSource, tensorSource, tensorTiles } from "./tensor.ts";
import { usesOf } from "./usage.ts";
import { fail } from "./wire.ts";

export interface ReadOnnxOptions {
  /** Name of the model in reports. Default: the graph's own. */
  readonly name?: string;
  /** Samples that an open batch axis is bound to. Default 1. */
  readonly batch?: number;
  /** Sizes of other open axes, by the file's symbol. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Bytes of an external data file beside the model (the location is checked before); null where there is none. */
  readonly external?: ExternalSource;
  /** The same file, to read large values from where `bytes` leaves them out (`skeletonOf`). Default `bytes`. */
  readonly values?: ByteSource;
}

function emptyContext(proto: ProtoModel, inventory: Inventory, bound: BoundInputs): Context {
  const usedNames = new Map<string, number>();
  for (const node of proto.graph.nodes) {
    if (node.name) usedNames.set(node.name, 0);
    for (const output of node.outputs) usedNames.set(output, 0);
  }
  for (const name of [...inventory.parameters.keys(), ...inventory.tensors.keys()]) usedNames.set(name, 0);
  for (const { name } of bound.inputs) usedNames.set(name, 0);
  return {
    opset: proto.opset,
    values: new Map(),
    parameters: inventory.parameters,
    constants: new Map(),
    tensors: new Map(),
    nodes: [],
    producers: new Map(),
    notes: [...bound.notes, ...inventory.notes],
    unsupported: [],
    usedNames,
    foldBudget: MAX_FOLDED_TOTAL,
    batch: bound.binding.batch,
  };
}

/** Number of ids where an integer input picks rows of an embedding, through casts and reshapes. */
function vocabularyOf(draft: Draft, input: string): number | null {
  const names = new Set([input]);
  for (const node of draft.nodes) {
    if (!names.has(node.inputs[0])) continue;
    if (node.kind === "embedding") return draft.context.parameters.get(node.table)?.shape[0] ?? null;
    if (node.kind === "identity" || node.kind === "reshape" || node.kind === "transpose" || node.kind === "slice") {
      for (const output of node.outputs) names.add(output);
    }
  }
  return null;
}

/** Names of the graph's outputs; an output that is known when reading becomes a constant of the model. */
function outputsOf(graph: ProtoGraph, context: Context): string[] {
  return graph.outputs.map(({ name }) => {
    const value: Value | undefined = context.values.get(name);
    if (value?.constant && !context.tensors.has(value.name)) {
      context.constants.set(value.name, { shape: value.shape, dtype: value.dtype, values: value.constant() });
    }
    return value?.name ?? name;
  });
}

function readerOf(inventory: Inventory, source: TensorSource): Model["read"] {
  return (name) => {
    const parameter = inventory.parameters.get(name);
    if (!parameter) return null;
    const { stored, shape } = parameter;
    if (stored.kind === "filled") {
      const count = countOf(shape);
      if (count > MAX_FILLED_ELEMENTS)
        fail(`placeholder ${name} claims ${count} values; at most 2^29 are made up`, null);
      return new Float32Array(count).fill(inventory.fills.get(name) ?? 0);
    }
    if (stored.kind === "absent") return null;
    const tensor = inventory.tensors.get(stored.initializer);
    if (!tensor || !hasValues(source, tensor)) return null;
    return takeFrom(readFloats(source, tensor), tensor.dims, parameter);
  };
}

/** In pieces where the parameter is stored as it is; whole where it has to be taken out of another order. */
function tilesBy(inventory: Inventory, source: TensorSource, read: Model["read"]): NonNullable<Model["tiles"]> {
  return (name) => {
    const stored = inventory.parameters.get(name)?.stored;
    const tensor = stored?.kind === "whole" ? inventory.tensors.get(stored.initializer) : undefined;
    if (tensor && hasValues(source, tensor)) return tensorTiles(source, tensor);
    const values = read(name);
    return values ? [values] : null;
  };
}

function build(
  proto: ProtoModel,
  source: TensorSource,
  options: ReadOnnxOptions,
  batch: number,
  extra: readonly Note[],
): Model {
  const { graph } = proto;
  const uses = usesOf(graph);
  const inventory = takeInventory(graph, source, uses);
  const bound = bindInputs(graph, batch, options.dims ?? {});
  const context = emptyContext(proto, inventory, bound);
  for (const { name, shape, dtype } of bound.inputs) {
    context.values.set(name, { name, shape, dtype, constant: null, parameter: null });
    context.tensors.set(name, { shape, dtype });
  }
  lowerGraph({ context, graph, source, inventory, binding: bound.binding }, liveNodes(graph));
  const draft: Draft = { nodes: context.nodes, outputs: outputsOf(graph, context), context };
  prune(draft);
  joinBias(draft);
  const read = readerOf(inventory, source);
  detachBorrowedBias(draft, read);
  fuseElementwise(draft);
  fuseNormalization(draft);
  fuseGroupNorm(draft);
  prune(draft);
  nameActivations(draft);
  prune(draft);
  const { buffers, notes } = findBuffers(graph, source, uses, inventory.parameters);
  const inputs = bound.inputs.map((input): ModelInput => ({ ...input, vocabulary: vocabularyOf(draft, input.name) }));
  for (const { name, shape, dtype } of inputs) context.tensors.set(name, { shape, dtype });
  return {
    format: "onnx",
    name: options.name ?? graph.name,
    batch: bound.binding.batch,
    inputs,
    outputs: draft.outputs,
    nodes: draft.nodes,
    tensors: context.tensors,
    parameters: assignRoles(draft),
    constants: context.constants,
    buffers,
    unsupported: context.unsupported,
    notes: [...extra, ...context.notes, ...notes],
    read,
    tiles: tilesBy(inventory, source, read),
  };
}

/** Shapes that were traced with one sample may fit no other batch: then that is the one that is understood. */
function atOwnBatch(proto: ProtoModel, source: TensorSource, options: ReadOnnxOptions, model: Model): Model {
  const message = `shapes in the graph hold for one sample only; batch ${model.batch} was asked for`;
  const single = build(proto, source, options, 1, [{ code: "assumed", message, tensors: [] }]);
  return single.unsupported.length < model.unsupported.length ? single : model;
}

/**
 * Reads an ONNX file: its graph in the model's few kinds of nodes with concrete shapes, its parameters under the
 * framework's own names.
 *
 * Operators that are not understood become `opaque` nodes, named in `unsupported`; they never stop the rest. Nothing
 * in the file is trusted: every length is checked before it is used.
 *
 * @param bytes the file. `read` of the model returns views of it where it can.
 * @throws FormatError, one line with the byte offset, where the file is cut off, damaged or not ONNX.
 * @example
 * const model = readOnnx(await file.bytes(), { batch: 64 });
 * model.parameters.get("fc1.weight")?.shape; // [128, 64]
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): Model {
  const { batch = 1 } = options;
  if (!Number.isSafeInteger(batch) || batch < 1)
    throw new RangeError(`readOnnx: batch is a whole number from 1 on, got ${batch}`);
  const source = tensorSource(bytes, options.external ?? null, options.values);
  const parsed = parseModel(source.wire);
  const proto: ProtoModel = { ...parsed, graph: unwrapNarrow(parsed.graph).graph };
  if (proto.graph.outputs.length === 0) fail("the graph has no outputs", null);
  try {
    const model = build(proto, source, options, batch, []);
    return batch === 1 || model.unsupported.length === 0 ? model : atOwnBatch(proto, source, options, model);
  } catch (error) {
    if (!(error instanceof BakedBatch)) throw error;
    const note: Note = { code: "assumed", message: `${error.message}; ${batch} was asked for`, tensors: [] };
    try {
      return build(proto, source, options, error.batch, [note]);
    } catch (again) {
      if (!(again instanceof BakedBatch)) throw again;
      return fail(
        `shapes in the graph contradict each other: one holds for batch ${error.batch}, one for ${again.batch}`,
        null,
      );
    }
  }
}
