/** Arithmetic of sliding windows: pads by auto_pad, output sizes. */

import { intAttribute, intsAttribute, type Operation, textAttribute } from "../context.ts";
import { NotUnderstood } from "../shape.ts";

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends. */
  readonly pads: readonly number[];
  readonly output: readonly number[];
}

function perAxis(operation: Operation, name: string, axes: number, fallback: number): number[] {
  const values = intsAttribute(operation, name);
  if (!values || values.length === 0) return new Array<number>(axes).fill(fallback);
  if (
    values.length !== axes ||
    values.some((v) => !Number.isSafeInteger(v) || v < (name === "pads" ? -(2 ** 31) : 1))
  ) {
    throw new NotUnderstood(`${name} is [${values}] for ${axes / (name === "pads" ? 2 : 1)} spatial axes`);
  }
  return [...values];
}

export function perAxisAttribute(operation: Operation, name: string, axes: number, fallback: number): number[] {
  return perAxis(operation, name, axes, fallback);
}

/** The window of a convolution or pooling over `space`. With ceil_mode the end pads grow to the size that results. */
export function windowOf(
  operation: Operation,
  space: readonly number[],
  kernel: readonly number[],
  pooling: boolean,
): Window {
  const axes = space.length;
  if (kernel.length !== axes) throw new NotUnderstood(`kernel [${kernel}] over ${axes} spatial axes`);
  const strides = perAxis(operation, "strides", axes, 1);
  const dilations = perAxis(operation, "dilations", axes, 1);
  const pads = perAxis(operation, "pads", 2 * axes, 0);
  const auto = textAttribute(operation, "auto_pad", "NOTSET");
  const ceil = pooling && intAttribute(operation, "ceil_mode", 0) !== 0;
  const output: number[] = [];
  for (let i = 0; i < axes; i++) {
    const reach = dilations[i] * (kernel[i] - 1) + 1;
    if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
      const size = Math.ceil(space[i] / strides[i]);
      const total = Math.max(0, (size - 1) * strides[i] + reach - space[i]);
      const small = Math.floor(total / 2);
      pads[i] = auto === "SAME_UPPER" ? small : total - small;
      pads[axes + i] = total - pads[i];
    } else if (auto === "VALID") {
      pads[i] = 0;
      pads[axes + i] = 0;
    }
    const steps = (space[i] + pads[i] + pads[axes + i] - reach) / strides[i];
    let size = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would start in the end padding is left out (PyTorch, and ONNX from operator set 19 on).
    if (ceil && (size - 1) * strides[i] >= space[i] + pads[i]) size--;
    if (size < 1) throw new NotUnderstood(`a window of ${reach} does not fit into ${space[i]} (axis ${i + 2})`);
    output.push(size);
    if (ceil) pads[axes + i] = Math.max(pads[axes + i], (size - 1) * strides[i] + reach - space[i] - pads[i]);
  }
  return { kernel, strides, dilations, pads, output };
}
