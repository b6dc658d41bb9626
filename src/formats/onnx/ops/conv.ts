/** Conv and ConvTranspose in one, two or three dimensions. */

import {
  define,
  input,
  intAttribute,
  intsAttribute,
  type Lower,
  type Operation,
  operand,
  optional,
  outputName,
  textAttribute,
  type Value,
  wholeParameter,
} from "../context.ts";
import { NotUnderstood } from "../shape.ts";
import { perAxisAttribute, type Window, windowOf } from "./window.ts";

function weightName(weight: Value): string {
  const name = wholeParameter(weight);
  if (!name) throw new NotUnderstood("its weight is computed in the graph");
  return name;
}

function biasName(bias: Value | null): string | null {
  if (!bias) return null;
  const name = wholeParameter(bias);
  if (!name) throw new NotUnderstood("its bias is computed in the graph");
  return name;
}

/** Output size (input − 1)·stride − pads + reach + output_padding (operator specification, ConvTranspose). */
function transposedWindow(operation: Operation, space: readonly number[], kernel: readonly number[]): Window {
  const axes = space.length;
  const strides = perAxisAttribute(operation, "strides", axes, 1);
  const dilations = perAxisAttribute(operation, "dilations", axes, 1);
  const pads = perAxisAttribute(operation, "pads", 2 * axes, 0);
  const extra = intsAttribute(operation, "output_padding") ?? [];
  const wanted = intsAttribute(operation, "output_shape")?.slice(-axes) ?? [];
  const auto = textAttribute(operation, "auto_pad", "NOTSET");
  const output = space.map((size, i) => {
    const reach = dilations[i] * (kernel[i] - 1) + 1;
    const full = (size - 1) * strides[i] + reach + (extra[i] ?? 0);
    const same = auto.startsWith("SAME");
    if (same || wanted.length === axes) {
      const total = full - (wanted[i] ?? size * strides[i]);
      const small = Math.floor(total / 2);
      pads[i] = auto === "SAME_UPPER" ? small : total - small;
      pads[axes + i] = total - pads[i];
    }
    const result = full - pads[i] - pads[axes + i];
    // output_padding adds positions at the end: the same as cutting less off there.
    pads[axes + i] -= extra[i] ?? 0;
    return result;
  });
  return { kernel, strides, dilations, pads, output };
}

function lowerConvolution(transposed: boolean): Lower {
  return (operation) => {
    const { context } = operation;
    const x = input(operation, 0);
    const weight = input(operation, 1);
    const bias = optional(operation, 2);
    const groups = intAttribute(operation, "group", 1);
    const axes = x.shape.length - 2;
    if (axes < 1 || weight.shape.length !== x.shape.length) {
      throw new NotUnderstood(`input [${x.shape}] and weight [${weight.shape}] do not fit`);
    }
    const kernel = weight.shape.slice(2);
    const channels = transposed ? weight.shape[0] : weight.shape[1] * groups;
    if (groups < 1 || channels !== x.shape[1]) {
      throw new NotUnderstood(`${x.shape[1]} channels meet a weight for ${channels} in ${groups} groups`);
    }
    const space = x.shape.slice(2);
    const window = transposed ? transposedWindow(operation, space, kernel) : windowOf(operation, space, kernel, false);
    const out = transposed ? weight.shape[1] * groups : weight.shape[0];
    context.nodes.push({
      kind: "conv",
      name: operation.name,
      op: operation.op,
      inputs: [operand(context, x)],
      outputs: [outputName(operation)],
      weight: weightName(weight),
      bias: biasName(bias),
      transposed,
      groups,
      kernel,
      strides: window.strides,
      dilations: window.dilations,
      pads: window.pads,
    });
    define(context, outputName(operation), [x.shape[0], out, ...window.output], x.dtype);
  };
}

export const conv: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["Conv", lowerConvolution(false)],
  ["ConvTranspose", lowerConvolution(true)],
]);
