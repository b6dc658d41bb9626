/** Concatenation: along channels the parts stand side by side, along positions the kernels are joined. */

import { carry, type Gradient, type GradientPart, totalKernel } from "../context.ts";
import { joinAxis, offDiagonal, sliceAxis } from "../kernel/axes.ts";
import { diagonal, type Kernel, mapCorrelations, positions, sumKernels, uniformKernel } from "../kernel/kernel.ts";
import { align, hasPlainAxes, sameFactors } from "./align.ts";
import { channelsOf, type Factor, mixParts, type Part, positionDims, type State } from "./state.ts";

/** What role the joined axis has: the first operand that extends along it tells. */
function roleOf(states: readonly State[], axis: number): "position" | "channel" {
  const factors = states.map((s) => s.layout[axis]).find((f) => f.length > 0);
  if (factors && positionDims(factors).length > 0) return "position";
  if (factors) return "channel";
  const hasChannel = states[0].layout.some((fs, i) => i !== axis && fs.some((f) => f.role === "channel"));
  return hasChannel ? "position" : "channel";
}

/** Gives a state a kernel axis (of its own size, possibly 1) for the tensor axis `axis`, after `before` other position axes. */
function withAxis(state: State, axis: number): { state: State; dim: number } {
  const dims = positionDims(state.layout[axis]);
  if (dims.length === 1 && state.layout[axis].length === 1) return { state, dim: dims[0] };
  const before = positionDims(state.layout.slice(0, axis).flat()).length;
  const insert = (kernel: Kernel): Kernel => ({
    ...kernel,
    sizes: [...kernel.sizes.slice(0, before), state.shape[axis], ...kernel.sizes.slice(before)],
    radius: [...kernel.radius.slice(0, before), 0, ...kernel.radius.slice(before)],
    profile:
      kernel.profile.length === 1 || state.shape[axis] === 1
        ? kernel.profile
        : Float64Array.of(kernel.profile.reduce((a, b) => a + b, 0) / kernel.profile.length),
  });
  const shift = (f: Factor): Factor => (f.role === "position" && f.dim >= before ? { ...f, dim: f.dim + 1 } : f);
  if (dims.length > 1) {
    // Several position factors in one axis (a flattened map): one axis of positions at their mean correlation.
    const flat = state.parts.map((part): Part => {
      const n = part.kernel.sizes.reduce((a, b) => a * b, 1);
      const level = part.kernel.profile;
      const far = offDiagonal(part.kernel);
      return { ...part, kernel: { sizes: [n], radius: [0], lags: Float64Array.of(1), far, profile: level } };
    });
    return {
      state: {
        ...state,
        layout: state.layout.map((f, i) => (i === axis ? [{ role: "position", size: state.shape[axis], dim: 0 }] : f)),
        parts: flat,
      },
      dim: 0,
    };
  }
  const layout = state.layout.map((f, i) =>
    i === axis ? [{ role: "position" as const, size: state.shape[axis], dim: before }] : f.map(shift),
  );
  return {
    state: { ...state, layout, parts: state.parts.map((part) => ({ ...part, kernel: insert(part.kernel) })) },
    dim: before,
  };
}

/** A map laid out along one axis, channels and all positions: for what comes beside it every element is a feature. */
const isFlattened = (state: State, axis: number): boolean => {
  const dims = positionDims(state.layout[axis]);
  return (
    dims.length > 0 &&
    dims.length === state.parts[0].kernel.sizes.length &&
    state.layout[axis].some((factor) => factor.role === "channel")
  );
};

/** Features side by side, some of them maps that were flattened. */
const joinsFlattened = (states: readonly State[], axis: number): boolean =>
  states.some((state) => isFlattened(state, axis)) &&
  states.every((state) => isFlattened(state, axis) || state.parts[0].kernel.sizes.length === 0);

function asFeatures(part: Part): Part {
  const { kernel, channels, between } = part;
  const count = positions(kernel);
  const features = channels * count;
  const level = diagonal(kernel);
  const inside = (count - 1) * offDiagonal(kernel) * level + (channels - 1) * count * between;
  return {
    channels: features,
    mean: part.mean,
    kernel: uniformKernel([], level, 1),
    between: features === 1 ? between : inside / (features - 1),
    cross: part.cross,
    spread: part.spread,
    freedom: part.freedom,
    shape: part.shape,
  };
}

const flattenedState = (state: State, axis: number): State =>
  isFlattened(state, axis)
    ? {
        shape: state.shape,
        layout: state.layout.map((factors, i) =>
          i === axis ? [{ role: "channel", size: state.shape[axis] }] : factors,
        ),
        parts: state.parts.map(asFeatures),
      }
    : state;

/** `across`: E[a a'] of elements of two pieces at different positions; default: the square of their mean. */
export function concatStates(
  states: readonly State[],
  axis: number,
  shape: readonly number[],
  across?: () => number | null,
): State {
  if (joinsFlattened(states, axis))
    return concatChannels(
      states.map((state) => flattenedState(state, axis)),
      axis,
      shape,
    );
  if (roleOf(states, axis) === "channel") return concatChannels(states, axis, shape);
  const prepared = states.map((state) => withAxis({ ...state, parts: [mixParts(state)] }, axis));
  const dim = prepared[0].dim;
  const parts = prepared.map(({ state }) => state.parts[0]);
  const channels = Math.max(...parts.map((p) => p.channels));
  const count = (i: number) => prepared[i].state.parts[0].kernel.sizes[dim];
  const total = parts.reduce((n, _, i) => n + count(i), 0);
  const average = (of: (part: Part) => number) =>
    parts.reduce((sum, part, i) => sum + (count(i) / total) * of(part), 0);
  const mean = average((p) => p.mean);
  const kernel = joinAxis(
    parts.map((p) => p.kernel),
    dim,
    across?.() ?? mean * mean,
  );
  const layout = prepared[0].state.layout.map((factors, i): readonly Factor[] =>
    i === axis
      ? [{ role: "position", size: shape[axis], dim }]
      : (states.map((s) => s.layout[i]).find((f) => f.some((x) => x.role !== "position")) ?? factors),
  );
  return {
    shape,
    layout,
    parts: [
      {
        channels,
        mean,
        kernel,
        between: average((p) => p.between),
        cross: average((p) => p.cross),
        spread: average((p) => p.spread),
        freedom: Math.min(...parts.map((p) => p.freedom)),
        shape: null,
      },
    ],
  };
}

function concatChannels(states: readonly State[], axis: number, shape: readonly number[]): State {
  const alike = (state: State) =>
    hasPlainAxes(state) && state.layout.every((f, i) => i === axis || sameFactors(f, states[0].layout[i]));
  if (states.every(alike))
    return {
      shape,
      layout: states[0].layout.map((f, i) => (i === axis ? [{ role: "channel", size: shape[axis] }] : f)),
      parts: states.flatMap((state) => state.parts),
    };
  const widest = states.reduce((a, b) => (b.parts[0].kernel.sizes.length > a.parts[0].kernel.sizes.length ? b : a));
  const laid = states.map((state) =>
    align(
      [
        { ...state, layout: state.layout },
        {
          ...widest,
          layout: widest.layout.map((f, i) => (i === axis ? [] : f.filter((x) => x.role === "position"))),
          parts: [{ ...mixParts(widest), channels: 1 }],
        },
      ],
      state.shape,
    ),
  );
  const layout = laid[0].layout.map((factors, i): readonly Factor[] =>
    i === axis ? [{ role: "channel", size: shape[axis] }] : factors,
  );
  return {
    shape,
    layout,
    parts: laid.flatMap(({ operands: [own] }, i) => {
      // A part that stays as it is stays the same object: what later layers make of it is then found again.
      const repeats = channelsOf(states[i]) / own.reduce((n, p) => n + p.channels, 0);
      return repeats === 1 ? own : own.map((part) => ({ ...part, channels: part.channels * repeats }));
    }),
  };
}

/**
 * What pairs of positions have in common stays what it was, not its share of the diagonal: a class token's own gradient is many
 * times a patch's, and what attention hands back in common to all of them is the same for each.
 */
function keepingPairs(piece: Kernel, whole: Kernel): Kernel {
  const [before, after] = [diagonal(whole), diagonal(piece)];
  if (after === 0 || before === after) return piece;
  return { ...piece, ...mapCorrelations(piece, (c) => Math.max(-1, Math.min(1, (c * before) / after))) };
}

/** Gradients of features that were positions of a map: what two of them have in common is not followed. */
const overPositionsOf = ({ sizes }: Kernel, feature: Kernel): Kernel => uniformKernel(sizes, diagonal(feature), 0);

/** Cuts the gradient of a concatenation into the gradients of its pieces. */
export function splitGradient(states: readonly State[], axis: number, out: State, gradient: Gradient): Gradient[] {
  const flattened = joinsFlattened(states, axis);
  if (flattened || roleOf(states, axis) === "channel") {
    let at = 0;
    return states.map((state) => {
      const piece = gradient.slice(at, at + state.parts.length);
      at += state.parts.length;
      return flattened && isFlattened(state, axis)
        ? piece.map((part, i) => carry(part, overPositionsOf(state.parts[i].kernel, totalKernel(part))))
        : piece;
    });
  }
  const dims = positionDims(out.layout[axis]);
  let start = 0;
  return states.map((state) => {
    const count = state.shape[axis];
    const whole = sumKernels(gradient.map((g) => ({ kernel: totalKernel(g), weight: 1 / gradient.length })));
    const kernel = dims.length === 0 ? whole : keepingPairs(sliceAxis(whole, dims[0], start, count, 1), whole);
    start += count;
    const fitted =
      kernel.sizes.length > state.parts[0].kernel.sizes.length && count === 1
        ? {
            ...kernel,
            sizes: kernel.sizes.filter((_, d) => d !== dims[0]),
            radius: kernel.radius.filter((_, d) => d !== dims[0]),
            lags: kernel.sizes.length === 1 ? Float64Array.of(1) : kernel.lags,
          }
        : kernel;
    return state.parts.map((): GradientPart => carry(gradient[0], fitted));
  });
}
