/** Convolutions: ordinary, transposed, depthwise, separable. */

import type { ConvNode } from "../../../model/types.ts";
import { flagAt, sizeAt, sizesAt } from "../config.ts";
import { addNode, addParameter, type Flow } from "../draft.ts";
import { type Call, isKeras3, type Lower, onlyInput, ownName, withActivation } from "./call.ts";
import { mapFlow, mapOf, paddingOf, place, placeTransposed, windowOf } from "./window.ts";

/** view axes [out, in, …kernel] → stored [...kernel, in, out]. */
const kernelLast = (axes: number): number[] => [...Array.from({ length: axes }, (_, i) => i + 2), 1, 0];

const biasOf = ({ draft, layer, config, where }: Call, channels: number): string | null =>
  flagAt(config, "use_bias", where, true) ? addParameter(draft, `${layer}/bias`, [channels], "bias") : null;

/** What every convolution node has besides. */
interface Part extends Pick<ConvNode, "name" | "op" | "weight" | "bias" | "groups" | "transposed"> {
  readonly channels: number;
}

function addConv(call: Call, flow: Flow, part: Part, placed: ReturnType<typeof place>): Flow {
  const { draft } = call;
  const { tensor, given } = mapOf(call, flow);
  const { channels, ...rest } = part;
  const { space, ...geometry } = placed;
  const node: ConvNode = { kind: "conv", ...rest, ...geometry, inputs: [tensor], outputs: [part.name] };
  const batch = flow.shape[0] ?? 1;
  return mapFlow(addNode(draft, node, [batch, channels, ...space]), channels, space, batch, given);
}

const ordinary: Lower = (call) => {
  const { draft, layer, config, where, kind } = call;
  const flow = onlyInput(call);
  const { channels, space } = mapOf(call, flow);
  const { kernel, strides, dilations } = windowOf(config, space.length, where);
  const filters = sizeAt(config, "filters", where);
  const groups = sizeAt(config, "groups", where, 1);
  const permutation = kernelLast(space.length);
  const shape = [filters, Math.floor(channels / groups), ...kernel];
  const weight = addParameter(draft, `${layer}/kernel`, shape, "weight", { permutation });
  const part = { name: ownName(call), op: kind, weight, groups, transposed: false, channels: filters };
  const placed = place(space, kernel, strides, dilations, paddingOf(config, where));
  return withActivation(call, addConv(call, flow, { ...part, bias: biasOf(call, filters) }, placed));
};

const transposed: Lower = (call) => {
  const { draft, layer, config, where, kind } = call;
  const flow = onlyInput(call);
  const { channels, space } = mapOf(call, flow);
  const axes = space.length;
  const { kernel, strides, dilations } = windowOf(config, axes, where);
  const filters = sizeAt(config, "filters", where);
  // Stored [...kernel, out, in], as the gradient of a convolution from out to in.
  const layout = { permutation: [...Array.from({ length: axes }, (_, i) => i + 2), 1, 0] };
  const weight = addParameter(draft, `${layer}/kernel`, [channels, filters, ...kernel], "weight", layout);
  const extra = config.output_padding == null ? null : sizesAt(config, "output_padding", axes, where);
  const placed = placeTransposed(space, kernel, strides, dilations, paddingOf(config, where), extra);
  const part = { name: ownName(call), op: kind, weight, groups: 1, transposed: true, channels: filters };
  return withActivation(call, addConv(call, flow, { ...part, bias: biasOf(call, filters) }, placed));
};

/** Keras stores [...kernel, in, multiplier]; output channel in·multiplier + m. */
function depthwiseWeight(call: Call, name: string, channels: number, multiplier: number, kernel: readonly number[]) {
  const axes = kernel.length;
  const permutation = [...Array.from({ length: axes }, (_, i) => i + 2), 0, 1];
  const view = [channels, multiplier, ...kernel];
  const shape = [channels * multiplier, 1, ...kernel];
  return addParameter(call.draft, `${call.layer}/${name}`, shape, "weight", { permutation, view });
}

const depthwise: Lower = (call) => {
  const { config, where, kind } = call;
  const flow = onlyInput(call);
  const { channels, space } = mapOf(call, flow);
  const { kernel, strides, dilations } = windowOf(config, space.length, where);
  const multiplier = sizeAt(config, "depth_multiplier", where, 1);
  const name = isKeras3(call) ? "kernel" : "depthwise_kernel";
  const weight = depthwiseWeight(call, name, channels, multiplier, kernel);
  const out = channels * multiplier;
  const part = { name: ownName(call), op: kind, weight, groups: channels, transposed: false, channels: out };
  const placed = place(space, kernel, strides, dilations, paddingOf(config, where));
  return withActivation(call, addConv(call, flow, { ...part, bias: biasOf(call, out) }, placed));
};

const separable: Lower = (call) => {
  const { draft, layer, config, where, kind, name } = call;
  const flow = onlyInput(call);
  const { channels, space } = mapOf(call, flow);
  const axes = space.length;
  const { kernel, strides, dilations } = windowOf(config, axes, where);
  // TF.js leaves the multiplier out; the kernel's last axis tells it.
  const told = draft.shapes.get(`${layer}/depthwise_kernel`)?.at(-1) ?? 1;
  const multiplier = sizeAt(config, "depth_multiplier", where, told);
  const middle = channels * multiplier;
  const filters = sizeAt(config, "filters", where);
  const deep = depthwiseWeight(call, "depthwise_kernel", channels, multiplier, kernel);
  const ones = new Array<number>(axes).fill(1);
  const layout = { permutation: kernelLast(axes) };
  const point = addParameter(draft, `${layer}/pointwise_kernel`, [filters, middle, ...ones], "weight", layout);
  const first = { name: `${name}/depthwise`, op: kind, weight: deep, bias: null, groups: channels, transposed: false };
  const placed = place(space, kernel, strides, dilations, paddingOf(config, where));
  const between = addConv(call, flow, { ...first, channels: middle }, placed);
  const second = { name: ownName(call), op: kind, weight: point, groups: 1, transposed: false, channels: filters };
  const pointwise = place(placed.space, ones, ones, ones, "valid");
  return withActivation(call, addConv(call, between, { ...second, bias: biasOf(call, filters) }, pointwise));
};

export const CONV: Readonly<Record<string, Lower>> = {
  Conv1D: ordinary,
  Conv2D: ordinary,
  Conv3D: ordinary,
  Conv1DTranspose: transposed,
  Conv2DTranspose: transposed,
  Conv3DTranspose: transposed,
  DepthwiseConv1D: depthwise,
  DepthwiseConv2D: depthwise,
  SeparableConv1D: separable,
  SeparableConv2D: separable,
};
