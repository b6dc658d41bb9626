/** Warnings that a plan's own prediction calls for: signal or gradient that dies or grows with depth, and why. */

import { referenceKey, resolveActivation } from "../activation/index.ts";
import type { ActivationReference, Model, Warning } from "../model/types.ts";
import { gradientFactor } from "./auto/operating-point.ts";
import { runLengths } from "./auto/runs.ts";
import type { PlannedLayer } from "./types.ts";
import type { ParameterUsage, Usages } from "./usage/types.ts";
import { activationName, figure, times } from "./words.ts";

/** Change of a mean square over the whole depth that is worth a warning: 1000, about 30 in size. */
const MUCH = Math.log(1000);
/** Fewer layers have no depth to speak of. */
const FEWEST_LAYERS = 4;

interface Trend {
  readonly logPerLayer: number;
  readonly first: number;
  readonly last: number;
}

/** ln of the change a layer, between the first and the last of a list of positive sizes. */
function trend(sizes: readonly number[]): Trend | null {
  const first = sizes[0];
  const last = sizes.at(-1);
  if (first === undefined || last === undefined || sizes.length < FEWEST_LAYERS) return null;
  if (!(first > 0) || !(last > 0)) return null;
  return { logPerLayer: Math.log(last / first) / (sizes.length - 1), first, last };
}

const strong = (found: Trend, layers: number) => Math.abs(found.logPerLayer) * (layers - 1) > MUCH;

/** Findings about signal and gradient over the hidden layers; readouts are small on purpose and left out. */
export function depthWarnings(model: Model, usages: Usages, layers: readonly PlannedLayer[]): readonly Warning[] {
  const hidden = layers.filter(({ weight }) => {
    const usage = usages.byName.get(weight);
    return usage !== undefined && usage.part === "weight" && usage.readout === null && !usage.normalized;
  });
  return [...forwardWarning(hidden), ...backwardWarning(model, usages, hidden), ...deadEnds(hidden)];
}

function forwardWarning(layers: readonly PlannedLayer[]): readonly Warning[] {
  const found = trend(layers.map(({ output }) => output.secondMoment));
  if (!found || !strong(found, layers.length)) return [];
  const falls = found.logPerLayer < 0;
  return [
    {
      code: falls ? "vanishing-forward" : "exploding-forward",
      message: `the signal ${falls ? "falls" : "grows"} ${times(Math.exp(found.logPerLayer))} a layer: mean square ${figure(found.first)} at ${layers[0]!.weight}, ${figure(found.last)} at ${layers.at(-1)!.weight}`,
      where: layers.at(-1)!.node,
    },
  ];
}

/** Gradients are compared as totals over a tensor: fans and feature map sizes cancel there. */
function backwardWarning(model: Model, usages: Usages, layers: readonly PlannedLayer[]): readonly Warning[] {
  const totals = layers.map(({ weight, gradient }) => {
    const output = usages.byName.get(weight)?.output ?? "";
    const size = (model.tensors.get(output)?.shape ?? [1]).reduce((a, b) => a * b, 1);
    return gradient.secondMoment * size;
  });
  const found = trend([...totals].reverse());
  if (!found || !strong(found, layers.length)) return [];
  const falls = found.logPerLayer < 0;
  return [
    {
      code: falls ? "vanishing-gradient" : "exploding-gradient",
      message: `the gradient ${falls ? "falls" : "grows"} ${times(Math.exp(found.logPerLayer))} a layer on its way back: total square ${figure(found.first)} at ${layers.at(-1)!.weight}, ${figure(found.last)} at ${layers[0]!.weight}`,
      where: layers[0]!.node,
    },
  ];
}

function deadEnds(layers: readonly PlannedLayer[]): readonly Warning[] {
  return layers
    .filter(({ output, gradient }) => output.secondMoment === 0 || gradient.secondMoment === 0)
    .slice(0, 1)
    .map(({ weight, node, output }) => ({
      code: output.secondMoment === 0 ? "vanishing-forward" : "vanishing-gradient",
      message: `${weight}: ${output.secondMoment === 0 ? "nothing comes out" : "no gradient comes back"} at the first step, exactly 0`,
      where: node,
    }));
}

/** Second moments of a pre-activation at the two ends of an activation's working range, and one far beyond. */
const WORKING_SIZES = [0.05, 1] as const;
const WIDE = 16;

/** χ at the size where it is nearest to 1. */
function mostLevel(reference: ActivationReference, sizes: readonly number[]): number {
  const factors = sizes.map((q) => gradientFactor(reference, q).chi).filter((chi) => chi > 0);
  return factors.reduce(
    (best, chi) => (Math.abs(Math.log(chi)) < Math.abs(Math.log(best)) ? chi : best),
    factors[0] ?? 0,
  );
}

/** Activations whose gradient no weight variance can keep level over the depth they are used at. */
export function hopelessActivations(usages: Usages): readonly Warning[] {
  const runs = runLengths(usages);
  const worst = new Map<string, { readonly usage: ParameterUsage; readonly run: number }>();
  for (const usage of usages.byName.values()) {
    if (usage.part !== "weight" || !usage.activation || !usage.node || usage.normalized || usage.readout) continue;
    const run = runs.get(usage.node) ?? 1;
    const key = referenceKey(usage.activation.activation);
    if (run > (worst.get(key)?.run ?? 0)) worst.set(key, { usage, run });
  }
  const warnings: Warning[] = [];
  for (const { usage, run } of worst.values()) {
    const reference = usage.activation!.activation;
    const best = mostLevel(reference, WORKING_SIZES);
    if (!(best > 0) || Math.abs(Math.log(best)) * run <= MUCH) continue;
    const { saturates } = resolveActivation(reference);
    const wide = saturates.left && saturates.right ? best : mostLevel(reference, [...WORKING_SIZES, WIDE]);
    const help =
      Math.abs(Math.log(wide)) < 0.9 * Math.abs(Math.log(best))
        ? `pre-activations of second moment ${WIDE} bring it to ${times(wide)} at best; better is`
        : "no weight variance can help; what can is";
    warnings.push({
      code: "gradient-not-level",
      message: `${activationName(usage.activation)}: with the signal level the gradient changes ${times(best)} a layer (χ₁ = ${figure(best)}), ${times(best ** run)} over ${run} in a row; ${help} a normalization, skips or another activation`,
      where: usage.activation!.name,
    });
  }
  return warnings;
}
