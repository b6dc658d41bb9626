/** The hidden layers in a row, and how something changes along them. */

import { resolveActivation } from "../../activation/index.ts";
import { figure, times } from "../../plan/words.ts";
import type { LayerSignal } from "../signals/types.ts";
import type { Evidence, Finding } from "../types.ts";
import type { RuleContext } from "./types.ts";

/** Fewer layers have no depth to speak of. */
const FEWEST = 4;

/**
 * Layers whose size matters for what comes after, in the graph's order: weights and recurrent matrices that are no readout
 * (small on purpose), no gate, and not right before a normalization (which sets the size anew).
 */
export function hiddenLayers({ signals, usages }: RuleContext): readonly LayerSignal[] {
  return (signals?.layers ?? []).filter(({ weight }) => {
    const usage = usages.byName.get(weight);
    if (!usage || usage.readout !== null || usage.normalized || usage.gate) return false;
    return usage.part === "weight" || usage.part === "input-weight";
  });
}

export interface Course {
  /** Last over first. */
  readonly total: number;
  /** Geometric mean factor a layer, least squares of the logarithm. */
  readonly perLayer: number;
  readonly layers: number;
  readonly first: LayerSignal;
  readonly last: LayerSignal;
}

/**
 * How positive sizes change from the first to the last layer; null for fewer than four layers, and where the fitted line
 * does not bear the end points out: its total must be beyond the square root of theirs (a single jump is no course).
 */
export function courseOf(layers: readonly LayerSignal[], size: (layer: LayerSignal) => number): Course | null {
  const known = layers.filter((layer) => size(layer) > 0 && Number.isFinite(size(layer)));
  const [first, last] = [known[0], known.at(-1)];
  const n = known.length;
  if (n < FEWEST || first === undefined || last === undefined) return null;
  const logs = known.map((layer) => Math.log(size(layer)));
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  let [along, across] = [0, 0];
  logs.forEach((log, i) => {
    along += (i - (n - 1) / 2) * (log - mean);
    across += (i - (n - 1) / 2) ** 2;
  });
  const slope = along / across;
  const ends = Math.log(size(last) / size(first));
  if (ends * slope <= 0 || Math.abs(slope * (n - 1)) < Math.abs(ends) / 2) return null;
  return { total: Math.exp(ends), perLayer: Math.exp(ends / (n - 1)), layers: n, first, last };
}

/** Whether what enters a layer is an activation with φ(0) ≠ 0, whose own offset keeps the second moment up. */
export function hasOffset({ usages }: RuleContext, layer: LayerSignal): boolean {
  const preceding = usages.byName.get(layer.weight)?.preceding;
  return preceding ? resolveActivation(preceding.activation).value(0) !== 0 : false;
}

/** The weights of these layers, each once. */
export const weightsOf = (layers: readonly LayerSignal[]): string[] => [...new Set(layers.map(({ weight }) => weight))];

/** The same with their biases. */
export function withBiases({ usages }: RuleContext, layers: readonly LayerSignal[]): string[] {
  const weights = new Set(layers.map(({ weight }) => weight));
  const biases = [...usages.byName.values()]
    .filter(({ part, owner }) => part.endsWith("bias") && owner !== null && weights.has(owner))
    .map(({ parameter }) => parameter.name);
  return [...weights, ...biases];
}

interface Told extends Pick<Finding, "severity" | "fix"> {
  readonly rule: "exploding-gradient" | "vanishing-gradient";
  /** What changes, and how: "the gradient grows". */
  readonly what: string;
  readonly course: Course;
  readonly layers: readonly LayerSignal[];
  readonly source: string;
  readonly evidence: Evidence;
}

/** How a gradient changes on its way back: named after the layer that it arrives at, all layers on the way are drawn anew. */
export function backwardFinding({ rule, severity, what, course, layers, source, evidence, fix }: Told): Finding {
  const { first, last, perLayer, total } = course;
  return {
    rule,
    severity,
    tensor: last.weight,
    node: last.node,
    message: `${what} ${times(perLayer)} a layer on its way back over ${figure(course.layers)} layers (mean square, ${source}): ${times(total)} from ${first.weight} to ${last.weight}`,
    evidence: {
      source,
      perLayer,
      ...evidence,
      layers: course.layers,
      gradients: layers.map(({ gradient }) => gradient),
    },
    fix,
    redraw: weightsOf(layers),
  };
}
