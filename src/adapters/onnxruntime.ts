/** For people who run with ONNX Runtime: `import { toTensors } from "epoch0/onnxruntime"`. */

import { float16Bits } from "../formats/dtype.ts";
import { type InitializeOptions, initialize } from "../materialize/index.ts";
import type { Plan } from "../plan/types.ts";

/** `Tensor` of onnxruntime-web, onnxruntime-node or onnxruntime-common, as far as it is used. */
export interface OnnxRuntime<Tensor> {
  readonly Tensor: new (
    type: "float32" | "float16",
    data: Float32Array | Uint16Array,
    dims: readonly number[],
  ) => Tensor;
}

export interface ToTensorsOptions extends InitializeOptions {
  /** Default "float32"; float16 is rounded to nearest even. */
  readonly type?: "float32" | "float16";
}

/**
 * A plan's weights as ONNX Runtime tensors by name: the feeds of a graph whose parameters are inputs.
 *
 * @param ort the namespace of an ONNX Runtime package.
 * @example
 * const weights = toTensors(ort, plan(model));
 * await session.run({ x, ...Object.fromEntries(weights) });
 */
export function toTensors<Tensor>(
  ort: OnnxRuntime<Tensor>,
  plan: Plan,
  { type = "float32", ...options }: ToTensorsOptions = {},
): Map<string, Tensor> {
  const values = initialize(plan, options);
  const tensors = new Map<string, Tensor>();
  for (const { name, shape } of plan.tensors) {
    const drawn = values.get(name);
    if (drawn === undefined) continue;
    const data = type === "float32" ? drawn : Uint16Array.from(drawn, float16Bits);
    tensors.set(name, new ort.Tensor(type, data, [...shape]));
  }
  return tensors;
}
