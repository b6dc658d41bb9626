/** Pooling, padding, cropping and upsampling of maps. */

import { flagAt, sizesAt, textAt } from "../config.ts";
import { addNode, type Flow, flowFirst } from "../draft.ts";
import { type Call, type Lower, NotUnderstood, onlyInput } from "./call.ts";
import { mapFlow, mapOf, paddingOf, pairsOf, place } from "./window.ts";

/** The map's tensor and what its result is made of. */
function onMap(call: Call) {
  const flow = onlyInput(call);
  const map = mapOf(call, flow);
  const batch = flow.shape[0] ?? 1;
  const result = (tensor: string, space: readonly number[]): Flow =>
    mapFlow(tensor, map.channels, space, batch, map.given);
  return { ...map, batch, result };
}

const pool =
  (method: "average" | "max"): Lower =>
  (call) => {
    const { config, where, kind, name } = call;
    const { tensor, channels, space, batch, result } = onMap(call);
    const kernel = sizesAt(config, "pool_size", space.length, where, 2);
    const strides = config.strides == null ? kernel : sizesAt(config, "strides", space.length, where);
    const ones = kernel.map(() => 1);
    const { space: sizes, ...geometry } = place(space, kernel, strides, ones, paddingOf(config, where));
    const node = { kind: "pool", name, op: kind, method, ...geometry, countPadding: false } as const;
    const made = addNode(call.draft, { ...node, inputs: [tensor], outputs: [name] }, [batch, channels, ...sizes]);
    return result(made, sizes);
  };

const globalPool =
  (method: "mean" | "max"): Lower =>
  (call) => {
    const { config, where, kind, name, draft } = call;
    const { tensor, channels, space, batch, result } = onMap(call);
    const keepAxes = flagAt(config, "keepdims", where, false);
    const axes = space.map((_, i) => i + 2);
    const ones = space.map(() => 1);
    const shape = keepAxes ? [batch, channels, ...ones] : [batch, channels];
    const node = { kind: "reduce", name, op: kind, method, axes, keepAxes, inputs: [tensor], outputs: [name] } as const;
    const made = addNode(draft, node, shape);
    return keepAxes ? result(made, ones) : flowFirst(made, shape);
  };

const upsample: Lower = (call) => {
  const { config, where, kind, name, draft } = call;
  const { tensor, channels, space, batch, result } = onMap(call);
  const size = sizesAt(config, "size", space.length, where, 2);
  const interpolation = textAt(config, "interpolation", where, "nearest");
  const modes = { nearest: "nearest", bilinear: "linear", bicubic: "cubic" } as const;
  const mode = Object.entries(modes).find(([keras]) => keras === interpolation)?.[1];
  if (mode === undefined) throw new NotUnderstood(`its interpolation is ${interpolation}`);
  const sizes = space.map((side, i) => side * size[i]!);
  const node = { kind: "resize", name, op: kind, mode, scales: [1, 1, ...size], rounding: "floor" } as const;
  const coordinates = mode === "nearest" ? "asymmetric" : "half_pixel";
  const made = addNode(draft, { ...node, coordinates, inputs: [tensor], outputs: [name] }, [batch, channels, ...sizes]);
  return result(made, sizes);
};

const zeroPadding: Lower = (call) => {
  const { config, where, kind, name, draft } = call;
  const { tensor, channels, space, batch, result } = onMap(call);
  const pairs = pairsOf(config, "padding", space.length, where);
  const pads = [0, 0, ...pairs.map(([begin]) => begin), 0, 0, ...pairs.map(([, end]) => end)];
  const sizes = space.map((side, i) => side + pairs[i]![0] + pairs[i]![1]);
  const node = { kind: "pad", name, op: kind, mode: "constant", pads, value: 0 } as const;
  const made = addNode(draft, { ...node, inputs: [tensor], outputs: [name] }, [batch, channels, ...sizes]);
  return result(made, sizes);
};

const cropping: Lower = (call) => {
  const { config, where, kind, name, draft } = call;
  const { tensor, channels, space, batch, result } = onMap(call);
  const pairs = pairsOf(config, "cropping", space.length, where);
  const sizes = space.map((side, i) => side - pairs[i]![0] - pairs[i]![1]);
  const ranges = pairs.map(([begin], i) => ({ axis: i + 2, start: begin, count: sizes[i]!, step: 1 }));
  const node = { kind: "slice", name, op: kind, ranges, inputs: [tensor], outputs: [name] } as const;
  return result(addNode(draft, node, [batch, channels, ...sizes]), sizes);
};

/** The same layer for one, two and three spatial axes. */
const each = (before: string, after: string, lower: Lower): [string, Lower][] =>
  ["1D", "2D", "3D"].map((axes) => [`${before}${axes}${after}`, lower]);

export const POOL: Readonly<Record<string, Lower>> = Object.fromEntries([
  ...each("MaxPooling", "", pool("max")),
  ...each("AveragePooling", "", pool("average")),
  ...each("GlobalAveragePooling", "", globalPool("mean")),
  ...each("GlobalMaxPooling", "", globalPool("max")),
  ...each("UpSampling", "", upsample),
  ...each("ZeroPadding", "", zeroPadding),
  ...each("Cropping", "", cropping),
]);
