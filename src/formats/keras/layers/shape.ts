/** Layers that rearrange: flatten, reshape, permute, repeat. */

import { FormatError } from "../../error.ts";
import { elementCount } from "../../shape.ts";
import { sizeAt, wholesAt } from "../config.ts";
import { addNode, flowLast, lastOf } from "../draft.ts";
import { type Call, type Lower, onlyInput } from "./call.ts";

function addReshape(call: Call, shape: readonly number[]) {
  const { draft, name, kind, where } = call;
  const flow = onlyInput(call);
  if (elementCount(flow.shape, where) !== elementCount(shape, where))
    throw new FormatError(`${where}: [${flow.shape}] cannot become [${shape}], save the model again`);
  const inputs = [lastOf(draft, flow)];
  return flowLast(addNode(draft, { kind: "reshape", name, op: kind, shape, inputs, outputs: [name] }, shape), shape);
}

const flatten: Lower = (call) => {
  const [batch = 1, ...rest] = onlyInput(call).shape;
  return addReshape(call, [batch, rest.reduce((product, size) => product * size, 1)]);
};

const reshape: Lower = (call) => {
  const [batch = 1, ...rest] = onlyInput(call).shape;
  const target = wholesAt(call.config, "target_shape", call.where);
  const known = target.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const total = rest.reduce((product, size) => product * size, 1);
  return addReshape(call, [batch, ...target.map((size) => (size === -1 ? total / known : size))]);
};

const permute: Lower = (call) => {
  const { draft, name, kind, config, where } = call;
  const flow = onlyInput(call);
  const permutation = [0, ...wholesAt(config, "dims", where)];
  if ([...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) || permutation.length !== flow.shape.length)
    throw new FormatError(`${where}: dims [${permutation.slice(1)}] do not order the axes of [${flow.shape}]`);
  const shape = permutation.map((axis) => flow.shape[axis]!);
  const inputs = [lastOf(draft, flow)];
  const node = { kind: "transpose", name, op: kind, permutation, inputs, outputs: [name] } as const;
  return flowLast(addNode(draft, node, shape), shape);
};

const repeat: Lower = (call) => {
  const { draft, name, kind, config, where } = call;
  const flow = onlyInput(call);
  const [batch = 1, features = 1] = flow.shape;
  const single = `${name}/step`;
  const one = [batch, 1, features];
  const inputs = [lastOf(draft, flow)];
  addNode(draft, { kind: "reshape", name: single, op: kind, shape: one, inputs, outputs: [single] }, one);
  const shape = [batch, sizeAt(config, "n", where), features];
  const node = { kind: "expand", name, op: kind, shape, inputs: [single], outputs: [name] } as const;
  return flowLast(addNode(draft, node, shape), shape);
};

export const SHAPE: Readonly<Record<string, Lower>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
};
