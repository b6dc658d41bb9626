/** A model and a scheme in, one initializer per parameter with its reason and the predicted signals out. */

import { law as lawOf } from "../init/index.ts";
import type { Model, Warning } from "../model/types.ts";
import { type CustomRules, propagate } from "../propagate/index.ts";
import type { ParameterLaw, Propagation } from "../propagate/types.ts";
import { chooseCritical } from "./auto/critical.ts";
import type { Objective } from "./auto/goals.ts";
import { type Distribution, solveAuto } from "./auto/solve.ts";
import { parameterLaw } from "./parameter-law.ts";
import { gradientRows, layerRows, signalRows } from "./rows.ts";
import { type SchemeCall, schemeByName } from "./schemes/registry.ts";
import type { Choice, SchemeContext } from "./schemes/types.ts";
import type { Plan, PlannedTensor } from "./types.ts";
import { analyse, type ParameterUsage, type Usages } from "./usage/index.ts";
import { depthWarnings, hopelessActivations } from "./verdict.ts";

export interface PlanOptions {
  /** A scheme's name or alias, with its numbers in brackets: "auto" (default), "he-normal", "mup(128)". */
  readonly scheme?: string;
  /** Written into the plan; drawing happens elsewhere. Any safe integer; default 0. */
  readonly seed?: number;
  /** Mean and variance of one entry of a real-valued input. Default 0 and 1. */
  readonly inputMean?: number;
  readonly inputVariance?: number;
  /** Which statistics batch normalization and dropout use. Default "train": the first step's view. */
  readonly mode?: "train" | "eval";
  /** Samples that batch statistics are taken over. Default: propagation's own (64). */
  readonly batch?: number;
  /**
   * What `auto` keeps level. "balanced" (default): the signal, at the size where the gradient is most level too;
   * "forward": the signal, at second moment 1; "backward": the gradient.
   */
  readonly objective?: Objective;
  /** What `auto` draws from. Default "truncated-normal": no outliers, and less spread between draws than a normal. */
  readonly distribution?: Distribution;
  /** Rules of operators that the library does not know, by name (`momentRule` makes one). */
  readonly rules?: CustomRules;
  /** Choices that stand whatever the scheme says, by parameter name: measured gains, a person's own. */
  readonly chosen?: ReadonlyMap<string, Choice>;
}

function checked(options: PlanOptions): void {
  const { seed = 0, inputMean = 0, inputVariance = 1, batch } = options;
  if (!Number.isSafeInteger(seed))
    throw new RangeError(`plan: seed must be a whole number, got ${seed}, use one within ±2^53`);
  if (!Number.isFinite(inputMean))
    throw new RangeError(`plan: inputMean must be finite, got ${inputMean}, use the data's mean`);
  if (!(inputVariance >= 0 && Number.isFinite(inputVariance)))
    throw new RangeError(
      `plan: inputVariance must be finite and not negative, got ${inputVariance}, use the data's variance`,
    );
  if (batch !== undefined && !(Number.isInteger(batch) && batch > 0))
    throw new RangeError(`plan: batch must be a whole number above 0, got ${batch}, use the training batch`);
}

/** Collects warnings, each code and message once. */
function collector(): { readonly list: Warning[]; readonly warn: (warning: Warning) => void } {
  const seen = new Set<string>();
  const list: Warning[] = [];
  const warn = (warning: Warning) => {
    const key = `${warning.code}|${warning.message}`;
    if (seen.has(key)) return;
    seen.add(key);
    list.push(warning);
  };
  return { list, warn };
}

/**
 * Choose one initializer for each parameter of a model, and predict what the network then does.
 *
 * Variances are of single elements; signals are mean squares over a tensor; gradients are those of L = Σ y·g with
 * g ~ N(0, 1), for one sample.
 *
 * @throws on an unknown scheme, on options out of range, and for the scheme "file" where the file has no values.
 * @example
 * const { tensors, layers, warnings } = plan(readOnnx(bytes), { scheme: "auto", seed: 1 });
 */
export function plan(model: Model, options: PlanOptions = {}): Plan {
  checked(options);
  const call = schemeByName(options.scheme ?? "auto");
  const usages = analyse(model);
  const { list, warn } = collector();
  for (const note of model.notes)
    warn({ code: note.code, message: note.message, ...(note.tensors[0] ? { where: note.tensors[0] } : {}) });
  const context: SchemeContext = { model, usages, values: call.values, warn };
  const { choices, propagation } = choose(call, context, options);
  if (model.nodes.length === 0)
    warn({
      code: "no-prediction",
      message:
        "the file holds weights without a graph: kinds of layer are guessed from names and shapes, and no signal could be predicted",
    });
  for (const warning of propagation?.warnings ?? []) warn(warning);
  const layers = propagation ? layerRows(model, usages, propagation) : [];
  for (const warning of depthWarnings(model, usages, layers)) warn(warning);
  if (call.scheme.name === "auto") for (const warning of hopelessActivations(usages)) warn(warning);
  return {
    schema: "epoch0.plan/1",
    scheme: call.values.length > 0 ? `${call.scheme.name}(${call.values.join(",")})` : call.scheme.name,
    seed: options.seed ?? 0,
    ...(call.scheme.name === "auto" ? { objective: options.objective ?? "balanced" } : {}),
    model: { format: model.format, name: model.name, parameters: model.parameters.size, scalars: scalars(model) },
    tensors: tensorRows(usages, choices),
    layers,
    signals: propagation ? signalRows(model, propagation) : [],
    gradients: propagation ? gradientRows(model, propagation) : [],
    unsupported: model.unsupported.filter(({ op }) => !options.rules || !Object.hasOwn(options.rules, op)),
    warnings: list,
  };
}

const NOTHING: Choice = {
  initializer: { kind: "zeros" },
  why: "The tensor has no elements: there is nothing to draw.",
};

const isEmpty = ({ parameter }: ParameterUsage) => parameter.shape.includes(0);

interface Chosen {
  readonly choices: ReadonlyMap<string, Choice>;
  readonly propagation: Propagation | null;
}

function choose({ scheme }: SchemeCall, context: SchemeContext, options: PlanOptions): Chosen {
  const { inputMean = 0, inputVariance = 1, mode = "train", batch, rules } = options;
  const propagateOptions = {
    inputMean,
    inputVariance,
    mode,
    ...(batch === undefined ? {} : { batch }),
    ...(rules === undefined ? {} : { rules }),
  };
  if (scheme.name === "auto") {
    if (options.chosen)
      throw new Error("plan: auto solves for all parameters together, got fixed choices too, use another scheme");
    const { objective = "balanced", distribution = "truncated-normal" } = options;
    return solveAuto(context, { objective, distribution, propagate: propagateOptions });
  }
  const { model, usages } = context;
  const { rule } = scheme;
  const ruled = rule
    ? new Map(
        [...usages.byName].map(([name, usage]) => [name, isEmpty(usage) ? NOTHING : rule(usage, context)] as const),
      )
    : chooseCritical(context);
  const choices = new Map([...ruled, ...(options.chosen ?? [])]);
  if (model.nodes.length === 0) return { choices, propagation: null };
  const laws = new Map<string, ParameterLaw>();
  for (const [name, { initializer }] of choices)
    laws.set(name, parameterLaw(initializer, model.parameters.get(name)?.shape ?? []));
  const propagation = propagate(model, (name) => laws.get(name) ?? { mean: 0, variance: 0 }, propagateOptions);
  return { choices, propagation };
}

function tensorRows(usages: Usages, choices: ReadonlyMap<string, Choice>): readonly PlannedTensor[] {
  const rows: PlannedTensor[] = [];
  for (const [name, { parameter, op, fans }] of usages.byName) {
    const choice = choices.get(name);
    if (!choice) continue;
    const { variance } = lawOf(choice.initializer, parameter.shape);
    rows.push({
      name,
      shape: parameter.shape,
      dtype: parameter.dtype,
      role: parameter.role,
      op,
      fanIn: fans.true.fanIn,
      fanOut: fans.true.fanOut,
      initializer: choice.initializer,
      std: Math.sqrt(variance),
      why: choice.why,
    });
  }
  return rows;
}

function scalars(model: Model): number {
  let count = 0;
  for (const { shape } of model.parameters.values()) count += shape.reduce((a, b) => a * b, 1);
  return count;
}
