/** Activation layers, dropout and what passes a tensor on. */

import type { ActivationReference } from "../../../model/types.ts";
import { FormatError } from "../../error.ts";
import { isArray, numberAt, snake, type textAt } from "../config.ts";
import { addNode, addParameter, flowLast, lastOf } from "../draft.ts";
import {
  activationName,
  activationOf,
  addActivation,
  addSoftmax,
  elementwise,
  isKeras3,
  type Lower,
  NotUnderstood,
  onlyInput,
} from "./call.ts";

const named = (name: string, parameters: Readonly<Record<string, number>>): ActivationReference => ({
  kind: "named",
  name,
  parameters,
});

const activation: Lower = (call) => {
  const flow = onlyInput(call);
  const name = activationName(call.config);
  const plain = snake(name);
  if (plain === "softmax" || plain === "log_softmax")
    return addSoftmax(call, flow, -1, plain === "log_softmax", call.name);
  return addActivation(call, flow, activationOf(name, isKeras3(call)), call.name, name);
};

const relu: Lower = (call) => {
  const { config, where, name, kind } = call;
  const slope = numberAt(config, "negative_slope", where, 0);
  const threshold = numberAt(config, "threshold", where, 0);
  const top = config.max_value == null ? null : numberAt(config, "max_value", where);
  const reference = (): ActivationReference => {
    if (threshold !== 0) {
      if (slope === 0 && top === null) return named("threshold", { threshold, value: 0 });
      throw new NotUnderstood("it has a threshold besides a slope or a largest value");
    }
    if (top === null) return slope === 0 ? named("relu", {}) : named("leaky_relu", { slope });
    if (slope !== 0) throw new NotUnderstood("it has a slope and a largest value");
    return top === 6 ? named("relu6", {}) : named("clip", { min: 0, max: top });
  };
  return addActivation(call, onlyInput(call), reference(), name, kind);
};

/** An activation with one number, under either of two names. */
const oneNumber =
  (catalogue: string, parameter: string, keys: readonly string[], fallback: number): Lower =>
  (call) => {
    const key = keys.find((candidate) => call.config[candidate] !== undefined) ?? keys[0]!;
    const value = numberAt(call.config, key, call.where, fallback);
    return addActivation(call, onlyInput(call), named(catalogue, { [parameter]: value }), call.name, call.kind);
  };

const prelu: Lower = (call) => {
  const { draft, layer, name, config } = call;
  const flow = onlyInput(call);
  const { shared_axes: sharedAxes } = config;
  const shared = new Set<unknown>(isArray(sharedAxes) ? sharedAxes : []);
  const shape = flow.shape.slice(1).map((size, i) => (shared.has(i + 1) ? 1 : size));
  const slope = addParameter(draft, `${layer}/alpha`, shape, "other");
  const tensor = lastOf(draft, flow);
  const reference = named("prelu", {});
  const node = { kind: "activation", name, op: "PReLU", activation: reference, slope } as const;
  return flowLast(addNode(draft, { ...node, inputs: [tensor], outputs: [name] }, flow.shape), flow.shape);
};

const softmax: Lower = (call) => {
  const { axis = -1 } = call.config;
  if (typeof axis !== "number") throw new NotUnderstood("it normalizes more than one axis");
  return addSoftmax(call, onlyInput(call), axis, false, call.name);
};

const dropout: Lower = (call) => {
  const { config, where, name, kind } = call;
  const ratio = numberAt(config, "rate", where);
  if (!(ratio >= 0 && ratio < 1)) throw new FormatError(`${where}: rate is from 0 up to 1, got ${ratio}`);
  return elementwise(call, onlyInput(call), (tensor) => ({
    kind: "dropout",
    name,
    op: kind,
    ratio,
    inputs: [tensor],
    outputs: [name],
  }));
};

const identity: Lower = (call) =>
  elementwise(call, onlyInput(call), (tensor) => ({
    kind: "identity",
    name: call.name,
    op: call.kind,
    inputs: [tensor],
    outputs: [call.name],
  }));

const rescaling: Lower = (call) => {
  const { config, where, name, kind } = call;
  const scale = numberAt(config, "scale", where);
  const offset = numberAt(config, "offset", where, 0);
  const scaled = { kind: "binary", fn: "mul", left: { kind: "x" }, right: { kind: "number", value: scale } } as const;
  const expression = { kind: "binary", fn: "add", left: scaled, right: { kind: "number", value: offset } } as const;
  return addActivation(call, onlyInput(call), { kind: "expression", expression }, name, kind);
};

/** TF.js calls LeakyReLU's slope alpha, as Keras 2; Keras 3 negative_slope. */
export const ACTIVATION: Readonly<Record<string, Lower>> = {
  Activation: activation,
  ReLU: relu,
  LeakyReLU: oneNumber("leaky_relu", "slope", ["negative_slope", "alpha"], 0.3),
  ELU: oneNumber("elu", "alpha", ["alpha"], 1),
  ThresholdedReLU: oneNumber("threshold", "threshold", ["theta"], 1),
  PReLU: prelu,
  Softmax: softmax,
  Rescaling: rescaling,
  Dropout: dropout,
  SpatialDropout1D: dropout,
  SpatialDropout2D: dropout,
  SpatialDropout3D: dropout,
  GaussianNoise: identity,
  ActivityRegularization: identity,
  Identity: identity,
  Masking: identity,
};

/** The catalogue's name of an activation, for the gates of recurrent layers. */
export function gateName(config: Parameters<typeof textAt>[0], key: string, fallback: string, keras3: boolean): string {
  const name = activationName(config, key, fallback);
  const reference = activationOf(name, keras3);
  if (reference.kind !== "named") throw new NotUnderstood(`its ${key} is ${name}`);
  const numbers = Object.entries(reference.parameters).map(([parameter, value]) => `${parameter}=${value}`);
  return numbers.length === 0 ? reference.name : `${reference.name}(${numbers.join(", ")})`;
}
