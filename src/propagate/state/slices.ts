/** Taking runs of indices out of a tensor, and putting gradients back. */

import type { SliceNode } from "../../model/types.ts";
import { carry, type Gradient, type GradientPart, totalKernel } from "../context.ts";
import { averageAxes, offDiagonal, sliceAxis } from "../kernel/axes.ts";
import { diagonal, fullProfile, type Kernel, positions, uniformKernel } from "../kernel/kernel.ts";
import { channelsOf, type Factor, mixParts, type Part, type State } from "./state.ts";

type Range = SliceNode["ranges"][number];

/** Channels start … start + count of a list of parts (a step keeps every step-th). */
export function cutParts(parts: readonly Part[], start: number, count: number, step: number): Part[] {
  const total = parts.reduce((n, p) => n + p.channels, 0);
  const span = Math.abs(step) * count;
  const low = step > 0 ? start : start - span + 1;
  if (parts.length === 1) return [{ ...parts[0], channels: count }];
  const out: Part[] = [];
  let at = 0;
  for (const part of parts) {
    const overlap = Math.min(at + part.channels, Math.min(total, low + span)) - Math.max(at, low);
    if (overlap > 0) out.push({ ...part, channels: overlap / Math.abs(step) });
    at += part.channels;
  }
  return out;
}

/** Index of the factor that a run cuts, when the axis has one factor; several factors are cut at the slowest. */
function sliceOne(state: State, range: Range): State {
  const shape = state.shape.map((size, axis) => (axis === range.axis ? range.count : size));
  const factors = state.layout[range.axis];
  if (factors.length === 0 || range.count === state.shape[range.axis]) return { ...state, shape };
  const inner = factors.slice(1).reduce((n, f) => n * f.size, 1);
  const [first, ...rest] = factors;
  const start = Math.floor(range.start / inner);
  const count = Math.max(1, Math.round(range.count / inner));
  const step = factors.length === 1 ? range.step : 1;
  if (first.role === "position") {
    const parts = state.parts.map((part) => ({
      ...part,
      kernel: sliceAxis(part.kernel, first.dim, start, count, step),
    }));
    const kept: Factor[] = [{ ...first, size: count }, ...rest];
    return dropSingles({ shape, layout: state.layout.map((f, axis) => (axis === range.axis ? kept : f)), parts });
  }
  if (first.role === "batch")
    return {
      ...state,
      shape,
      layout: state.layout.map((f, axis) =>
        axis === range.axis ? (count === 1 ? rest : [{ ...first, size: count }, ...rest]) : f,
      ),
    };
  const channels = channelsOf(state);
  const run = runOfIndex(state, range.axis);
  const parts =
    run === null || (run > 1 && step !== 1)
      ? [{ ...mixParts(state), channels: (channels / first.size) * count }]
      : cutParts(state.parts, start * run, count * run, step);
  const kept: Factor[] = count === 1 ? [...rest] : [{ ...first, size: count }, ...rest];
  return { shape, layout: state.layout.map((f, axis) => (axis === range.axis ? kept : f)), parts };
}

/** Consecutive channels that one index of the axis' first factor stands for; null where other axes cut the channels before it. */
function runOfIndex(state: State, axis: number): number | null {
  const [first] = state.layout[axis];
  const before = state.layout.slice(0, axis).some((factors) => factors.some((f) => f.role === "channel"));
  return first?.role === "channel" && !before ? channelsOf(state) / first.size : null;
}

/** Removes kernel axes that are down to one position. */
function dropSingles(state: State): State {
  const sizes = state.parts[0].kernel.sizes;
  const gone = sizes.flatMap((size, dim) => (size === 1 ? [dim] : []));
  if (gone.length === 0) return state;
  const kept = sizes.map((_, dim) => dim).filter((dim) => !gone.includes(dim));
  const layout = state.layout.map((factors) =>
    factors
      .filter((f) => f.role !== "position" || !gone.includes(f.dim))
      .map((f): Factor => (f.role === "position" ? { ...f, dim: kept.indexOf(f.dim) } : f)),
  );
  return { ...state, layout, parts: state.parts.map((part) => ({ ...part, kernel: averageAxes(part.kernel, gone) })) };
}

export const sliceState = (state: State, ranges: readonly Range[]): State =>
  ranges.reduce(sliceOne, { shape: state.shape, layout: state.layout, parts: state.parts });

/** Gradient of the whole from the gradient of a slice: zero outside. */
export function ungatherKernel(state: State, ranges: readonly Range[], gradient: Gradient): Gradient {
  let parts: readonly Part[] = state.parts;
  let positionShare = 1;
  let channelShare = 1;
  let channelRange: { start: number; count: number; step: number } | null = null;
  for (const range of ranges) {
    const factors = state.layout[range.axis];
    if (factors.length === 0 || range.count === state.shape[range.axis]) continue;
    if (factors[0].role === "position") positionShare *= range.count / state.shape[range.axis];
    const run = runOfIndex(state, range.axis);
    if (run !== null && factors[0].role === "channel") {
      const each = (run * factors[0].size) / state.shape[range.axis];
      channelRange = { start: range.start * each, count: range.count * each, step: range.step };
    } else if (factors[0].role === "channel") channelShare *= range.count / state.shape[range.axis];
  }
  const total = channelsOf(state);
  const width = (channelRange ? channelRange.count : total) * channelShare;
  const contiguous = channelRange !== null && channelRange.step === 1;
  parts = state.parts;
  let at = 0;
  let taken = 0;
  return parts.map((part, i): GradientPart => {
    const low = contiguous && channelRange ? Math.max(at, channelRange.start) : at;
    const high =
      contiguous && channelRange
        ? Math.min(at + part.channels, channelRange.start + channelRange.count)
        : at + part.channels;
    at += part.channels;
    const inside = Math.max(0, high - low);
    const share = contiguous ? (inside / part.channels) * channelShare : width / total;
    const source = gradient[contiguous ? pieceAt(state, gradient, taken) : Math.min(i, gradient.length - 1)];
    taken += inside > 0 ? 1 : 0;
    if (share === 0 || !source)
      return { kernel: uniformKernel(part.kernel.sizes, 0, 0), selected: null, between: 0, shared: 0, byRank: null };
    return carry(source, placed(part, totalKernel(source), share, positionShare, ranges, state));
  });
}

const pieceAt = (_state: State, gradient: Gradient, taken: number): number => Math.min(taken, gradient.length - 1);

/** Lays the slice's kernel into the whole: positions outside get 0. */
function placed(
  part: Part,
  kernel: Kernel,
  channelShare: number,
  positionShare: number,
  ranges: readonly Range[],
  state: State,
): Kernel {
  const sizes = part.kernel.sizes;
  if (positionShare === 1 && kernel.sizes.length === sizes.length)
    return { ...kernel, profile: kernel.profile.map((v) => v * channelShare) };
  const profile = new Float64Array(positions(part.kernel));
  const inner = fullProfile(kernel);
  const runs = sizes.map((size, dim) => {
    const range = ranges.find((r) => state.layout[r.axis].some((f) => f.role === "position" && f.dim === dim));
    return range ? { start: range.start, count: range.count, step: range.step } : { start: 0, count: size, step: 1 };
  });
  const at = runs.map(() => 0);
  const count = runs.reduce((n, r) => n * r.count, 1);
  for (let i = 0; i < count; i++) {
    const index = at.reduce((sum, x, dim) => sum * sizes[dim] + runs[dim].start + x * runs[dim].step, 0);
    if (index >= 0 && index < profile.length)
      profile[index] = (inner.length === count ? inner[i] : diagonal(kernel)) * channelShare;
    for (let dim = at.length - 1; dim >= 0; dim--) {
      if (++at[dim] < runs[dim].count) break;
      at[dim] = 0;
    }
  }
  const far = kernel.sizes.length === 0 ? 0 : offDiagonal(kernel) * positionShare;
  return { ...uniformKernel(sizes, 0, far), profile };
}
