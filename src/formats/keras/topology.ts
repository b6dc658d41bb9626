/** What the JSON of `model.to_json()` says, of Keras 2, Keras 3 and TF.js: layers, calls of them, inputs and outputs. */

import { FormatError } from "../error.ts";
import { shown } from "../shape.ts";
import { arrayAt, isArray, isObject, type Json, type JsonObject, objectAt, textAt } from "./config.ts";

/** Output `tensor` of call `call` of a layer. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

export interface Layer {
  readonly name: string;
  /** Keras's class, e.g. "Dense". */
  readonly kind: string;
  readonly config: JsonObject;
  /** One entry a call; empty for an input. */
  readonly calls: readonly (readonly Reference[])[];
}

export interface Topology {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

const MAX_LAYERS = 20_000;
const MAX_NESTING = 16;

const FUNCTIONAL = new Set(["Functional", "Model"]);
export const isModel = (kind: string): boolean => FUNCTIONAL.has(kind) || kind === "Sequential";

function reference(value: Json, where: string): Reference {
  if (isArray(value) && typeof value[0] === "string" && typeof value[1] === "number" && typeof value[2] === "number")
    return { layer: value[0], call: value[1], tensor: value[2] };
  throw new FormatError(`${where}: expected a layer's name and two numbers, got ${shown(JSON.stringify(value))}`);
}

/** One reference, or a list of them; Keras 3 writes a single input without its list. */
function references(value: Json | undefined, where: string): Reference[] {
  if (!isArray(value)) throw new FormatError(`${where}: expected a list of tensors, got ${typeof value}`);
  return typeof value[0] === "string" ? [reference(value, where)] : value.map((entry) => reference(entry, where));
}

/** Keras 3: every `__keras_tensor__` in the arguments, in order. */
function tensorsIn(value: Json, where: string, depth = 0): Reference[] {
  if (depth > MAX_NESTING) throw new FormatError(`${where}: its arguments are nested too deep`);
  if (isArray(value)) return value.flatMap((entry) => tensorsIn(entry, where, depth + 1));
  if (!isObject(value)) return [];
  if (value.class_name === "__keras_tensor__") {
    const config = objectAt(value, "config", where);
    return [reference(arrayAt(config, "keras_history", where), where)];
  }
  return Object.values(value).flatMap((entry) => tensorsIn(entry, where, depth + 1));
}

function callsOf(nodes: readonly Json[], where: string): Reference[][] {
  return nodes.map((node) => {
    if (isObject(node)) return tensorsIn([node.args ?? [], node.kwargs ?? {}], where);
    if (!isArray(node)) throw new FormatError(`${where}: inbound_nodes holds a ${typeof node}, save the model again`);
    return typeof node[0] === "string" ? [reference(node, where)] : node.map((entry) => reference(entry, where));
  });
}

function layerOf(value: Json, where: string): Omit<Layer, "calls"> & { readonly json: JsonObject } {
  if (!isObject(value)) throw new FormatError(`${where}: a layer is an object, got ${typeof value}`);
  const kind = textAt(value, "class_name", where);
  const config = objectAt(value, "config", `${where}, ${shown(kind)}`);
  const name = textAt(
    config,
    "name",
    `${where}, ${shown(kind)}`,
    typeof value.name === "string" ? value.name : undefined,
  );
  return { name, kind, config, json: value };
}

function functional(config: JsonObject, where: string): Omit<Topology, "name"> {
  const layers = arrayAt(config, "layers", where).map((entry) => {
    const { json, ...layer } = layerOf(entry, where);
    const nodes = json.inbound_nodes;
    return { ...layer, calls: isArray(nodes) ? callsOf(nodes, `${where}, ${shown(layer.name)}`) : [] };
  });
  return {
    layers,
    inputs: references(config.input_layers, `${where}, input_layers`),
    outputs: references(config.output_layers, `${where}, output_layers`),
  };
}

/** The first layer holds the input's shape where there is no input layer. */
function sequential(config: JsonObject | readonly Json[], where: string): Omit<Topology, "name"> {
  const list = isArray(config) ? config : arrayAt(config, "layers", where);
  const parsed = list.map((entry) => layerOf(entry, where));
  const [first] = parsed;
  if (first === undefined) throw new FormatError(`${where}: a model without layers, save it after building it`);
  const layers: Layer[] = [];
  const shape = first.config.batch_input_shape ?? first.config.batch_shape;
  const outer = isArray(config) ? undefined : config.build_input_shape;
  if (first.kind !== "InputLayer") {
    const name = `${first.name}_input`;
    const given = shape ?? outer;
    if (given === undefined && !isModel(first.kind))
      throw new FormatError(
        `${where}: the first layer does not say its input's shape, build the model before saving it`,
      );
    const inputShape = given ?? inputShapeOf(first.config, where);
    layers.push({ name, kind: "InputLayer", config: { name, batch_input_shape: inputShape }, calls: [] });
  }
  for (const { json: _json, ...layer } of parsed) {
    const before = layers.at(-1);
    const input = before === undefined ? [] : [[{ layer: before.name, call: 0, tensor: 0 }]];
    layers.push({ ...layer, calls: layer.kind === "InputLayer" ? [] : input });
  }
  const ends = (name: string | undefined) => [{ layer: name ?? "", call: 0, tensor: 0 }];
  return { layers, inputs: ends(layers[0]?.name), outputs: ends(layers.at(-1)?.name) };
}

/** Input shape of a model used as the first layer of another. */
function inputShapeOf(config: JsonObject, where: string): Json {
  const [first] = arrayAt(config, "layers", where);
  const inner = isObject(first) ? objectAt(first, "config", where) : {};
  return inner.batch_input_shape ?? inner.batch_shape ?? null;
}

/**
 * The layers of a model's JSON and how they are called.
 *
 * @param json `{ class_name, config }`, or that under `model_config` or `modelTopology`.
 * @throws FormatError naming the layer
 */
export function parseTopology(json: Json, where: string, depth = 0): Topology {
  if (!isObject(json)) throw new FormatError(`${where}: a model is a JSON object, got ${typeof json}`);
  if (depth > MAX_NESTING) throw new FormatError(`${where}: models are nested deeper than ${MAX_NESTING}`);
  for (const wrapper of ["modelTopology", "model_config"]) {
    if (isObject(json[wrapper])) return parseTopology(json[wrapper], where, depth + 1);
  }
  const kind = textAt(json, "class_name", where);
  if (!isModel(kind))
    throw new FormatError(
      `${where}: ${shown(kind)} is not a model that its JSON describes, use Sequential or Functional`,
    );
  const { config } = json;
  if (!isObject(config) && !isArray(config)) throw new FormatError(`${where}: config is missing, save the model again`);
  const name = isObject(config) ? textAt(config, "name", where, "model") : "model";
  const parts = kind === "Sequential" ? sequential(config, where) : functional(objectAt(json, "config", where), where);
  if (parts.layers.length > MAX_LAYERS) throw new FormatError(`${where}: more than ${MAX_LAYERS} layers`);
  const names = new Set(parts.layers.map((layer) => layer.name));
  if (names.size !== parts.layers.length) throw new FormatError(`${where}: two layers bear one name, save it again`);
  return { name, ...parts };
}
