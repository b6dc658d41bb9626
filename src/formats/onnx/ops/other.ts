/** Identity, Cast, Dropout, Pad, Resize, Einsum, and constants that no fold takes. */

import type { Dtype, PadNode, ResizeNode } from "../../../model/types.ts";
import { isFloat } from "../../dtype.ts";
import {
  define,
  floatAttribute,
  input,
  intsAttribute,
  knownNumbers,
  type Lower,
  listOf,
  type Operation,
  operand,
  optional,
  outputName,
  scalarOf,
  textAttribute,
} from "../context.ts";
import { elementType } from "../dtype.ts";
import { axisOf, NotUnderstood } from "../shape.ts";

/** Passes the value on: a parameter or a table of indices keeps what is known of it. */
const lowerIdentity: Lower = (operation) => passOn(operation, input(operation, 0).dtype);

function passOn(operation: Operation, dtype: Dtype): void {
  const { context } = operation;
  const x = input(operation, 0);
  const out = outputName(operation);
  context.nodes.push({
    kind: "identity",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [out],
  });
  const value = define(context, out, x.shape, dtype);
  if (x.parameter) context.values.set(out, { ...value, parameter: x.parameter });
}

const lowerDropout: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  context.nodes.push({
    kind: "dropout",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    ratio: scalarOf(optional(operation, 1)) ?? floatAttribute(operation, "ratio", 0.5),
  });
  define(context, outputName(operation), x.shape, x.dtype);
};

function padMode(text: string): PadNode["mode"] {
  if (text === "constant" || text === "reflect" || text === "edge" || text === "wrap") return text;
  throw new NotUnderstood(`mode ${text}`);
}

const lowerPad: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const rank = x.shape.length;
  const given = intsAttribute(operation, "paddings") ?? listOf(operation, "pads", 1) ?? [];
  const axes = (knownNumbers(operation, 3) ?? x.shape.map((_, i) => i)).map((axis) => axisOf(axis, rank));
  if (given.length !== 2 * axes.length) throw new NotUnderstood(`pads [${given}] for ${axes.length} axes`);
  const pads = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    pads[axis] = given[i];
    pads[rank + axis] = given[axes.length + i];
  });
  const base = {
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
  };
  if (pads.every((pad) => pad === 0)) context.nodes.push({ kind: "identity", ...base });
  else {
    const value = scalarOf(optional(operation, 2)) ?? floatAttribute(operation, "value", 0);
    context.nodes.push({
      kind: "pad",
      ...base,
      mode: padMode(textAttribute(operation, "mode", "constant")),
      pads,
      value,
    });
  }
  define(
    context,
    outputName(operation),
    x.shape.map((dim, i) => dim + pads[i] + pads[rank + i]),
    x.dtype,
  );
};

function resizeMode(text: string): ResizeNode["mode"] {
  if (text === "nearest" || text === "linear" || text === "cubic") return text;
  if (text === "bilinear") return "linear";
  throw new NotUnderstood(`mode ${text}`);
}

/** Inputs [x, roi, scales, sizes] from operator set 11 on, [x, scales] before; Upsample: scales as input or attribute. */
const lowerResize: Lower = (operation) => {
  const { context } = operation;
  const x = input(operation, 0);
  const old = operation.op === "Upsample" || context.opset < 11;
  const attribute = operation.node.attributes.get("scales")?.floats ?? [];
  const given = attribute.length > 0 ? attribute : (knownNumbers(operation, old ? 1 : 2) ?? []);
  const sizes = old ? null : knownNumbers(operation, 3);
  const axes = (intsAttribute(operation, "axes") ?? x.shape.map((_, i) => i)).map((axis) =>
    axisOf(axis, x.shape.length),
  );
  const scales = x.shape.map(() => 1);
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    const size = sizes && sizes.length > 0 ? sizes[i] : Math.floor(x.shape[axis] * given[i]);
    shape[axis] = size;
    scales[axis] = sizes && sizes.length > 0 ? size / x.shape[axis] : given[i];
  });
  context.nodes.push({
    kind: "resize",
    name: operation.name,
    op: operation.op,
    inputs: [operand(context, x)],
    outputs: [outputName(operation)],
    mode: resizeMode(textAttribute(operation, "mode", "nearest")),
    scales,
    coordinates: old ? "asymmetric" : textAttribute(operation, "coordinate_transformation_mode", "half_pixel"),
    rounding: old ? "floor" : textAttribute(operation, "nearest_mode", "round_prefer_floor"),
  });
  define(context, outputName(operation), shape, x.dtype);
};

/** Before operator set 9's bool Cast to integers nothing flows through casts but floats; the rest loses the gradient. */
const lowerCast: Lower = (operation) => {
  const x = input(operation, 0);
  const to = operation.node.attributes.get("to")?.int ?? 1;
  passOn(operation, elementType(to)?.dtype ?? x.dtype);
  if (isFloat(x.dtype) && to !== 1 && to !== 10 && to !== 11 && to !== 16) {
    throw new NotUnderstood("it rounds a signal to integers");
  }
};

export const other: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["Identity", lowerIdentity],
  ["Cast", lowerCast],
  ["Dropout", lowerDropout],
  ["Pad", lowerPad],
  ["Resize", lowerResize],
  ["Upsample", lowerResize],
]);
