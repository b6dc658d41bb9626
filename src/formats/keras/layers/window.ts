/** Windows as Keras places them: "same" pads what the output size ceil(size/stride) needs, the odd one at the end. */

import { FormatError } from "../../error.ts";
import { arrayAt, isArray, type JsonObject, sizesAt, textAt } from "../config.ts";
import { type Flow, firstOf, lastOf } from "../draft.ts";
import type { Call } from "./call.ts";

export interface Placed {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends. */
  readonly pads: readonly number[];
  readonly space: readonly number[];
}

export type Padding = "valid" | "same" | "causal";

export const isChannelsFirst = (config: JsonObject, where: string): boolean =>
  /first/i.test(textAt(config, "data_format", where, "channels_last"));

/** A map as the graph wants it: its tensor with channels on axis 1, the channels and the space. */
export function mapOf(call: Call, flow: Flow) {
  const { draft, config, where } = call;
  const given = isChannelsFirst(config, where);
  const [, ...rest] = flow.shape;
  const channels = (given ? rest[0] : rest.at(-1)) ?? 1;
  const space = given ? rest.slice(1) : rest.slice(0, -1);
  if (space.length === 0) throw new FormatError(`${where}: needs a map, got [${flow.shape}]`);
  return { tensor: given ? lastOf(draft, flow) : firstOf(draft, flow), channels, space, given };
}

export function paddingOf(config: JsonObject, where: string): Padding {
  const padding = textAt(config, "padding", where, "valid");
  if (padding === "valid" || padding === "same" || padding === "causal") return padding;
  throw new FormatError(`${where}: padding is valid, same or causal, got ${padding}`);
}

export function place(
  space: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: Padding,
): Placed {
  const reach = kernel.map((size, i) => dilations[i]! * (size - 1) + 1);
  const totals = space.map((size, i) => {
    if (padding === "valid") return 0;
    if (padding === "causal") return reach[i]! - 1;
    return Math.max(0, (Math.ceil(size / strides[i]!) - 1) * strides[i]! + reach[i]! - size);
  });
  const begins = totals.map((total) => (padding === "causal" ? total : Math.floor(total / 2)));
  const ends = totals.map((total, i) => total - begins[i]!);
  const output = space.map((size, i) => Math.floor((size + totals[i]! - reach[i]!) / strides[i]!) + 1);
  return { kernel, strides, dilations, pads: [...begins, ...ends], space: output };
}

/** As `place`, for the transposed convolution whose ordinary one would take the output back to `space`. */
export function placeTransposed(
  space: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: Padding,
  extra: readonly number[] | null,
): Placed {
  const reach = kernel.map((size, i) => dilations[i]! * (size - 1) + 1);
  const output = space.map((size, i) => {
    const stride = strides[i]!;
    const more = extra?.[i];
    const pad = padding === "same" ? Math.floor(reach[i]! / 2) : 0;
    if (more !== undefined) return (size - 1) * stride + reach[i]! - 2 * pad + more;
    return padding === "same" ? size * stride : size * stride + Math.max(reach[i]! - stride, 0);
  });
  const totals = space.map((size, i) => (size - 1) * strides[i]! + reach[i]! - output[i]!);
  // Where the stride exceeds the kernel the output is longer than the windows reach: that lies at the end.
  const begins = totals.map((total) => Math.max(0, Math.floor(total / 2)));
  const ends = totals.map((total, i) => total - begins[i]!);
  return { kernel, strides, dilations, pads: [...begins, ...ends], space: output };
}

/** The convolution's window, from its configuration. */
export function windowOf(config: JsonObject, axes: number, where: string) {
  const kernel = sizesAt(config, "kernel_size", axes, where);
  const strides = sizesAt(config, "strides", axes, where, 1);
  const dilations = sizesAt(config, "dilation_rate", axes, where, 1);
  return { kernel, strides, dilations };
}

/** Begin and end for each axis, from a number, a number an axis or a pair an axis. */
export function pairsOf(config: JsonObject, key: string, axes: number, where: string): [number, number][] {
  const value = config[key] ?? 1;
  const whole = (entry: unknown): entry is number => typeof entry === "number" && Number.isInteger(entry) && entry >= 0;
  if (whole(value)) return Array.from({ length: axes }, () => [value, value]);
  const list = arrayAt(config, key, where);
  if (axes === 1 && list.length === 2 && list.every(whole)) return [[Number(list[0]), Number(list[1])]];
  if (list.length !== axes) throw new FormatError(`${where}: ${key} needs ${axes} entries, got ${list.length}`);
  return list.map((entry) => {
    if (whole(entry)) return [entry, entry];
    const [begin, end] = isArray(entry) ? entry : [];
    if (whole(begin) && whole(end)) return [begin, end];
    throw new FormatError(`${where}: ${key} holds whole numbers or pairs, got ${JSON.stringify(entry)}`);
  });
}

/** The result as it flows on: its tensor has channels on axis 1. */
export function mapFlow(
  tensor: string,
  channels: number,
  space: readonly number[],
  batch: number,
  given: boolean,
): Flow {
  if (given) return { shape: [batch, channels, ...space], last: tensor, first: null };
  return { shape: [batch, ...space, channels], last: null, first: tensor };
}
