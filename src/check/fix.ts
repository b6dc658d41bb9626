/** Only what findings name is drawn anew; everything else stays as the file has it. */

import type { Initializer } from "../init/types.ts";
import { initialize } from "../materialize/index.ts";
import type { Model } from "../model/types.ts";
import { plan } from "../plan/index.ts";
import { gradientRows, layerRows, signalRows } from "../plan/rows.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { analyse } from "../plan/usage/index.ts";
import { propagate } from "../propagate/index.ts";
import { type CheckOptions, checkModel } from "./check.ts";
import { gatherFacts } from "./facts/gather.ts";
import type { TensorFacts } from "./facts/types.ts";
import { tensorsToRedraw } from "./mend.ts";
import { lawsOf } from "./signals/laws.ts";
import type { CheckResult, RuleName } from "./types.ts";

export interface Redrawn {
  readonly tensor: string;
  /** Rules that asked for it. */
  readonly rules: readonly RuleName[];
  /** Of the file's finite values; null where it has none. */
  readonly before: { readonly mean: number; readonly std: number } | null;
  readonly initializer: Initializer;
  readonly std: number;
  readonly why: string;
}

export interface Fix {
  /** Draws what was named, keeps the file's values for the rest (initializer kind "file"). */
  readonly plan: Plan;
  readonly redrawn: readonly Redrawn[];
  readonly kept: number;
  /** Findings before and after. */
  readonly before: CheckResult;
  readonly after: CheckResult;
}

/**
 * Checks a model, and plans to draw anew the parameters that errors and warnings name.
 *
 * @throws what `checkModel` throws; `plan: …` for an unknown scheme
 * @example (await fixModel(model, { scheme: "he-normal" })).redrawn.map(({ tensor }) => tensor)
 */
export async function fixModel(model: Model, options: CheckOptions = {}): Promise<Fix> {
  const { scheme = "auto", seed = 0 } = options;
  const before = await checkModel(model, options);
  const named = new Set(tensorsToRedraw(before.findings));
  const usages = analyse(model);
  const facts = gatherFacts(model, usages);
  const expected = {
    ...(options.inputMean === undefined ? {} : { inputMean: options.inputMean }),
    ...(options.inputVariance === undefined ? {} : { inputVariance: options.inputVariance }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  };
  const fresh = plan(model, { scheme, seed, ...expected });
  const tensors = fresh.tensors.map((tensor) => kept(tensor, facts.get(tensor.name), named));
  const drawn = tensors.filter(({ initializer }) => initializer.kind !== "file");
  const mended = new Map(drawn.map((tensor) => [tensor.name, tensor]));
  const mixed: Plan = { ...fresh, tensors, ...predicted(model, lawsOf(facts, mended), expected) };
  const values = initialize(mixed, { names: mended.keys(), read: model.read });
  const after = await checkModel(holding(model, values), options);
  const redrawn = drawn.map(({ name, initializer, std, why }): Redrawn => {
    const held = facts.get(name);
    return {
      tensor: name,
      rules: [...new Set(before.findings.flatMap((each) => (each.redraw?.includes(name) ? [each.rule] : [])))],
      before: held ? { mean: held.mean, std: held.std } : null,
      initializer,
      std,
      why,
    };
  });
  return { plan: mixed, redrawn, kept: tensors.length - drawn.length, before, after };
}

/** What nobody named keeps its values, where it has any. */
function kept(tensor: PlannedTensor, facts: TensorFacts | undefined, named: ReadonlySet<string>): PlannedTensor {
  if (facts === undefined || named.has(tensor.name)) return tensor;
  const { mean, std } = facts;
  return { ...tensor, initializer: { kind: "file", mean, std }, std, why: "No finding names it: it stays as it is." };
}

function predicted(model: Model, laws: ReturnType<typeof lawsOf>, options: Parameters<typeof propagate>[2]) {
  if (model.nodes.length === 0) return { layers: [], signals: [], gradients: [] };
  const propagation = propagate(model, laws, options);
  return {
    layers: layerRows(model, analyse(model), propagation),
    signals: signalRows(model, propagation),
    gradients: gradientRows(model, propagation),
  };
}

/** The model with other values. */
function holding(model: Model, values: ReadonlyMap<string, Float32Array>): Model {
  return {
    ...model,
    read: (name) => values.get(name) ?? model.read(name),
    tiles: (name) => {
      const own = values.get(name);
      return own ? [own] : (model.tiles?.(name) ?? null);
    },
  };
}
