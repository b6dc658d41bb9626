/** Layouts under reshape and transpose, and the layouts that a tensor begins with. */

import { collapse, permuteAxes, splitAxis } from "../kernel/axes.ts";
import { type Kernel, product } from "../kernel/kernel.ts";
import type { Factor, Layout, State } from "./state.ts";
import { mapParts, mixParts } from "./state.ts";

/** [N, C, …space] ("image") or [N, …positions, C] ("sequence"). An axis of size 1 is left without a factor. */
export function initialLayout(shape: readonly number[], batchAxis: number | null, order: "image" | "sequence"): Layout {
  const rest = shape.map((_, axis) => axis).filter((axis) => axis !== batchAxis);
  const channel = order === "image" ? rest[0] : rest[rest.length - 1];
  let dim = 0;
  return shape.map((size, axis): Factor[] => {
    if (size === 1) return [];
    if (axis === batchAxis) return [{ role: "batch", size }];
    if (axis === channel) return [{ role: "channel", size }];
    return [{ role: "position", size, dim: dim++ }];
  });
}

/** Every axis counts positions except the batch: token ids, and tensors without features. */
export function positionLayout(shape: readonly number[], batchAxis: number | null): Layout {
  let dim = 0;
  return shape.map((size, axis): Factor[] =>
    size === 1 ? [] : axis === batchAxis ? [{ role: "batch", size }] : [{ role: "position", size, dim: dim++ }],
  );
}

export const positionSizes = (layout: Layout): number[] => {
  const sizes: number[] = [];
  for (const factor of layout.flat()) if (factor.role === "position") sizes[factor.dim] = factor.size;
  return sizes;
};

/** Applies a change of kernel axes to every part. */
const mapKernels = (state: State, f: (kernel: Kernel) => Kernel): State =>
  mapParts(state, (part) => ({ ...part, common: undefined, kinship: undefined, kernel: f(part.kernel) }));

function splitFactor(state: State, target: Factor, size: number): { state: State; first: Factor; second: Factor } {
  const rest = target.size / size;
  if (target.role !== "position") return { state, first: { ...target, size }, second: { ...target, size: rest } };
  const dim = target.dim;
  const shift = (factor: Factor): Factor =>
    factor.role === "position" && factor.dim > dim ? { ...factor, dim: factor.dim + 1 } : factor;
  const layout = state.layout.map((axis) => axis.map(shift));
  return {
    state: { ...mapKernels(state, (k) => splitAxis(k, dim, size, rest)), layout },
    first: { role: "position", size, dim },
    second: { role: "position", size: rest, dim: dim + 1 },
  };
}

/**
 * Row-major reshape: the same factors, cut where the new shape cuts them. Returns null where a cut goes through a factor
 * unevenly (then the caller falls back to `shapelessState`).
 */
export function reshapeState(state: State, shape: readonly number[]): State | null {
  let current = state;
  let queue: Factor[] = state.layout.flat();
  const layout: Factor[][] = [];
  const used: Factor[] = [];
  for (const size of shape) {
    const axis: Factor[] = [];
    let open = size;
    while (open > 1) {
      const next = queue.shift();
      if (!next) return null;
      if (open % next.size === 0) {
        axis.push(next);
        used.push(next);
        open /= next.size;
      } else if (next.size % open === 0) {
        const split = splitFactor(current, next, open);
        if (next.role === "position") {
          const shift = (f: Factor): Factor =>
            f.role === "position" && f.dim > next.dim ? { ...f, dim: f.dim + 1 } : f;
          queue = queue.map(shift);
          for (const done of layout)
            done.forEach((f, i) => {
              done[i] = shift(f);
            });
          axis.forEach((f, i) => {
            axis[i] = shift(f);
          });
        }
        current = split.state;
        axis.push(split.first);
        queue.unshift(split.second);
        open = 1;
      } else return null;
    }
    layout.push(axis);
  }
  if (queue.length > 0) return null;
  // Row-major order is kept, so that parts, which cut the channels at the slowest of their factors, cut them as before.
  return { ...current, shape, layout };
}

export function transposeState(state: State, permutation: readonly number[]): State {
  const isChannel = (axis: number) => state.layout[axis].some((f) => f.role === "channel");
  const order = permutation.filter(isChannel);
  const reordered = state.parts.length > 1 && order.some((axis, i) => i > 0 && axis < order[i - 1]);
  return {
    ...state,
    ...(reordered && { parts: [mixParts(state)] }),
    shape: permutation.map((axis) => state.shape[axis]),
    layout: permutation.map((axis) => state.layout[axis]),
  };
}

/** Renumbers kernel axes so that they follow the order of the tensor's axes. */
export function canonicalize(state: State): State {
  const order = state.layout.flat().flatMap((f) => (f.role === "position" ? [f.dim] : []));
  if (order.every((dim, i) => dim === i)) return state;
  let next = 0;
  const layout = state.layout.map((axis) =>
    axis.map((f): Factor => (f.role === "position" ? { ...f, dim: next++ } : f)),
  );
  return { ...mapKernels(state, (k) => permuteAxes(k, order)), layout };
}

/** A tensor of the same law whose positions can no longer be told apart: when a reshape cuts across factors. */
export function shapelessState(state: State, shape: readonly number[]): State {
  const part = mixParts(state);
  const flat = collapse(part.kernel);
  const last = shape.length - 1;
  const positions = product(shape.slice(1, last));
  const sizes = positions > 1 ? [positions] : [];
  const kernel: Kernel = {
    sizes,
    radius: sizes.map(() => 0),
    lags: Float64Array.of(1),
    far: sizes.length === 0 ? 1 : flat.far,
    profile: Float64Array.of(flat.profile.reduce((a, b) => a + b, 0) / flat.profile.length),
  };
  const layout = initialLayout([shape[0], ...shape.slice(1)], shape.length > 1 ? 0 : null, "sequence");
  const merged = layout.map((axis) =>
    axis.map((f): Factor => (f.role === "position" ? { role: "channel", size: f.size } : f)),
  );
  const channels = merged.flat().reduce((count, f) => (f.role === "channel" ? count * f.size : count), 1);
  return {
    shape,
    layout: sizes.length === 0 ? layout : merged,
    parts: [{ ...part, channels, kernel: sizes.length === 0 ? kernel : { ...kernel, sizes: [], radius: [], far: 1 } }],
  };
}
