/** Largest and smallest: of one tensor along axes (order statistics), and of two tensors (Clark 1961). */

import { resolveActivation } from "../../activation/index.ts";
import type { ReduceNode } from "../../model/types.ts";
import { type Context, carry, type Gradient, type GradientPart, totalKernel } from "../context.ts";
import { averageAxes, broadcastAxes, collapse } from "../kernel/axes.ts";
import { correlationAt, diagonal, type Kernel, lagsFrom, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { type MaximumLaw, maximumLaw } from "../law/maximum.ts";
import { mirrored } from "../law/shape.ts";
import { mixParts, type Part, type State } from "../state/state.ts";
import type { Reduction } from "./reduce.ts";

const named = (name: string) => resolveActivation({ kind: "named", name, parameters: {} });
const centredVariance = (part: Part): number => Math.max(0, diagonal(part.kernel) - part.mean ** 2);

/** Law of the maximum of what is reduced; the minimum is minus the maximum of −x. */
function lawOf(node: ReduceNode, part: Part, { positions, channels }: Reduction): MaximumLaw {
  const variance = centredVariance(part);
  const raw = positions > 1 ? collapse(part.kernel).far * diagonal(part.kernel) : part.between;
  const correlation = variance === 0 ? 1 : (raw - part.mean ** 2) / variance;
  const sign = node.method === "max" ? 1 : -1;
  return maximumLaw(
    positions * channels,
    sign * part.mean,
    variance,
    correlation,
    sign > 0 ? part.shape : mirrored(part.shape),
  );
}

export function extremes(node: ReduceNode, state: State, reduction: Reduction): Part[] {
  const source = reduction.channels > 1 ? [mixParts(state)] : state.parts;
  return source.map((part): Part => {
    const law = lawOf(node, part, reduction);
    const mean = law.expect((x) => x);
    const second = law.expect((x) => x * x);
    const variance = centredVariance(part);
    const kept = averageAxes(part.kernel, reduction.dims);
    // A member wins with probability 1/n: of two sets the covariance is that of their members (Stein).
    const carried = (raw: number) =>
      mean ** 2 +
      Math.max(0, raw - part.mean ** 2) * (variance === 0 ? 0 : Math.min(1, (second - mean ** 2) / variance));
    const lag = (c: number) => (second === 0 ? 0 : Math.min(1, carried(c * diagonal(kept)) / second));
    return {
      channels: part.channels / reduction.channels,
      mean: node.method === "max" ? mean : -mean,
      kernel: {
        ...kept,
        lags: kept.lags.map((c, i) => (2 * i + 1 === kept.lags.length ? 1 : lag(c))),
        far: kept.sizes.length === 0 ? 1 : lag(kept.far),
        profile: Float64Array.of(second),
      },
      between: Math.min(second, carried(part.between)),
      cross: Math.min(second, carried(part.cross)),
      spread: part.spread,
      freedom: part.freedom,
      shape: null,
    };
  });
}

/** The gradient goes to the one that won: 1/n of the elements, never two of one set. */
export function toExtremes(
  node: ReduceNode,
  context: Context,
  state: State,
  reduction: Reduction,
  gradient: Gradient,
): Gradient {
  const maker = context.producers.get(node.inputs[0]);
  const below = maker?.kind === "activation" && node.method === "max" ? context.states.get(maker.inputs[0]) : undefined;
  const n = reduction.positions * reduction.channels;
  return state.parts.map((part, i): GradientPart => {
    const from = gradient[Math.min(i, gradient.length - 1)];
    const outgoing = scaleKernel(totalKernel(from), 1 / n);
    const { sizes } = part.kernel;
    const kept = sizes.map((_, dim) => dim).filter((dim) => !reduction.dims.includes(dim));
    const laid = broadcastAxes(
      outgoing,
      sizes,
      sizes.map((_, dim) => (reduction.dims.includes(dim) ? null : kept.indexOf(dim))),
    );
    const kernel = { ...uniformKernel(sizes, 0, kept.length === 0 ? 0 : outgoing.far / n), profile: laid.profile };
    const won = carry(from, kernel, 1 / n);
    const source = below?.parts[i];
    if (!source) return won;
    const law = lawOf(node, source, reduction);
    return { ...won, kernel: uniformKernel(sizes, 0, 0), selected: { kernel, law, shared: won.shared } };
  });
}

/**
 * max(a, b) = (s + |d|)/2 and min(a, b) = (s − |d|)/2 with s = a + b, d = a − b, independent Gaussians a and b. At two
 * positions E[s|d'|] = E[s]E|d| + Cov(s, d')·E[sign d] (Stein), E[|d||d'|] by the correlation map of the absolute value.
 */
export function extremeOfTwo(a: Part, b: Part, sign: 1 | -1): Part {
  const [qa, qb] = [diagonal(a.kernel), diagonal(b.kernel)];
  const [ma, mb] = [a.mean, b.mean];
  const variance = qa - ma * ma + qb - mb * mb;
  const map = activationMap(named("abs"), ma - mb, variance);
  const open = activationMap(named("relu"), ma - mb, variance).derivativeSecondMoment;
  const shared = (ra: number, rb: number): number => {
    const [ca, cb] = [ra - ma * ma, rb - mb * mb];
    const sums = ra + rb + 2 * ma * mb;
    const mixed = (ma + mb) * map.mean + (ca - cb) * (2 * open - 1);
    return (sums + 2 * sign * mixed + map.product(variance === 0 ? 1 : (ca + cb) / variance)) / 4;
  };
  const second = shared(qa, qb);
  const at = (lagged: (kernel: Kernel) => number) =>
    second === 0 ? 0 : shared(lagged(a.kernel) * qa, lagged(b.kernel) * qb) / second;
  const radius = a.kernel.radius.map((r, axis) => Math.max(r, b.kernel.radius[axis]));
  return {
    channels: a.channels,
    mean: (ma + mb + sign * map.mean) / 2,
    kernel: {
      sizes: a.kernel.sizes,
      radius,
      lags: lagsFrom(radius, (lag) => at((kernel) => correlationAt(kernel, lag))),
      far: a.kernel.sizes.length === 0 ? 1 : at((kernel) => kernel.far),
      profile: Float64Array.of(second),
    },
    between: shared(a.between, b.between),
    cross: shared(a.cross, b.cross),
    spread: (a.spread + b.spread) / 2,
    freedom: Math.min(a.freedom, b.freedom),
    shape: null,
  };
}

/** E[1 1'] of a being the one that is taken, at two positions. */
export function takenShare(a: Part, b: Part, sign: 1 | -1): Kernel {
  const variance = centredVariance(a) + centredVariance(b);
  const map = activationMap(named("relu"), sign * (a.mean - b.mean), variance);
  const level = map.derivativeSecondMoment;
  const centred = (part: Part, c: number) => c * diagonal(part.kernel) - part.mean ** 2;
  const at = (ca: number, cb: number) =>
    level === 0 || variance === 0 ? 1 : map.slopeProduct((centred(a, ca) + centred(b, cb)) / variance) / level;
  const radius = a.kernel.radius.map((r, axis) => Math.max(r, b.kernel.radius[axis]));
  return {
    sizes: a.kernel.sizes,
    radius,
    lags: lagsFrom(radius, (lag) => at(correlationAt(a.kernel, lag), correlationAt(b.kernel, lag))),
    far: a.kernel.sizes.length === 0 ? 1 : at(a.kernel.far, b.kernel.far),
    profile: Float64Array.of(level),
  };
}
