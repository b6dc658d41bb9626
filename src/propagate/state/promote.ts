/** Channels that a later layer reads as positions, which share its weights, and positions that it reads as channels, which do not. */

import type { Node } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { averageAxes, broadcastAxes, mergeAxes } from "../kernel/axes.ts";
import { correlationAt, diagonal, type Kernel, lagsFrom, uniformKernel } from "../kernel/kernel.ts";
import { canonicalize } from "./layout.ts";
import { channelCount, type Factor, mixParts, type Part, positionDims, type State } from "./state.ts";

/** A kernel over further axes, whose indices are channels: two of them have the share `tie` in common at any positions. */
function withAxes(kernel: Kernel, added: readonly number[], tie: number): Kernel {
  const own = kernel.sizes.length;
  const sizes = [...kernel.sizes, ...added];
  if (own === 0) return uniformKernel(sizes, diagonal(kernel), tie);
  const laid = broadcastAxes(
    { ...kernel, far: kernel.far * tie },
    sizes,
    sizes.map((_, i) => (i < own ? i : null)),
  );
  const lags = lagsFrom(laid.radius, (lag) => {
    const same = lag.slice(0, own);
    const correlation = same.every((l) => l === 0) ? 1 : correlationAt(kernel, same);
    return lag.slice(own).some((l) => l !== 0) ? correlation * tie : correlation;
  });
  return { ...laid, lags };
}

/** Channel factors that stay outside the contraction share the weights, as positions do: they become positions. */
export function promoteChannels(state: State, axes: readonly number[]): State {
  const size = axes.reduce((n, axis) => n * channelCount(state.layout[axis]), 1);
  if (size === 1) return state;
  const part = mixParts(state);
  const level = diagonal(part.kernel);
  let dim = part.kernel.sizes.length;
  const added: number[] = [];
  const layout = state.layout.map((factors, axis) =>
    axes.includes(axis)
      ? factors.map((factor): Factor => {
          if (factor.role !== "channel") return factor;
          added.push(factor.size);
          return { role: "position", size: factor.size, dim: dim++ };
        })
      : factors,
  );
  const kernel = withAxes(part.kernel, added, level === 0 ? 0 : part.between / level);
  return { ...state, layout, parts: [{ ...part, channels: part.channels / size, kernel }] };
}

/** Mean correlation of two different indices along `dims`, at one index of the other axes. */
function amongDims(kernel: Kernel, dims: readonly number[]): number {
  const sizes = dims.map((dim) => kernel.sizes[dim]);
  const lag = kernel.sizes.map(() => 0);
  let sum = 0;
  let count = 0;
  const walk = (at: number, ways: number): void => {
    if (at < dims.length) {
      for (let l = 1 - sizes[at]; l < sizes[at]; l++) {
        lag[dims[at]] = l;
        walk(at + 1, ways * (sizes[at] - Math.abs(l)));
      }
      return;
    }
    if (dims.every((dim) => lag[dim] === 0)) return;
    sum += ways * correlationAt(kernel, lag);
    count += ways;
  };
  walk(0, 1);
  return sum / count;
}

/** Positions that a rearrangement put beside the channels (pixels unshuffled, Shi et al. 2016 backwards) have weights of their own: they become channels. */
function demotePositions(state: State, axis: number): State {
  const dims = positionDims(state.layout[axis]);
  const channels = channelCount(state.layout[axis]);
  if (dims.length === 0 || channels === 1) return state;
  const kept = state.parts[0].kernel.sizes.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
  const copies = dims.reduce((n, dim) => n * state.parts[0].kernel.sizes[dim], 1);
  const layout = state.layout.map((factors, i): readonly Factor[] =>
    i === axis
      ? [{ role: "channel", size: state.shape[axis] }]
      : factors.map((f): Factor => (f.role === "position" ? { ...f, dim: kept.indexOf(f.dim) } : f)),
  );
  const source = mixParts(state);
  const count = source.channels * copies;
  const own = amongDims(source.kernel, dims) * diagonal(source.kernel);
  const part: Part = {
    channels: count,
    mean: source.mean,
    kernel: averageAxes(source.kernel, dims),
    between: ((copies - 1) * own + (count - copies) * source.between) / (count - 1),
    cross: source.cross,
    spread: source.spread,
    freedom: source.freedom,
    shape: source.shape,
  };
  return { ...state, layout, parts: [part] };
}

/** True where the node reads [N, C, …space] and its spatial axes as such; null: as its readers do. */
function readsSpace(node: Node): boolean | null {
  switch (node.kind) {
    case "conv":
    case "pool":
    case "resize":
      return true;
    case "normalize":
      return node.method !== "layer" && node.method !== "rms";
    case "activation":
    case "combine":
    case "dropout":
    case "identity":
    case "concat":
    case "pad":
      return null;
    default:
      return false;
  }
}

function isReadAsImage(context: Context, tensor: string, seen: Set<string>): boolean {
  if (seen.has(tensor)) return false;
  seen.add(tensor);
  return (context.consumers.get(tensor) ?? []).some(
    (node) => readsSpace(node) ?? node.outputs.some((output) => isReadAsImage(context, output, seen)),
  );
}

/** Axes that are several runs of positions become one run each. */
function merged(state: State): State {
  let current = canonicalize(state);
  for (let axis = 0; axis < state.shape.length; axis++)
    for (;;) {
      const [first, second, ...others] = current.layout[axis];
      if (first?.role !== "position" || second?.role !== "position") break;
      const whole: Factor = { role: "position", size: first.size * second.size, dim: first.dim };
      const shift = (f: Factor): Factor => (f.role === "position" && f.dim > first.dim ? { ...f, dim: f.dim - 1 } : f);
      const layout = current.layout.map((factors, i) => (i === axis ? [whole, ...others] : factors).map(shift));
      const parts = current.parts.map((part): Part => ({ ...part, kernel: mergeAxes(part.kernel, first.dim) }));
      current = { ...current, layout, parts };
    }
  return current;
}

/** A tensor that a rearrangement made, [N, C, …space], with its spatial axes as positions where convolutions read them so. */
export function asImage(context: Context, tensor: string, state: State): State {
  const space = state.shape.map((_, axis) => axis).slice(2);
  const spread = space.some((axis) => channelCount(state.layout[axis]) > 1);
  const folded = space.length > 0 && positionDims(state.layout[1]).length > 0;
  if (!(spread || folded) || !isReadAsImage(context, tensor, new Set())) return state;
  const features = folded ? demotePositions(state, 1) : state;
  return spread ? merged(promoteChannels(features, space)) : features;
}
