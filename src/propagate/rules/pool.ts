/** Average and max pooling over windows. */

import type { PoolNode } from "../../model/types.ts";
import { addGradient, carry, type GradientPart, type Rule, stateOf, totalKernel } from "../context.ts";
import {
  mean as average,
  correlationAt,
  diagonal,
  forEachLag,
  type Kernel,
  lagsFrom,
  positions,
  product,
  scaleValues,
  sumOverPairs,
  uniformKernel,
} from "../kernel/kernel.ts";
import { foldProfile } from "../kernel/slide.ts";
import { overCounts } from "../kernel/values.ts";
import { averageKernel, averageTransposeKernel, convolveTransposeKernel, type Window } from "../kernel/windows.ts";
import { kinshipThroughPool } from "../law/kinship.ts";
import { commonThroughPool } from "../state/common.ts";
import type { Part, State } from "../state/state.ts";
import { dropUnits, imageKernel, imageLayout, ontoState } from "./conv.ts";
import { gated } from "./gates.ts";
import { type Beneath, beneath, merged, windowLaw, windowOf } from "./window-law.ts";

/** Share of one window's members that two windows at a lag have in common. */
const overlap = (window: Window, lag: readonly number[]): number =>
  lag.reduce(
    (share, l, axis) =>
      share * Math.max(0, 1 - (Math.abs(l) * window.strides[axis]) / (window.kernel[axis] * window.dilations[axis])),
    1,
  );

function maxPart(node: PoolNode, source: Beneath, kernel: Kernel, sizes: readonly number[]): Part {
  const { activation, part } = source;
  const window = windowOf(node);
  const variance = Math.max(0, diagonal(kernel) - part.mean * part.mean);
  const law = windowLaw(node, source, kernel, sizes);
  const value = (x: number) => (activation ? activation.value(x) : x);
  const slope = (x: number) => (activation ? activation.derivative(x) : 1);
  const mean = law.expect(value);
  const second = law.expect((x) => value(x) ** 2);
  const spreadOut = Math.max(0, second - mean * mean);
  // First order in the correlation r of the windows' members (Stein): Cov = E[φ'(M)]²·r·variance; at r = 1 the windows are equal.
  const first = spreadOut === 0 ? 0 : Math.min(1, (law.expect(slope) ** 2 * variance) / spreadOut);
  const carried = (r: number) => (r >= 0 ? first * r + (1 - first) * r * r : first * r);
  const centred = (raw: number) => (variance === 0 ? 1 : (raw - part.mean * part.mean) / variance);
  const radius = sizes.map((size, axis) => {
    const reach = Math.ceil(
      (kernel.radius[axis] + (window.kernel[axis] - 1) * window.dilations[axis]) / window.strides[axis],
    );
    return Math.min(size - 1, reach);
  });
  const moment = (c: number) => (second === 0 ? 0 : (mean * mean + c * spreadOut) / second);
  const lags = lagsFrom(radius, (lag) => {
    const same = overlap(window, lag) / (2 - overlap(window, lag));
    const r = centred(
      correlationAt(
        kernel,
        lag.map((l, axis) => l * window.strides[axis]),
      ) * diagonal(kernel),
    );
    return moment(same + (1 - same) * carried(r));
  });
  const far = moment(carried(centred(kernel.far * diagonal(kernel))));
  return {
    channels: part.channels,
    mean,
    kernel: { sizes, radius, lags, far, profile: Float64Array.of(second) },
    between: moment(carried(centred(part.between))) * second,
    cross: moment(carried(centred(part.cross))) * second,
    spread: part.spread,
    freedom: part.freedom,
    shape: null,
  };
}

/** Sizes by position of the maxima: in proportion to the mean over the window of what is pooled, at the level known. */
function pooledProfile(input: State, part: Part, pooled: Part, window: Window, sizes: readonly number[]): Float64Array {
  const kernel = imageKernel(input, part);
  if (kernel.profile.length === 1) return pooled.kernel.profile;
  const sums = foldProfile(kernel, sizes, window);
  const members = foldProfile({ ...kernel, profile: Float64Array.of(1) }, sizes, window);
  const means = overCounts(sums, members);
  const level = average(means);
  return level === 0 ? pooled.kernel.profile : scaleValues(means, diagonal(pooled.kernel) / level);
}

export const poolRule: Rule<PoolNode> = {
  forward(written, context) {
    const node = merged(written, context);
    const shape = context.model.tensors.get(node.outputs[0])?.shape ?? [];
    const sizes = shape.slice(2);
    const input = stateOf(context, node.inputs[0]);
    const batched = input.layout[0]?.some((f) => f.role === "batch") ?? false;
    const layout = imageLayout(shape, batched);
    if (node.method === "average") {
      const parts = input.parts.map((part): Part => {
        const before = imageKernel(input, part);
        const kernel = dropUnits(averageKernel(before, windowOf(node), sizes, node.countPadding));
        const far = diagonal(before) === 0 ? 1 : diagonal(kernel) / diagonal(before);
        const common = commonThroughPool(part, windowOf(node), input.shape.slice(2), sizes, part.cross);
        return {
          ...part,
          common,
          kinship: kinshipThroughPool({ ...part, kernel: before }, windowOf(node), sizes),
          shape: null,
          kernel,
          between: averaged(part.between, part.mean, far, part),
          cross: part.cross,
        };
      });
      return [{ shape, layout, parts }];
    }
    const parts = beneath(context, node.inputs[0]).map((source, i) => {
      const open = maxPart(node, source, imageKernel(input, source.part), sizes);
      const pooled = source.gate ? gated(open, source.gate) : open;
      const common = commonThroughPool(input.parts[i], windowOf(node), input.shape.slice(2), sizes, pooled.cross);
      const kinship = kinshipThroughPool(input.parts[i], windowOf(node), sizes);
      const kernel = { ...pooled.kernel, profile: pooledProfile(input, input.parts[i], pooled, windowOf(node), sizes) };
      return { ...pooled, common, kinship, kernel: dropUnits(kernel) };
    });
    return [{ shape, layout, parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const input = stateOf(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const window = windowOf(node);
    const sizes = input.shape.slice(2);
    const outgoing = out.parts.map((part, i) => imageKernel(out, { ...part, kernel: totalKernel(gradient[i]) }));
    if (node.method === "average") {
      addGradient(
        context,
        node.inputs[0],
        outgoing.map((kernel, i) =>
          carry(gradient[i], ontoState(input, averageTransposeKernel(kernel, window, sizes))),
        ),
      );
      return;
    }
    const sources = beneath(context, node.inputs[0]);
    const parts = outgoing.map((kernel, i): GradientPart => {
      const law = windowLaw(node, sources[i], imageKernel(input, sources[i].part), kernel.sizes);
      const routed = ontoState(input, winnersKernel(kernel, window, sizes));
      const won = {
        ...carry(gradient[i], routed),
        shared: gradient[i].shared * (positions(kernel) / positions(routed)) ** 2,
        ...(gradient[i].sway && { sway: gradient[i].sway * (positions(kernel) / positions(routed)) ** 2 }),
      };
      if (!sources[i].activation) return won;
      return {
        ...won,
        kernel: uniformKernel(routed.sizes, 0, 0),
        selected: { kernel: routed, law, shared: won.shared },
      };
    });
    addGradient(context, node.inputs[0], parts);
  },
};

/** Every window's gradient goes to one member; a member that wins several overlapping windows collects them. */
function winnersKernel(kernel: Kernel, window: Window, sizes: readonly number[]): Kernel {
  const taps = product(window.kernel);
  const each = convolveTransposeKernel(
    { ...kernel, radius: kernel.sizes.map(() => 0), lags: Float64Array.of(1), far: 0 },
    window,
    sizes,
  );
  const reach = window.kernel.map((k, axis) => Math.ceil((k * window.dilations[axis]) / window.strides[axis]) - 1);
  let repeated = 1;
  forEachLag(reach, (_, lag) => {
    if (lag.every((l) => l === 0)) return;
    const shared = overlap(window, lag);
    repeated += (shared / (2 - shared)) * correlationAt(kernel, lag);
  });
  const profile = scaleValues(each.profile, repeated / taps);
  // Whoever wins, the sum over all positions is the sum over the windows: that settles what pairs have on average.
  const routed = { ...each, radius: sizes.map(() => 0), lags: Float64Array.of(1), far: 0, profile };
  const count = positions(routed);
  const own = count * diagonal(routed);
  const far = count === 1 || own === 0 ? 0 : (sumOverPairs(kernel) / own - 1) / (count - 1);
  return { ...routed, far: Math.max(-1, Math.min(1, far)) };
}

/** Averaging lowers the part of a moment that differs between positions; the shared mean stays. */
const averaged = (moment: number, mean: number, share: number, part: Part): number => {
  const own = moment - mean * mean;
  return diagonal(part.kernel) === 0 ? moment : mean * mean + own * share;
};
