/**
 * Dropout as training has it (Srivastava 2014): each unit is kept with probability 1 − p and then divided by it. The masks
 * are drawn outside of the compiled step and come in as inputs, from a stream that (seed, node, step, turn) alone decides.
 */

import type { Model, Node, TensorInfo } from "../../model/types.ts";
import { createKey, deriveKey, fillBits, type Key, type Seed } from "../../random/index.ts";
import { infoOf } from "../lower.ts";
import { product } from "../operation.ts";

export interface Mask {
  /** Of the value that the mask becomes. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Probability that a unit is dropped. */
  readonly ratio: number;
}

export interface MaskedModel {
  readonly model: Model;
  readonly masks: readonly Mask[];
}

/** Every dropout node becomes a product with a mask. */
export function maskedModel(model: Model): MaskedModel {
  const masks: Mask[] = [];
  const tensors = new Map<string, TensorInfo>(model.tensors);
  const nodes = model.nodes.map((node): Node => {
    const [from] = node.inputs;
    if (node.kind !== "dropout" || node.ratio === 0 || from === undefined) return node;
    const { shape } = infoOf(model, from);
    const name = `mask of ${node.name}`;
    masks.push({ name, shape, ratio: node.ratio });
    tensors.set(name, { shape, dtype: "f32" });
    const { op, outputs } = node;
    return { kind: "combine", operation: "multiply", name: node.name, op, inputs: [from, name], outputs };
  });
  return { model: { ...model, nodes, tensors }, masks };
}

/** The stream of one mask; keys of steps and turns are derived from it. */
export function maskKey(seed: Seed, { name }: Mask): Key {
  return createKey(seed, `epoch0 training: ${name}`);
}

/** 0 where a unit is dropped, 1/(1 − p) elsewhere; p is met to 2⁻³². */
export function drawMask({ shape, ratio }: Mask, key: Key, step: number, turn: number): Float32Array {
  const words = new Uint32Array(product(shape));
  fillBits(words, deriveKey(deriveKey(key, step), turn), 0);
  const kept = 1 / (1 - ratio);
  const limit = ratio * 2 ** 32;
  return Float32Array.from(words, (word) => (word < limit ? 0 : kept));
}
