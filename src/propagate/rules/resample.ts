/** Borders and resizing: fixed linear maps over positions (kernel/maps.ts). */

import { resizeMatrix } from "../../model/resize.ts";
import type { PadNode, ResizeNode } from "../../model/types.ts";
import {
  addGradient,
  type Context,
  carry,
  type Gradient,
  type GradientPart,
  type Rule,
  stateOf,
  totalKernel,
} from "../context.ts";
import { diagonal, type Kernel, uniformKernel } from "../kernel/kernel.ts";
import { type AxisMap, mapFromMatrix, mapPositions, transposeMap } from "../kernel/maps.ts";
import { valueState } from "../state/fixed.ts";
import { initialLayout } from "../state/layout.ts";
import { mixParts, type Part, type State } from "../state/state.ts";
import { dropUnits, imageKernel, imageLayout, ontoState } from "./conv.ts";
import { shapeOf } from "./shape.ts";

const isBatched = (state: State): boolean => state.layout[0]?.some((f) => f.role === "batch") ?? false;

/** Share of the weight that output positions receive on average: how much of a shared mean arrives. */
const arriving = (maps: readonly AxisMap[]): number =>
  maps.reduce(
    (share, map) =>
      (share * map.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0)) / map.length,
    1,
  );

function mapState(state: State, maps: readonly AxisMap[], shape: readonly number[]): State {
  const share = arriving(maps);
  const parts = state.parts.map(
    (part): Part => ({
      ...part,
      mean: part.mean * share,
      kernel: dropUnits(mapPositions(imageKernel(state, part), maps)),
      between: part.between * share,
      cross: part.cross * share * share,
    }),
  );
  return { shape, layout: imageLayout(shape, isBatched(state)), parts };
}

/** The transposed map of a gradient that arrives at `out`, for each part of `state`. */
function mapBack(state: State, out: State, maps: readonly AxisMap[], gradient: Gradient): Gradient {
  const sizes = state.shape.slice(2);
  const back = maps.map((map, axis) => transposeMap(map, sizes[axis]));
  return state.parts.map((_, i): GradientPart => {
    const from = gradient[Math.min(i, gradient.length - 1)];
    const kernel = imageKernel(out, { ...out.parts[Math.min(i, out.parts.length - 1)], kernel: totalKernel(from) });
    return carry(from, ontoState(state, mapPositions(kernel, back)));
  });
}

/** Where an output position of a padded axis looks: null on a constant border. */
function padSource(mode: PadNode["mode"], position: number, size: number): number | null {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case "constant":
      return null;
    case "edge":
      return Math.max(0, Math.min(size - 1, position));
    case "wrap":
      return ((position % size) + size) % size;
    case "reflect": {
      const period = 2 * Math.max(1, size - 1);
      const at = ((position % period) + period) % period;
      return at < size ? at : period - at;
    }
  }
}

const padMaps = (node: PadNode, sizes: readonly number[], shape: readonly number[]): AxisMap[] =>
  sizes.map((size, axis) =>
    Array.from({ length: shape[axis + 2] }, (_, o) => {
      const from = padSource(node.mode, o - node.pads[axis + 2], size);
      return from === null ? { from: [], weights: [] } : { from: [from], weights: [1] };
    }),
  );

/** Padding that leaves samples alone, and channels but for zeros around them. */
const isFollowed = (node: PadNode, rank: number): boolean =>
  rank >= 3 &&
  node.pads[0] === 0 &&
  node.pads[rank] === 0 &&
  ((node.mode === "constant" && node.value === 0) || (node.pads[1] === 0 && node.pads[rank + 1] === 0));

const blank = (like: Part, channels: number): Part => ({
  ...like,
  channels,
  mean: 0,
  kernel: uniformKernel(like.kernel.sizes, 0, 0),
  between: 0,
  cross: 0,
  spread: 0,
  shape: null,
});

/** A constant c on the border: c² there, and c·m of pairs with one foot on it. */
function withBorder(part: Part, share: number, value: number): Part {
  if (value === 0) return part;
  const border = 1 - share;
  const lift = border * value * value;
  const profile = part.kernel.profile.map((v) => (v === 0 ? value * value : v));
  const common = border * border * value * value + 2 * border * value * part.mean;
  const kernel: Kernel = { ...part.kernel, profile };
  const level = diagonal(kernel);
  const correlation = (c: number) => (level === 0 ? 0 : (c * (level - lift) + common) / level);
  return {
    ...part,
    mean: part.mean + border * value,
    kernel: {
      ...kernel,
      far: correlation(kernel.far),
      lags: kernel.lags.map((c, i) => (i * 2 + 1 === kernel.lags.length ? 1 : correlation(c))),
    },
    between: part.between + common,
    cross: part.cross + common,
  };
}

/** The border is taken to look like the interior. */
function stretched(node: PadNode, context: Context, state: State, shape: readonly number[]): State {
  context.warn({
    code: "first-approximation",
    where: node.name,
    message: `${node.name} (${node.op}, ${node.mode}): the border is taken to look like the interior`,
  });
  const layout = initialLayout(shape, isBatched(state) ? 0 : null, shape.length >= 3 ? "image" : "sequence");
  const part = mixParts(state);
  const sizes = layout.flat().flatMap((f) => (f.role === "position" ? [f.size] : []));
  const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
  const kernel = uniformKernel(sizes, diagonal(part.kernel), part.kernel.far);
  return { shape, layout, parts: [{ ...part, channels, kernel }] };
}

export const padRule: Rule<PadNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    if (node.pads.every((p) => p === 0)) return [{ ...state }];
    if (!isFollowed(node, shape.length)) return [stretched(node, context, state, shape)];
    const maps = padMaps(node, state.shape.slice(2), shape);
    const mapped = mapState(state, maps, shape);
    const inner = mapped.parts.map((part) =>
      node.mode === "constant" ? withBorder(part, arriving(maps), node.value) : part,
    );
    const [before, after] = [node.pads[1], node.pads[shape.length + 1]];
    return [
      {
        ...mapped,
        parts: [
          ...(before > 0 ? [blank(inner[0], before)] : []),
          ...inner,
          ...(after > 0 ? [blank(inner[0], after)] : []),
        ],
      },
    ];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    if (node.pads.every((p) => p === 0)) return addGradient(context, node.inputs[0], gradient);
    if (!isFollowed(node, out.shape.length)) {
      const flat = state.parts.map((part, i) => {
        const from = gradient[Math.min(i, gradient.length - 1)];
        return carry(from, uniformKernel(part.kernel.sizes, diagonal(totalKernel(from)), totalKernel(from).far));
      });
      return addGradient(context, node.inputs[0], flat);
    }
    const first = node.pads[1] > 0 ? 1 : 0;
    const maps = padMaps(node, state.shape.slice(2), out.shape);
    addGradient(context, node.inputs[0], mapBack(state, out, maps, gradient.slice(first, first + state.parts.length)));
  },
};

const resizeMaps = (node: ResizeNode, sizes: readonly number[], shape: readonly number[]): AxisMap[] =>
  sizes.map((size, axis) =>
    mapFromMatrix(resizeMatrix(node, size, shape[axis + 2], node.scales[axis + 2]), shape[axis + 2], size),
  );

export const resizeRule: Rule<ResizeNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    return [mapState(state, resizeMaps(node, state.shape.slice(2), shape), shape)];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const maps = resizeMaps(node, state.shape.slice(2), out.shape);
    addGradient(context, node.inputs[0], mapBack(state, out, maps, gradient));
  },
};
