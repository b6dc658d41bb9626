/** The signals that the file's own weights are predicted to make. */

import { resolveActivation } from "../../activation/index.ts";
import type { Model } from "../../model/types.ts";
import { layerRows } from "../../plan/rows.ts";
import type { PlannedTensor } from "../../plan/types.ts";
import type { Usages } from "../../plan/usage/types.ts";
import { type PropagateOptions, type Propagation, propagate } from "../../propagate/index.ts";
import type { TensorFacts } from "../facts/types.ts";
import { canSaturate, directActivation } from "./activation.ts";
import { predictDead } from "./dead.ts";
import { lawsOf } from "./laws.ts";
import type { LayerSignal, OutputSignal, Signals } from "./types.ts";

export interface PredictOptions extends PropagateOptions {
  /** Tensors that count as drawn anew. */
  readonly mended: ReadonlyMap<string, PlannedTensor>;
}

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Propagation in the wide limit with the moments of the file's values (DESIGN 5). */
export function predictSignals(
  model: Model,
  usages: Usages,
  facts: ReadonlyMap<string, TensorFacts>,
  { mended, ...options }: PredictOptions,
): Signals {
  const propagation = propagate(model, lawsOf(facts, mended), options);
  const { inputMean = 0, inputVariance = 1 } = options;
  return {
    source: "predicted",
    layers: layersOf(model, usages, propagation),
    dead: predictDead(usages, facts, mended, propagation),
    outputs: outputsOf(model, propagation),
    input: inputMean ** 2 + inputVariance,
  };
}

/** A difference that rounding can explain is none: sums of some terms are exact to a few ε. */
const ROUNDING = 8 * Number.EPSILON;

const apart = (secondMoment: number, common: number): number => {
  const difference = secondMoment - common;
  return difference > ROUNDING * secondMoment ? difference : 0;
};

function layersOf(model: Model, usages: Usages, propagation: Propagation): LayerSignal[] {
  return layerRows(model, usages, propagation).flatMap((row): LayerSignal[] => {
    const node = model.nodes.find(({ name }) => name === row.node);
    const tensor = node?.outputs.find((name) => name !== "");
    const signal = tensor === undefined ? undefined : propagation.signals.get(tensor);
    if (tensor === undefined || signal === undefined) return [];
    const samples = Math.max(1, model.batch);
    const activation = directActivation(usages.graph, tensor);
    const resolved = activation ? resolveActivation(activation.activation) : null;
    return [
      {
        weight: row.weight,
        node: row.node,
        tensor,
        mean: signal.mean,
        secondMoment: signal.secondMoment,
        distinct: apart(signal.secondMoment, signal.common),
        gradient: (signal.gradient * elements(model.tensors.get(tensor)?.shape ?? [])) / samples,
        weightGradient:
          (propagation.gradients.get(row.weight) ?? 0) * elements(model.parameters.get(row.weight)?.shape ?? []),
        activation: activation && resolved ? { label: resolved.label, reference: activation.activation } : null,
        // Flat parts are counted apart: half of a rectifier's units are flat by design.
        saturated:
          row.saturated === null || !resolved || !canSaturate(resolved)
            ? null
            : Math.max(0, row.saturated - (row.dead ?? 0)),
      },
    ];
  });
}

function outputsOf(model: Model, propagation: Propagation): Map<string, OutputSignal> {
  return new Map(
    model.outputs.flatMap((tensor) => {
      const signal = propagation.signals.get(tensor);
      return signal ? [[tensor, { tensor, secondMoment: signal.secondMoment }] as const] : [];
    }),
  );
}
