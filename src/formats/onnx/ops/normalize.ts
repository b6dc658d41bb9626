/** Normalization operators. */

import type { NormalizeNode } from "../../../model/types.ts";
import {
  define,
  floatAttribute,
  input,
  intAttribute,
  intsAttribute,
  type Lower,
  type Operation,
  operand,
  optional,
  outputName,
  type Value,
  wholeParameter,
} from "../context.ts";
import { axisOf, NotUnderstood } from "../shape.ts";

/** A parameter's name; null where the operand is absent or the constant that changes nothing (all `neutral`). */
function factor(value: Value | null, neutral: number): string | null {
  if (!value) return null;
  const name = wholeParameter(value);
  if (name) return name;
  if (value.constant?.().every((v) => v === neutral)) return null;
  throw new NotUnderstood("its scale or shift is computed in the graph");
}

type Statistics = Pick<
  NormalizeNode,
  "method" | "axes" | "groups" | "epsilon" | "scale" | "shift" | "mean" | "variance" | "momentum"
>;

function emit(operation: Operation, x: Value, statistics: Statistics, training = false): void {
  const { context } = operation;
  context.nodes.push({
    kind: "normalize",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    ...statistics,
    training,
  });
  define(context, outputName(operation), x.shape, x.dtype);
}

function axesFrom(x: Value, first: number, except = -1): number[] {
  return x.shape.map((_, i) => i).filter((i) => i >= first && i !== except);
}

const lowerBatch: Lower = (operation) => {
  const x = input(operation, 0);
  // Operator sets before 14 train where running statistics are among the outputs, or is_test is 0 (before 7).
  const extra = operation.node.outputs.slice(1).some((name) => name !== "");
  const { opset } = operation.context;
  const training =
    opset >= 14
      ? intAttribute(operation, "training_mode", 0) !== 0
      : extra && intAttribute(operation, "is_test", 0) === 0;
  emit(
    operation,
    x,
    {
      method: "batch",
      axes: axesFrom(x, 0, 1),
      groups: 1,
      epsilon: floatAttribute(operation, "epsilon", 1e-5),
      scale: factor(optional(operation, 1), 1),
      shift: factor(optional(operation, 2), 0),
      mean: factor(optional(operation, 3), 0),
      variance: factor(optional(operation, 4), 1),
      momentum: floatAttribute(operation, "momentum", 0.9),
    },
    training,
  );
};

function lowerAlongLast(method: "layer" | "rms"): Lower {
  return (operation) => {
    const x = input(operation, 0);
    const axis = axisOf(intAttribute(operation, "axis", -1), x.shape.length);
    emit(operation, x, {
      method,
      axes: axesFrom(x, axis),
      groups: 1,
      epsilon: floatAttribute(operation, "epsilon", 1e-5),
      scale: factor(optional(operation, 1), 1),
      shift: factor(optional(operation, 2), 0),
      mean: null,
      variance: null,
    });
  };
}

const lowerInstance: Lower = (operation) => {
  const x = input(operation, 0);
  emit(operation, x, {
    method: "instance",
    axes: axesFrom(x, 2),
    groups: 1,
    epsilon: floatAttribute(operation, "epsilon", 1e-5),
    scale: factor(optional(operation, 1), 1),
    shift: factor(optional(operation, 2), 0),
    mean: null,
    variance: null,
  });
};

const lowerGroup: Lower = (operation) => {
  const x = input(operation, 0);
  const groups = intAttribute(operation, "num_groups", 1);
  if (groups < 1 || x.shape.length < 2 || x.shape[1] % groups !== 0)
    throw new NotUnderstood(`${groups} groups of [${x.shape}]`);
  emit(operation, x, {
    method: "group",
    axes: axesFrom(x, 1),
    groups,
    epsilon: floatAttribute(operation, "epsilon", 1e-5),
    scale: factor(optional(operation, 1), 1),
    shift: factor(optional(operation, 2), 0),
    mean: null,
    variance: null,
  });
};

/** Mean 0 and variance 1 over `axes`, by default all but the channels: batch statistics without parameters. */
const lowerMeanVariance: Lower = (operation) => {
  const x = input(operation, 0);
  const axes = (intsAttribute(operation, "axes") ?? [0, 2, 3]).map((axis) => axisOf(axis, x.shape.length));
  const batch = axes.includes(0);
  const none = { groups: 1, epsilon: 1e-9, scale: null, shift: null, mean: null, variance: null };
  emit(operation, x, { method: batch ? "batch" : "layer", axes, ...none }, batch);
};

export const normalize: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["BatchNormalization", lowerBatch],
  ["LayerNormalization", lowerAlongLast("layer")],
  ["RMSNormalization", lowerAlongLast("rms")],
  ["SimplifiedLayerNormalization", lowerAlongLast("rms")],
  ["InstanceNormalization", lowerInstance],
  ["GroupNormalization", lowerGroup],
  ["MeanVarianceNormalization", lowerMeanVariance],
]);
