/** Models of a few nodes, read from bytes made by hand, and what is asked of them. */

import { expect } from "vitest";
import { readOnnx } from "../../../src/formats/onnx/index.ts";
import type { Model, Node } from "../../../src/model/index.ts";
import { floats, graph, initializer, input, integers, model, output } from "./build.ts";

export const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
export const parameter = (name: string, dims: readonly number[]): Uint8Array =>
  initializer(floats(name, dims, ramp(dims.reduce((a, b) => a * b, 1))));
export const list = (name: string, values: readonly number[]): Uint8Array =>
  initializer(integers(name, [values.length], values));

export function read(fields: readonly Uint8Array[], { opset = 17, batch = 2 } = {}): Model {
  return readOnnx(model(graph(...fields), opset), { batch });
}

export function only<K extends Node["kind"]>(read: Model, kind: K): Extract<Node, { kind: K }> {
  const found = read.nodes.filter((n): n is Extract<Node, { kind: K }> => n.kind === kind);
  expect(found.length, read.nodes.map((n) => `${n.kind} ${n.op}`).join(", ")).toBe(1);
  return found[0];
}

export const image = input("x", ["batch", 4, 8, 8]);
export const tokens = input("x", ["batch", 6, 4]);
export const y = output("y");
