/** `auto`: variances of all weights together, such that propagation through this graph meets every goal. */

import type { Initializer } from "../../init/types.ts";
import { propagate, startPropagation } from "../../propagate/index.ts";
import type { ParameterLaw, PropagateOptions, Propagation } from "../../propagate/types.ts";
import { parameterLaw } from "../parameter-law.ts";
import { type Law, normal, truncated, uniform } from "../schemes/laws.ts";
import type { Choice, SchemeContext } from "../schemes/types.ts";
import type { ParameterUsage, Usages } from "../usage/types.ts";
import { momentsAt } from "./activation-moments.ts";
import { type Explained, explain } from "./explain.ts";
import { heldBack } from "./feasible.ts";
import { fixedChoice } from "./fixed.ts";
import { type Goal, goalsOf, type Objective } from "./goals.ts";
import { CLOSE_ENOUGH, type Settling, settle } from "./settle.ts";

export type Distribution = "truncated-normal" | "normal" | "uniform" | "orthogonal";

export interface SolveOptions {
  readonly objective: Objective;
  readonly distribution: Distribution;
  readonly propagate: PropagateOptions & { readonly mode: "train" | "eval" };
}

export interface Solution {
  readonly choices: ReadonlyMap<string, Choice>;
  readonly propagation: Propagation | null;
}

/** Passes that settle, at most. One does, where no weight is used before the tensor that decides it; tied tables take a few. */
const MOST_PASSES = 6;

/**
 * Choices for every parameter of a model, solved against its own propagation.
 *
 * @example solveAuto(context, { objective: "balanced", distribution: "truncated-normal", propagate: { mode: "train" } })
 */
export function solveAuto(context: SchemeContext, options: SolveOptions): Solution {
  const { model, usages } = context;
  const goals = autoGoals(usages, options.objective);
  const squares = new Map<string, number>();
  const fixed = new Map<string, Choice>();
  const laws = new Map<string, ParameterLaw>();
  for (const [name, usage] of usages.byName) {
    if (isSolved(usage, goals.get(name))) squares.set(name, firstGuess(usage, goals.get(name)));
    else {
      const choice = fixedChoice(usage, context);
      fixed.set(name, choice);
      laws.set(name, parameterLaw(choice.initializer, usage.parameter.shape));
    }
  }
  const { kurtosis = 3 } =
    options.distribution === "orthogonal" ? {} : parameterLaw(LAWS[options.distribution](1), [1, 1]);
  const law = (name: string): ParameterLaw => {
    const square = squares.get(name);
    if (square !== undefined)
      return isScale(usages.byName.get(name))
        ? { mean: Math.sqrt(square), variance: 0 }
        : { mean: 0, variance: square, kurtosis };
    return laws.get(name) ?? { mean: 0, variance: 0 };
  };
  const propagation = model.nodes.length > 0 ? settled({ model, usages, goals, squares }, law, options) : null;
  for (const warning of heldBack(usages, goals, propagation?.signals ?? null)) context.warn(warning);
  const choices = new Map<string, Choice>();
  for (const [name, usage] of usages.byName) {
    const done = fixed.get(name);
    if (done) {
      choices.set(name, done);
      continue;
    }
    const square = squares.get(name) ?? 0;
    const known: Explained = {
      usage,
      goal: goals.get(name) ?? null,
      square,
      signals: propagation?.signals ?? null,
      streams: usages.streams,
    };
    choices.set(name, { initializer: drawn(usage, square, options.distribution), why: explain(known) });
  }
  return { choices, propagation };
}

/** The propagation in which every goal is met, as far as it can be; `squares` are those that it was made with. */
function settled(
  solved: Omit<Settling, "pass">,
  law: (name: string) => ParameterLaw,
  options: SolveOptions,
): Propagation {
  for (let passes = 0; passes < MOST_PASSES; passes++) {
    const pass = startPropagation(solved.model, law, options.propagate);
    if (settle({ ...solved, pass }) < CLOSE_ENOUGH) return pass.backward();
  }
  return propagate(solved.model, law, options.propagate);
}

/** Every goal of `auto`, by parameter name. */
export function autoGoals(usages: Usages, objective: Objective): ReadonlyMap<string, Goal> {
  return new Map([...goalsOf(usages, objective), ...writerGoals(usages)]);
}

/** Norm scales and layer scales that set a residual branch's size. */
function writerGoals(usages: Usages): ReadonlyMap<string, Goal> {
  const goals = new Map<string, Goal>();
  for (const [name, usage] of usages.byName) {
    if (!usage.writes || !usage.residual || !isScale(usage)) continue;
    const value = 1 / (usages.streams[usage.residual.stream] ?? 1);
    goals.set(name, {
      kind: "branch",
      tensor: usage.residual.branch,
      value,
      share: 1,
      point: null,
      run: 0,
      weighs: null,
      after: null,
      like: null,
      source: null,
    });
  }
  return goals;
}

function isScale(usage: ParameterUsage | undefined): boolean {
  return usage !== undefined && (usage.part === "scale" || usage.part === "layer-scale");
}

function isSolved(usage: ParameterUsage, goal: Goal | undefined): boolean {
  return goal !== undefined || usage.part === "input-weight" || (usage.node === null && usage.part === "weight");
}

/** Local guess: this weight's fan, the activation in front at its usual size, the goal. */
function firstGuess(usage: ParameterUsage, goal: Goal | undefined): number {
  const wanted = goal?.value ?? 1;
  if (isScale(usage) || goal?.tensor === usage.parameter.name) return wanted;
  if (usage.node?.kind === "embedding") return wanted;
  const incoming = usage.preceding ? momentsAt(usage.preceding.activation, 0, 1).secondMoment : 1;
  const sensible = incoming > 1e-6 && incoming < 1e6 ? incoming : 1;
  return wanted / (usage.fans.true.fanIn * sensible);
}

const LAWS: Readonly<Record<Exclude<Distribution, "orthogonal">, Law>> = {
  "truncated-normal": truncated,
  normal,
  uniform,
};

function drawn(usage: ParameterUsage, square: number, distribution: Distribution): Initializer {
  if (isScale(usage)) return { kind: "constant", value: Math.sqrt(square) };
  const { shape } = usage.parameter;
  const isTable = usage.node?.kind === "embedding" || shape.length < 2;
  if (distribution !== "orthogonal") return LAWS[distribution](square);
  if (isTable) return normal(square);
  // Orthonormal rows or columns: an entry has variance gain²/max(rows, columns).
  const blocks = Math.max(1, usage.gates.length);
  const rows = (shape[0] ?? 1) / blocks;
  const columns = shape.slice(1).reduce((a, b) => a * b, 1);
  const gain = Math.sqrt(square * Math.max(rows, columns));
  return blocks > 1 ? { kind: "orthogonal", gain, blocks } : { kind: "orthogonal", gain };
}
