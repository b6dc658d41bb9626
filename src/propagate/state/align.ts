/** Brings the operands of an elementwise combination to one layout, one set of kernel axes and one partition of channels. */

import { carry, type Gradient, type GradientPart, totalKernel } from "../context.ts";
import { averageAxes, broadcastAxes, collapse, offDiagonal } from "../kernel/axes.ts";
import {
  diagonal,
  type Kernel,
  mean,
  positions,
  product,
  scaleKernel,
  sumKernels,
  uniformKernel,
} from "../kernel/kernel.ts";
import { canonicalize, positionSizes } from "./layout.ts";
import { channelsOf, type Factor, type Layout, mixParts, type Part, type State } from "./state.ts";

export interface Aligned {
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** Per operand, the parts cut alike. */
  readonly operands: readonly (readonly Part[])[];
}

const sizeOf = (factors: readonly Factor[]): number => factors.reduce((n, f) => n * f.size, 1);

/** Layout of the result: each axis from the operand that extends along it. */
function commonLayout(states: readonly State[]): Layout {
  const rank = Math.max(...states.map((s) => s.shape.length));
  let dim = 0;
  return Array.from({ length: rank }, (_, axis) => {
    const candidates = states
      .map((s) => s.layout[axis - (rank - s.shape.length)] ?? [])
      .filter((factors) => sizeOf(factors) > 1);
    const chosen = candidates[0] ?? [];
    return chosen.map((f): Factor => (f.role === "position" ? { ...f, dim: dim++ } : f));
  });
}

function kernelOnto(state: State, kernel: Kernel, layout: Layout, sizes: readonly number[]): Kernel {
  const rank = layout.length;
  const from: (number | null)[] = [];
  let fits = true;
  layout.forEach((factors, axis) => {
    const own = state.layout[axis - (rank - state.shape.length)] ?? [];
    const ownPositions = own.filter((f) => f.role === "position");
    const wanted = factors.filter((f) => f.role === "position");
    if (
      ownPositions.length !== 0 &&
      (ownPositions.length !== wanted.length || ownPositions.some((f, i) => f.size !== wanted[i].size))
    )
      fits = false;
    from.push(...wanted.map((_, i) => ownPositions[i]?.dim ?? null));
  });
  if (fits) return broadcastAxes(kernel, sizes, from);
  const flat = collapse(kernel);
  return uniformKernel(sizes, diagonal(flat), flat.far);
}

const hasRole = (factors: readonly Factor[] | undefined, role: Factor["role"]): boolean =>
  factors?.some((f) => f.role === role) ?? false;

/** A layer over positions leaves them as channels (MLP-Mixer): true where `state` counts as positions what `layout` counts as channels. */
function isTurned(state: State, layout: Layout): boolean {
  const lead = layout.length - state.layout.length;
  const meets = (own: Factor["role"], other: Factor["role"]) =>
    state.layout.some((factors, axis) => hasRole(factors, own) && hasRole(layout[axis + lead], other));
  return lead >= 0 && meets("position", "channel") && meets("channel", "position");
}

/** The same tensor with channels read as positions and positions as channels: what either have in common changes places. */
function turned(state: State, layout: Layout): State {
  const part = mixParts(state);
  const level = diagonal(part.kernel);
  const lead = layout.length - state.layout.length;
  let dim = 0;
  const own = state.layout.map((factors, axis) =>
    (layout[axis + lead] ?? factors).map((f): Factor => (f.role === "position" ? { ...f, dim: dim++ } : f)),
  );
  const kernel = uniformKernel(positionSizes(own), level, level === 0 ? 0 : part.between / level);
  const channels = own.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
  return { ...state, layout: own, parts: [{ ...part, channels, kernel, between: level * offDiagonal(part.kernel) }] };
}

/** Each axis is one run of channels or of positions, and these are in order. */
export function hasPlainAxes({ layout }: State): boolean {
  let dim = 0;
  for (let axis = 0; axis < layout.length; axis++) {
    const factors = layout[axis];
    if (factors.length > 1) return false;
    const [factor] = factors;
    if (factor && (factor.size === 1 || (factor.role === "position" && factor.dim !== dim++))) return false;
  }
  return true;
}

/** Operands of one shape and layout, cut into the same channels. */
function alreadyAligned(states: readonly State[], shape: readonly number[]): boolean {
  const [first] = states;
  if (first.shape.length !== shape.length || first.shape.some((size, axis) => size !== shape[axis])) return false;
  if (!hasPlainAxes(first)) return false;
  return states.every((state) => state === first || (likeLayout(state, first) && likeCuts(state, first)));
}

const likeLayout = (a: State, b: State): boolean =>
  a.shape.length === b.shape.length &&
  (a.layout === b.layout || a.layout.every((factors, axis) => sameFactors(factors, b.layout[axis])));

export const sameFactors = (a: readonly Factor[], b: readonly Factor[]): boolean =>
  a.length === b.length &&
  a.every((x, i) => {
    const y = b[i];
    return (
      x.role === y.role && x.size === y.size && (x.role !== "position" || y.role !== "position" || x.dim === y.dim)
    );
  });

const likeCuts = (a: State, b: State): boolean =>
  a.parts.length === b.parts.length && a.parts.every((part, i) => part.channels === b.parts[i].channels);

export function align(states: readonly State[], shape: readonly number[]): Aligned {
  if (alreadyAligned(states, shape))
    return { shape, layout: states[0].layout, operands: states.map((state) => state.parts) };
  const plain = states.map(canonicalize);
  const layout = commonLayout(plain);
  const canonical = plain.map((state) => (isTurned(state, layout) ? turned(state, layout) : state));
  const sizes = positionSizes(layout);
  const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
  const partitions = canonical.map((state) =>
    channelsOf(state) === channels ? state.parts : [{ ...mixParts(state), channels }],
  );
  const cuts = new Set<number>();
  for (const parts of partitions) {
    let end = 0;
    for (const part of parts) {
      end += part.channels;
      cuts.add(end);
    }
  }
  const ends = [...cuts].sort((a, b) => a - b);
  const operands = canonical.map((state, i) => {
    const parts = partitions[i];
    let at = 0;
    let end = parts[0].channels;
    let start = 0;
    const broadcast = channelsOf(state) < channels;
    return ends.map((cut): Part => {
      while (cut > end) end += parts[++at].channels;
      const part = parts[at];
      const width = cut - start;
      start = cut;
      const kernel = kernelOnto(state, part.kernel, layout, sizes);
      if (!broadcast && kernel === part.kernel && width === part.channels) return part;
      return { ...part, channels: width, kernel, between: broadcast ? diagonal(kernel) : part.between };
    });
  });
  return { shape, layout, operands };
}

/**
 * Takes gradient kernels on the aligned parts back to an operand: sums over positions and channels that it was repeated
 * along, averages the pieces of each of its parts.
 */
export function gradientOnto(state: State, aligned: Aligned, gradient: Gradient): Gradient {
  const kernels = gradient.map(totalKernel);
  const canonical = canonicalize(state);
  if (isTurned(canonical, aligned.layout)) {
    const whole = sumKernels(kernels.map((kernel) => ({ kernel, weight: 1 / kernels.length })));
    const [level, between] = [diagonal(whole), mean(Float64Array.from(gradient, (g) => g.between))];
    return state.parts.map((part) => ({
      ...carry(gradient[0], uniformKernel(part.kernel.sizes, level, level === 0 ? 0 : between / level)),
      between: level * offDiagonal(whole),
    }));
  }
  const rank = aligned.layout.length;
  const kept: number[] = [];
  const repeated: number[] = [];
  aligned.layout.forEach((factors, axis) => {
    const own = canonical.layout[axis - (rank - canonical.shape.length)] ?? [];
    for (const f of factors) if (f.role === "position") (sizeOf(own) > 1 ? kept : repeated).push(f.dim);
  });
  const widths = aligned.operands[0].map((part) => part.channels);
  const total = widths.reduce((a, b) => a + b, 0);
  const repeatedChannels = total / channelsOf(canonical);
  const summed = kernels.map((kernel) => sumAxes(kernel, repeated));
  const copies = repeated.reduce((n, dim) => n * kernels[0].sizes[dim], 1);
  /** Sums over positions of two samples: all their pairs. */
  const together = (from: GradientPart, part: GradientPart, channels: number): GradientPart =>
    from.shared === 0 || copies === 1 ? part : { ...part, shared: from.shared * copies * copies * channels };
  let at = 0;
  let left = widths[0];
  return state.parts.map((part): GradientPart => {
    if (repeatedChannels > 1)
      return together(
        gradient[0],
        carry(
          gradient[0],
          onto(
            canonical,
            part,
            sumKernels(summed.map((kernel, i) => ({ kernel, weight: (widths[i] / total) * repeatedChannels }))),
          ),
        ),
        repeatedChannels,
      );
    const pieces: { kernel: Kernel; weight: number }[] = [];
    let need = part.channels;
    while (need > 0) {
      const take = Math.min(need, left);
      pieces.push({ kernel: summed[at], weight: take / part.channels });
      need -= take;
      left -= take;
      if (left > 0) continue;
      if (at + 1 === widths.length) break;
      left = widths[++at];
    }
    const from = gradient[Math.min(at, gradient.length - 1)];
    return together(from, carry(from, onto(canonical, part, sumKernels(pieces))), 1);
  });
}

/** Restores the kernel axes of the operand's own state (canonical order was used in between). */
function onto(canonical: State, part: Part, kernel: Kernel): Kernel {
  const sizes = part.kernel.sizes;
  if (sizes.length === kernel.sizes.length && sizes.every((s, i) => s === kernel.sizes[i])) return kernel;
  if (positions(kernel) === product(sizes) && canonical.parts.length > 0 && kernel.profile.length === 1)
    return uniformKernel(sizes, diagonal(kernel), kernel.far);
  return uniformKernel(sizes, (mean(kernel.profile) * positions(kernel)) / product(sizes), kernel.far);
}

/** Second moments of the sum over some axes. */
function sumAxes(kernel: Kernel, dims: readonly number[]): Kernel {
  if (dims.length === 0) return kernel;
  const count = product(dims.map((dim) => kernel.sizes[dim]));
  if (dims.length === kernel.sizes.length) {
    const level = diagonal(kernel);
    const pair = collapse(kernel).far;
    return uniformKernel([], level * (count + count * (count - 1) * pair), 1);
  }
  const reduced = averageAxes(kernel, dims);
  // Pairs that differ along the summed axes alone: those inside the window are rare there, so `far` stands for them.
  return scaleKernel(reduced, count + count * (count - 1) * kernel.far);
}
