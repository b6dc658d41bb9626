/** Elementwise activations. */

import { type Activation, resolveActivation } from "../../activation/index.ts";
import type { ActivationNode } from "../../model/types.ts";
import {
  addGradient,
  addParameterGradient,
  type Context,
  carry,
  type GradientPart,
  type Rule,
  totalKernel,
} from "../context.ts";
import {
  diagonal,
  type Kernel,
  mapCorrelations,
  mean,
  multiplyKernels,
  scaleKernel,
  scaleValues,
  sumKernels,
  uniformKernel,
} from "../kernel/kernel.ts";
import { sumOfProduct } from "../kernel/pairs.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf, straightLine } from "../law/form.ts";
import { kinshipThrough } from "../law/kinship.ts";
import { MEAN, profileThrough, SECOND, SLOPE } from "../law/profile.ts";
import { inherited, lazily, scatterThrough } from "../law/scatter.ts";
import { mirrored, shapeThrough } from "../law/shape.ts";
import { unevenLifts, unevenThrough } from "../law/uneven.ts";
import { commonThroughActivation } from "../state/common.ts";
import { valueState } from "../state/fixed.ts";
import { keptWith } from "../state/kept.ts";
import type { Part, State } from "../state/state.ts";
import { onHalfLine } from "./half-line.ts";
import { slopesOnRanks, throughPairs } from "./ranks.ts";
import { swayBehind } from "./sway.ts";

const lifted = (profile: Float64Array, lift: number): Float64Array =>
  lift === 1 ? profile : scaleValues(profile, lift);

const centredVariance = (part: Part): number => Math.max(0, diagonal(part.kernel) - part.mean * part.mean);

/** Correlation of the centred variables behind a raw correlation. */
const centre = (part: Part, raw: number): number => {
  const variance = centredVariance(part);
  return variance === 0 ? 1 : (raw * diagonal(part.kernel) - part.mean * part.mean) / variance;
};

const kept = keptWith<Part, Part>();

const activatePart = (activation: Activation, part: Part): Part =>
  kept(part, [activation], () => activated(activation, part));

function activated(activation: Activation, part: Part): Part {
  const variance = centredVariance(part);
  const map = activationMap(activation, part.mean, variance);
  if (!Number.isFinite(map.secondMoment)) return onHalfLine(activation, part).part;
  const formed = shapeThrough(activation, part.shape, part.mean, Math.sqrt(variance));
  const lifts = unevenLifts(activation, part, map);
  const lift =
    lifts?.second ?? (part.shape === null || map.secondMoment === 0 ? 1 : formed.secondMoment / map.secondMoment);
  const means = profileThrough(activation, part.mean, part.kernel.profile, MEAN);
  const average =
    part.shape === null || map.mean === 0 ? mean(means) * (lifts?.mean ?? 1) : (formed.mean * mean(means)) / map.mean;
  const profile = lifted(profileThrough(activation, part.mean, part.kernel.profile, SECOND), lift);
  const level = mean(profile);
  // How much of the variance two variables share is the Gaussian map's; the variance itself is the law's own.
  const spreadOut = map.secondMoment - map.mean ** 2;
  const square =
    part.shape === null && !lifts
      ? map.mean ** 2 * (map.secondMoment === 0 ? 1 : level / map.secondMoment)
      : average ** 2;
  const correlation = (c: number) =>
    level === 0
      ? 0
      : spreadOut === 0
        ? 1
        : (square + ((map.product(c) - map.mean ** 2) / spreadOut) * (level - square)) / level;
  const kernel: Kernel = {
    ...part.kernel,
    ...mapCorrelations(part.kernel, (c) => correlation(centre(part, c))),
    profile,
  };
  const moment = (raw: number) =>
    diagonal(part.kernel) === 0 ? level : level * correlation(centre(part, raw / diagonal(part.kernel)));
  const cross = moment(part.cross);
  return {
    channels: part.channels,
    mean: average,
    kernel,
    between: moment(part.between),
    cross,
    ...(part.kinship && {
      kinship: kinshipThrough(part, part.kinship, map, level - cross),
      common: commonThroughActivation(part, map, means, profile, cross),
    }),
    spread: part.spread * map.growth * map.growth,
    freedom: part.freedom,
    shape: formed.shape,
    uneven: unevenThrough(activation, part, map, lifts),
    scatter: lazily(() => {
      const own = inherited(part);
      const gain = level === 0 ? 0 : variance / level;
      return own ? scatterThrough(own, map, centre(part, part.kernel.far), gain) : uniformKernel(kernel.sizes, 0, 0);
    }),
  };
}

function throughLine(part: Part, slope: number, offset: number): Part {
  const shift = (raw: number) => slope * slope * raw + 2 * slope * offset * part.mean + offset * offset;
  const before = diagonal(part.kernel);
  const after = shift(before);
  const correlation = (c: number) => (after === 0 ? c : shift(c * before) / after);
  return {
    ...part,
    mean: slope * part.mean + offset,
    kernel: {
      ...part.kernel,
      lags: part.kernel.lags.map(correlation),
      far: correlation(part.kernel.far),
      profile: part.kernel.profile.map(shift),
    },
    between: shift(part.between),
    cross: shift(part.cross),
    ...(part.common && { common: part.common.map(shift) }),
    shape: slope < 0 ? mirrored(part.shape) : part.shape,
  };
}

function backPart(activation: Activation, part: Part, gradient: GradientPart): GradientPart {
  const line = straightLine(activation);
  if (line) {
    const passed = carry(gradient, scaleKernel(totalKernel(gradient), line.slope * line.slope));
    return line.slope > 0 ? { ...passed, byRank: gradient.byRank, leadByRank: gradient.leadByRank ?? null } : passed;
  }
  const map = activationMap(activation, part.mean, centredVariance(part));
  const level = map.derivativeSecondMoment;
  if (!Number.isFinite(level)) {
    const slopes = onHalfLine(activation, part).slopes;
    return carry(gradient, multiplyKernels(totalKernel(gradient), slopes));
  }
  const ranked = slopesOnRanks(activation, part, gradient.byRank);
  const lift =
    (unevenLifts(activation, part, map)?.slope ?? 1) *
    (level === 0 || (part.shape === null && gradient.byRank === null) ? 1 : ranked.mean / level);
  const profile = () => lifted(profileThrough(activation, part.mean, part.kernel.profile, SLOPE), lift);
  const at = (raw: number) => centre(part, raw);
  const through = throughPairs(part, map, activation, gradient, profile, level * lift, at);
  const plain = through.kernel;
  const raw = (moment: number) => through.across(diagonal(part.kernel) === 0 ? 1 : at(moment / diagonal(part.kernel)));
  if (!gradient.selected)
    return {
      kernel: plain,
      selected: null,
      between: gradient.between * raw(part.between),
      shared: gradient.shared * raw(part.cross),
      byRank: ranked.byRank,
      leadByRank: through.leadByRank,
      ...swayBehind(activation, part, gradient),
    };
  const { law } = gradient.selected;
  const second = law.expect((x) => activation.derivative(x) ** 2);
  const square = law.expect((x) => activation.derivative(x)) ** 2;
  const routed = gradient.selected.kernel;
  const pair = second === 0 ? 0 : square / second;
  const won: Kernel = { ...scaleKernel(routed, second), ...mapCorrelations(routed, (c) => c * pair) };
  const kernel =
    diagonal(plain) === 0
      ? won
      : sumKernels([
          { kernel: plain, weight: 1 },
          { kernel: won, weight: 1 },
        ]);
  return {
    kernel,
    selected: null,
    between: gradient.between * raw(part.between),
    shared: (gradient.shared - gradient.selected.shared) * raw(part.cross) + gradient.selected.shared * square,
    byRank: null,
    ...swayBehind(activation, part, gradient),
  };
}

export const activationRule: Rule<ActivationNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const activation = activationOf(context, node);
    const line = straightLine(activation);
    const parts = state.parts.map((part) =>
      line ? throughLine(part, line.slope, line.offset) : activatePart(activation, part),
    );
    const scores =
      line && state.scores ? { ...state.scores, factor: state.scores.factor * line.slope * line.slope } : undefined;
    const next: State = { shape: state.shape, layout: state.layout, parts };
    return [scores ? { ...next, scores } : next];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const activation = activationOf(context, node);
    warnOfUnevenSize(node, context, activation, state);
    addGradient(
      context,
      node.inputs[0],
      state.parts.map((part, i) => backPart(activation, part, gradient[i])),
    );
    if (node.slope !== null)
      addParameterGradient(context, node.slope, slopeGradient(context, node.slope, state, gradient));
  },
};

/** From so much more of E[φ²] at finite width what sizes forward and backward have in common is felt in front of it. */
const FELT = 1.05;

function warnOfUnevenSize(node: ActivationNode, context: Context, activation: Activation, state: State): void {
  const felt = state.parts.some((part) => {
    const map = activationMap(activation, part.mean, centredVariance(part));
    return (unevenLifts(activation, part, map)?.second ?? 1) > FELT;
  });
  if (felt)
    context.warn({
      code: "first-approximation",
      where: node.name,
      message: `${node.name} (${node.op}): at this width few draws with large signals decide the mean square; gradients in front of it are predicted too small, by up to ×10 over several such layers`,
    });
}

/** ∂L/∂slope = Σ δ·min(z, 0) over the elements that share the slope: all, or those of a channel. */
function slopeGradient(context: Context, slope: string, state: State, gradient: readonly GradientPart[]): number {
  const negative = resolveActivation({
    kind: "expression",
    expression: { kind: "binary", fn: "min", left: { kind: "x" }, right: { kind: "number", value: 0 } },
  });
  const scalars = context.model.parameters.get(slope)?.shape.reduce((a, b) => a * b, 1) ?? 1;
  const sum = state.parts.reduce((total, part, i) => {
    const values = activatePart(negative, part).kernel;
    return total + part.channels * sumOfProduct(totalKernel(gradient[i]), values);
  }, 0);
  return sum / scalars;
}
