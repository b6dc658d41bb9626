/** A Keras or TF.js model's JSON → Model. */

import type { Model } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { shown } from "../shape.ts";
import { type Json, shapeOf } from "./config.ts";
import { addNode, anyOf, createDraft, type Draft, type Flow, flowLast, type KerasLayout, lastOf } from "./draft.ts";
import { type Call, lowering, NotUnderstood } from "./layers/index.ts";
import { isModel, type Layer, parseTopology, type Reference, type Topology } from "./topology.ts";

export interface KerasOptions {
  readonly name?: string;
  /** Samples that the open first axis is bound to. */
  readonly batch?: number;
  readonly format?: "keras" | "tfjs";
  /** Shapes of the weights as they are stored, where they are known: each parameter has to agree. */
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
}

export interface KerasModel {
  readonly model: Model;
  /** How Keras holds each parameter. */
  readonly layouts: ReadonlyMap<string, KerasLayout>;
}

/** A layer that is not understood passes its first input on, and says so. */
function passOn(call: Call, why: string): Flow {
  const { draft, name, kind } = call;
  const [flow] = call.inputs;
  if (flow === undefined) throw new FormatError(`${call.where}: a layer without inputs, save the model again`);
  const { tensor, keep } = anyOf(flow);
  const assumption = "passes its input on";
  draft.unsupported.push({ node: name, op: kind, why });
  const node = { kind: "opaque", name, op: kind, assumption, inputs: [tensor], outputs: [name] } as const;
  return keep(addNode(draft, node, draft.tensors.get(tensor)?.shape ?? []), flow.shape);
}

function lowerCall(call: Call): Flow {
  const lower = lowering(call.kind);
  if (lower === null) return passOn(call, `the layer ${call.kind} is not known`);
  try {
    return lower(call);
  } catch (error) {
    if (error instanceof NotUnderstood) return passOn(call, error.message);
    throw error;
  }
}

function addInput(draft: Draft, layer: Layer): Flow {
  const { config } = layer;
  const where = `${draft.where}, layer ${shown(layer.name)}`;
  const shape = shapeOf(config.batch_input_shape ?? config.batch_shape, draft.batch, where);
  const { name } = layer;
  draft.tensors.set(name, { shape, dtype: "f32" });
  draft.inputs.push({ name, shape, dtype: "f32", batchAxis: 0, vocabulary: null });
  return flowLast(name, shape);
}

const key = ({ layer, call }: Reference): string => `${call} ${layer}`;

/** Models inside models count their own making as call 0, and list the calls from 1 on: how many to skip, by layer. */
function ownCalls({ layers, outputs }: Topology): Map<string, number> {
  const inner = new Map(layers.filter(({ kind }) => isModel(kind)).map(({ name, calls }) => [name, calls.length]));
  const offsets = new Map<string, number>();
  for (const { layer, call } of [...layers.flatMap(({ calls }) => calls.flat()), ...outputs]) {
    if (call >= (inner.get(layer) ?? Number.POSITIVE_INFINITY)) offsets.set(layer, 1);
  }
  return offsets;
}

/** Lowers a model's layers in an order in which every input is known; `given` stand for its inputs where it is inside another. */
function addModel(draft: Draft, topology: Topology, given: readonly Flow[] | null): Flow[] {
  const flows = new Map<string, Flow>();
  for (const [i, input] of topology.inputs.entries()) {
    const flow = given?.[i];
    if (flow !== undefined) flows.set(key(input), flow);
  }
  const offsets = ownCalls(topology);
  const pending: { readonly layer: Layer; readonly at: number; readonly from: readonly Reference[] }[] = [];
  for (const layer of topology.layers) {
    if (layer.kind === "InputLayer") {
      if (given === null) flows.set(key({ layer: layer.name, call: 0, tensor: 0 }), addInput(draft, layer));
      continue;
    }
    for (const [at, from] of layer.calls.entries()) pending.push({ layer, at, from });
  }
  // Files list layers in the order of their making, which is nearly always an order that works.
  for (let left = pending; left.length > 0; ) {
    const later: typeof pending = [];
    for (const entry of left) {
      const inputs = entry.from.map((reference) => flows.get(key(reference)));
      if (!inputs.every((flow) => flow !== undefined)) {
        later.push(entry);
        continue;
      }
      const { name } = entry.layer;
      const call = entry.at + (offsets.get(name) ?? 0);
      flows.set(key({ layer: name, call, tensor: 0 }), addLayer(draft, entry.layer, inputs));
    }
    // A shared model's other calls belong to another graph: what nobody here feeds is left out.
    if (later.length === left.length) break;
    left = later;
  }
  return topology.outputs.map((output) => {
    const flow = flows.get(key(output));
    if (flow !== undefined) return flow;
    throw new FormatError(`${draft.where}: nothing makes the output of ${shown(output.layer)}, save the model again`);
  });
}

function addLayer(draft: Draft, layer: Layer, inputs: readonly Flow[]): Flow {
  const where = `${draft.where}, layer ${shown(layer.name)}`;
  if (isModel(layer.kind)) {
    const inner = parseTopology({ class_name: layer.kind, config: layer.config }, where, 1);
    const [flow] = addModel(draft, inner, inputs);
    if (flow === undefined) throw new FormatError(`${where}: a model without outputs, save the model again`);
    return flow;
  }
  const call = draft.calls.get(layer.name) ?? 0;
  draft.calls.set(layer.name, call + 1);
  const name = call === 0 ? layer.name : `${layer.name}:${call}`;
  return lowerCall({ draft, kind: layer.kind, layer: layer.name, name, config: layer.config, inputs, where });
}

/**
 * The model that a JSON of `model.to_json()` (Keras) or `model.toJSON()` (TF.js) describes, with shapes and no values.
 *
 * Parameters bear Keras's names, `layer/kernel`; convolutions' kernels have the graph's order of axes, `layouts` says how
 * Keras holds them.
 *
 * @param json the parsed text: `{ class_name, config }`, or with that under `modelTopology` or `model_config`.
 * @throws FormatError naming the layer
 * @example readKeras(model.toJSON(null, false), { name: "model" }).model.parameters.get("dense_Dense1/kernel")?.shape
 */
export function readKeras(
  json: Json,
  { name = "model.json", batch = 1, format = "keras", shapes = new Map() }: KerasOptions = {},
): KerasModel {
  const topology = parseTopology(json, name);
  const draft = createDraft(batch, name, shapes);
  const outputs = addModel(draft, topology, null).map((flow) => lastOf(draft, flow));
  const turned = [...draft.layouts].filter(([, { permutation }]) => permutation.some((axis, i) => axis !== i));
  if (turned.length > 0)
    draft.notes.push({
      code: "transposed",
      message:
        "kernels of convolutions and recurrent layers are shown with output channels first; Keras keeps them last",
      tensors: turned.map(([parameter]) => parameter),
    });
  const model: Model = {
    format,
    name,
    batch,
    inputs: draft.inputs,
    outputs: [...new Set(outputs)],
    nodes: draft.nodes,
    tensors: draft.tensors,
    parameters: draft.parameters,
    constants: draft.constants,
    unsupported: draft.unsupported,
    notes: draft.notes,
    read: () => null,
  };
  return { model, layouts: draft.layouts };
}
