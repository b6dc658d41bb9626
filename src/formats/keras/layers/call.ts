/** One call of a layer, and what lowering it takes. */

import { activationReference } from "../../../activation/index.ts";
import type { ActivationReference, Node } from "../../../model/types.ts";
import { FormatError } from "../../error.ts";
import { isObject, type JsonObject, snake } from "../config.ts";
import { addNode, anyOf, type Draft, type Flow, flowLast, lastOf } from "../draft.ts";

export interface Call {
  readonly draft: Draft;
  /** Keras's class. */
  readonly kind: string;
  /** The layer's name: its parameters begin with it. */
  readonly layer: string;
  /** Unique to this call: its tensors begin with it. */
  readonly name: string;
  readonly config: JsonObject;
  readonly inputs: readonly Flow[];
  /** For messages. */
  readonly where: string;
}

export type Lower = (call: Call) => Flow;

/** Why a layer is passed on unchanged; named among the unsupported. */
export class NotUnderstood extends Error {}

export function onlyInput({ inputs, where }: Call): Flow {
  const [flow, ...more] = inputs;
  if (flow === undefined || more.length > 0) throw new FormatError(`${where}: takes one input, got ${inputs.length}`);
  return flow;
}

/** An operation on the tensor in either order of axes, of the same shape. */
export function elementwise(call: Call, flow: Flow, make: (tensor: string) => Node): Flow {
  const { tensor, keep } = anyOf(flow);
  return keep(addNode(call.draft, make(tensor), call.draft.tensors.get(tensor)?.shape ?? []), flow.shape);
}

const named = (name: string, parameters: Readonly<Record<string, number>> = {}): ActivationReference => ({
  kind: "named",
  name,
  parameters,
});

/** Keras's names that the catalogue has under another, or with other numbers. */
const OTHERWISE: Readonly<Record<string, ActivationReference>> = {
  linear: named("identity"),
  exponential: { kind: "expression", expression: { kind: "unary", fn: "exp", arg: { kind: "x" } } },
  gelu_new: activationReference("gelu_tanh"),
};

/** Keras 3 clips x/6 + 1/2, Keras 2 and TF.js x/5 + 1/2. */
export function activationOf(name: string, keras3: boolean): ActivationReference {
  const plain = snake(name);
  if (plain === "hard_sigmoid") return named(plain, { alpha: keras3 ? 1 / 6 : 0.2, beta: 0.5 });
  if (plain === "leaky_relu") return named(plain, { slope: 0.2 });
  const other = Object.hasOwn(OTHERWISE, plain) ? OTHERWISE[plain] : undefined;
  if (other !== undefined) return other;
  try {
    return activationReference(plain);
  } catch {
    throw new NotUnderstood(`its activation ${name} is not known`);
  }
}

/** The name in a configuration: a text, or an object with a class's name. */
export function activationName(config: JsonObject, key = "activation", fallback = "linear"): string {
  const value = config[key] ?? fallback;
  if (typeof value === "string") return value;
  if (isObject(value) && typeof value.class_name === "string") {
    const inner = isObject(value.config) ? value.config.name : undefined;
    return typeof inner === "string" && value.class_name === "function" ? inner : value.class_name;
  }
  throw new NotUnderstood("its activation is not a name");
}

export function addActivation(call: Call, flow: Flow, activation: ActivationReference, name: string, op: string): Flow {
  return elementwise(call, flow, (tensor) => ({
    kind: "activation",
    name,
    op,
    activation,
    slope: null,
    inputs: [tensor],
    outputs: [name],
  }));
}

/** Softmax over an axis of Keras's order. */
export function addSoftmax(call: Call, flow: Flow, axis: number, log: boolean, name: string): Flow {
  const tensor = lastOf(call.draft, flow);
  const rank = flow.shape.length;
  const at = axis < 0 ? axis + rank : axis;
  const op = log ? "LogSoftmax" : "Softmax";
  const node = { kind: "softmax", name, op, axis: at, log, inputs: [tensor], outputs: [name] } as const;
  return flowLast(addNode(call.draft, node, flow.shape), flow.shape);
}

/** True where the file is of Keras 3, whose layers carry their module. */
export const isKeras3 = ({ config }: Call): boolean => isObject(config.dtype);

/** Whether the layer ends in an activation, and so its own operation needs another name. */
export function ownName(call: Call): string {
  return snake(activationName(call.config)) === "linear" ? call.name : `${call.name}/linear`;
}

/** The activation that a layer ends in. */
export function withActivation(call: Call, flow: Flow): Flow {
  const name = activationName(call.config);
  const plain = snake(name);
  if (plain === "linear") return flow;
  if (plain === "softmax" || plain === "log_softmax")
    return addSoftmax(call, flow, -1, plain === "log_softmax", call.name);
  return addActivation(call, flow, activationOf(name, isKeras3(call)), call.name, name);
}
