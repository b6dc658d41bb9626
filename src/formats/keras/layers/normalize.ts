/** Batch, layer and group normalization. Keras's ε is 10⁻³. */

import type { NormalizeNode, Role } from "../../../model/types.ts";
import { flagAt, numberAt, sizeAt, wholesAt } from "../config.ts";
import { addNode, addParameter, type Flow, firstOf, flowFirst, flowLast, lastOf } from "../draft.ts";
import { type Call, type Lower, NotUnderstood, onlyInput } from "./call.ts";

const EPSILON = 1e-3;

/** The affine parameters, under Keras's names; null where the layer is without. */
function affine(call: Call, shape: readonly number[]) {
  const { draft, layer, config, where } = call;
  const add = (flag: string, name: string, role: Role) =>
    flagAt(config, flag, where, true) ? addParameter(draft, `${layer}/${name}`, shape, role) : null;
  return { scale: add("scale", "gamma", "scale"), shift: add("center", "beta", "shift") };
}

function axisFrom(call: Call, rank: number): number[] {
  const { config, where } = call;
  const axes = config.axis === undefined ? [-1] : wholesAt(config, "axis", where);
  return axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}

type Method = Pick<NormalizeNode, "method" | "axes" | "groups" | "mean" | "variance">;

function addNormalize(call: Call, tensor: string, method: Method, channels: readonly number[]): string {
  const { draft, name, kind, config, where } = call;
  const epsilon = numberAt(config, "epsilon", where, EPSILON);
  const node = { kind: "normalize", name, op: kind, ...method, ...affine(call, channels), epsilon } as const;
  const shape = draft.tensors.get(tensor)?.shape ?? [];
  return addNode(draft, { ...node, training: true, inputs: [tensor], outputs: [name] }, shape);
}

/** Channels last are taken to axis 1; channels that are there already stay. */
function channelsOf(call: Call, flow: Flow) {
  const rank = flow.shape.length;
  const [axis, ...more] = axisFrom(call, rank);
  if (axis === undefined || more.length > 0) throw new NotUnderstood("it normalizes more than one axis");
  const last = axis === rank - 1;
  if (!last && axis !== 1) throw new NotUnderstood(`its channels lie along axis ${axis}`);
  const channels = flow.shape[axis] ?? 1;
  const tensor = last ? firstOf(call.draft, flow) : lastOf(call.draft, flow);
  const result = (name: string) => (last ? flowFirst(name, flow.shape) : flowLast(name, flow.shape));
  return { channels, tensor, result, axes: flow.shape.map((_, i) => i).slice(2) };
}

const batch: Lower = (call) => {
  const { draft, layer } = call;
  const { channels, tensor, result, axes } = channelsOf(call, onlyInput(call));
  const statistic = (name: string) => addParameter(draft, `${layer}/${name}`, [channels], "statistic");
  const method = { method: "batch", axes: [0, ...axes], groups: 1 } as const;
  const mean = statistic("moving_mean");
  const variance = statistic("moving_variance");
  return result(addNormalize(call, tensor, { ...method, mean, variance }, [channels]));
};

const layer: Lower = (call) => {
  const flow = onlyInput(call);
  const axes = axisFrom(call, flow.shape.length);
  const shape = axes.map((axis) => flow.shape[axis] ?? 1);
  if (axes.some((axis, i) => axis !== flow.shape.length - axes.length + i))
    throw new NotUnderstood("it normalizes other axes than the last ones");
  const method = { method: "layer", axes, groups: 1, mean: null, variance: null } as const;
  return flowLast(addNormalize(call, lastOf(call.draft, flow), method, shape), flow.shape);
};

const group: Lower = (call) => {
  const { config, where } = call;
  const flow = onlyInput(call);
  const { channels, tensor, result, axes } = channelsOf(call, flow);
  const given = config.groups === -1 ? channels : sizeAt(config, "groups", where, 32);
  const method = { method: "group", axes: [1, ...axes], groups: given, mean: null, variance: null } as const;
  return result(addNormalize(call, tensor, method, [channels]));
};

export const NORMALIZE: Readonly<Record<string, Lower>> = {
  BatchNormalization: batch,
  LayerNormalization: layer,
  GroupNormalization: group,
};
