/** The scheme's own formula for one parameter, found again from the plan. */

import { law as lawOf } from "../../init/index.ts";
import type { Initializer } from "../../init/types.ts";
import { chooseCritical } from "../auto/critical.ts";
import { formulaOf } from "../auto/explain.ts";
import { fixedChoice } from "../auto/fixed.ts";
import type { Goal } from "../auto/goals.ts";
import { autoGoals } from "../auto/solve.ts";
import { type SchemeCall, schemeByName } from "../schemes/registry.ts";
import type { Formula, SchemeContext } from "../schemes/types.ts";
import type { PlannedTensor } from "../types.ts";
import type { ParameterUsage } from "../usage/types.ts";
import type { Known } from "./known.ts";
import { quantity } from "./term.ts";

export interface Chosen {
  readonly formula: Formula;
  readonly source: string;
  /** What `auto` aims at. */
  readonly goal: Goal | null;
}

/** The formula behind a planned tensor, and where it comes from. */
export function chosenBy(known: Known, usage: ParameterUsage, tensor: PlannedTensor): Chosen {
  const call = schemeByName(known.plan.scheme);
  const context: SchemeContext = { model: known.model, usages: known.usages, values: call.values, warn: () => {} };
  const { source } = call.scheme;
  if (call.scheme.name === "auto") {
    const goal = autoGoals(known.usages, known.plan.objective ?? "balanced").get(tensor.name) ?? null;
    const square = lawOf(tensor.initializer, tensor.shape).secondMoment;
    const solved = goal !== null || usage.part === "input-weight";
    const formula = solved
      ? formulaOf({ usage, goal, square, signals: known.signals, streams: known.usages.streams })
      : fixedChoice(usage, context).formula;
    return { formula: formula ?? asDrawn(tensor.initializer), source, goal };
  }
  // Measured gains are in the plan alone: the rule without data would give the start.
  const formula = call.scheme.name === "lsuv" ? undefined : ruled(call, usage, context);
  return { formula: formula ?? asDrawn(tensor.initializer), source, goal: null };
}

function ruled({ scheme }: SchemeCall, usage: ParameterUsage, context: SchemeContext): Formula | undefined {
  if (scheme.rule) return scheme.rule(usage, context).formula;
  if (scheme.name !== "critical") return undefined;
  const { name } = usage.parameter;
  return chooseCritical(context, [name]).get(name)?.formula;
}

/** Where a rule gives a number without working it out: the initializer's own. */
function asDrawn(initializer: Initializer): Formula {
  switch (initializer.kind) {
    case "zeros":
      return { decides: "value", term: quantity("constant", 0, "every element") };
    case "ones":
      return { decides: "value", term: quantity("constant", 1, "every element") };
    case "constant":
      return { decides: "value", term: quantity("constant", initializer.value, "every element") };
    case "normal":
    case "sparse":
    case "sinusoidal":
      return { decides: "std", term: quantity("σ", initializer.std, "the rule's number") };
    case "uniform":
      return { decides: "bound", term: quantity("bound", initializer.high, "the rule's number") };
    case "orthogonal":
    case "delta-orthogonal":
    case "identity":
      return { decides: "gain", term: quantity("gain", initializer.gain, "the rule's number") };
    case "nguyen-widrow":
      return { decides: "gain", term: quantity("β", initializer.beta, "the rule's number") };
    case "file":
      return { decides: "std", term: quantity("σ", initializer.std, "measured in the file") };
    case "truncated-normal":
      return { decides: "std", term: quantity("σ", initializer.std, "before the cut") };
    default:
      return { decides: "value", term: quantity("pattern", 1, `${initializer.kind}: no number of its own`) };
  }
}
