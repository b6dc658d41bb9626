/** Which value of the graph the loss reads: the logits where the model ends in a softmax or a logistic unit. */

import type { Model, Node } from "../../model/types.ts";
import { infoOf } from "../lower.ts";
import { axisOf, product } from "../operation.ts";
import { isReal } from "../values.ts";
import type { Loss } from "./types.ts";

export interface Head {
  /** The model up to `value`, its only output. */
  readonly model: Model;
  readonly value: string;
  readonly shape: readonly number[];
  /** Axis of the classes. */
  readonly axis: number;
  readonly classes: number;
  /** Numbers that the axes before that of the samples count: 1 where the samples come first. */
  readonly before: number;
  /** One logit a sample for two classes. */
  readonly binary: boolean;
}

/**
 * The end of the model for this loss. With cross-entropy, a final softmax, log-softmax (or, for a single number, a
 * logistic unit) is skipped: its input are the logits.
 *
 * Errors: no real-valued output.
 */
export function headOf(model: Model, loss: Loss): Head {
  const output = model.outputs.find((name) => isReal(model.tensors.get(name)?.dtype ?? "bool"));
  if (output === undefined) throw new Error(`train: ${model.name} has no real-valued output, got ${model.outputs}`);
  const producer = new Map(model.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const { shape } = infoOf(model, output);
  const last = defaultAxis(shape);
  const place = (axis: number) => ({ shape, axis, before: beforeSamples(model, shape, axis) });
  const single = shape.length > 0 && shape[last] === 1;
  const end = through(producer, output);
  const node = producer.get(end);
  const [before] = node?.inputs ?? [];
  if (loss === "cross-entropy" && node !== undefined && before !== undefined) {
    if (node.kind === "softmax") {
      const axis = axisOf(node.axis, shape.length);
      return { ...upTo(model, before), ...place(axis), classes: shape[axis] ?? 1, binary: false };
    }
    if (single && isLogistic(node)) return { ...upTo(model, before), ...place(last), classes: 2, binary: true };
  }
  const binary = loss === "cross-entropy" && single;
  return { ...upTo(model, output), ...place(last), classes: binary ? 2 : (shape[last] ?? 1), binary };
}

/** Classes stand on the last axis; on axis 1 of images [N, C, H, W]. */
function defaultAxis(shape: readonly number[]): number {
  return shape.length >= 4 ? 1 : shape.length - 1;
}

/** Sequences that come in time first, [positions, samples, …], go out so where the output's same axis counts the samples. */
function beforeSamples(model: Model, shape: readonly number[], classes: number): number {
  const axis = model.inputs.find(({ batchAxis }) => batchAxis !== null)?.batchAxis ?? 0;
  return axis < classes && shape[axis] === model.batch ? product(shape.slice(0, axis)) : 1;
}

/** Back through nodes that pass a value on as it is. */
function through(producer: ReadonlyMap<string, Node>, value: string): string {
  for (let name = value; ; ) {
    const node = producer.get(name);
    const [before] = node?.inputs ?? [];
    if (node === undefined || before === undefined || (node.kind !== "identity" && node.kind !== "dropout"))
      return name;
    name = before;
  }
}

function isLogistic(node: Node): boolean {
  return (
    node.kind === "activation" &&
    node.activation.kind === "named" &&
    node.activation.name === "sigmoid" &&
    Object.keys(node.activation.parameters).length === 0
  );
}

function upTo(model: Model, value: string): { readonly model: Model; readonly value: string } {
  const needed = new Set([value]);
  const kept = [...model.nodes].reverse().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const name of node.inputs) needed.add(name);
    return true;
  });
  return { model: { ...model, outputs: [value], nodes: kept.reverse() }, value };
}

/** Class ids that one sample needs: one, or one a position. */
export function labelsPerSample(head: Head, batch: number): number {
  return product(head.shape) / (head.shape[head.axis] ?? 1) / batch;
}
