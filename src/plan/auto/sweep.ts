/**
 * One sweep of the solver: from signals measured under old weights to weights whose signals hit their goals.
 *
 * Propagation is asked for the whole graph at once; what a weight's choice changes downstream is followed here as a
 * factor on second moments. Weighted nodes pass it on exactly (second moments are proportional to Var(W) at mean 0 and
 * bias 0), activations through E[φ²] before and after, sums by their terms' shares. The next propagation corrects what
 * this leaves out (covariances, changed means), so two or three rounds settle.
 */

import type { Model, Node } from "../../model/types.ts";
import type { TensorSignal } from "../../propagate/types.ts";
import { linearSlope } from "../usage/linear-map.ts";
import type { ParameterUsage, Usages } from "../usage/types.ts";
import { momentsAt } from "./activation-moments.ts";
import { balance } from "./balance.ts";
import type { Goal } from "./goals.ts";

export interface SweepInput {
  readonly model: Model;
  readonly usages: Usages;
  readonly goals: ReadonlyMap<string, Goal>;
  readonly mode: "train" | "eval";
  /** Mean squares of the parameters that the propagation was made with. */
  readonly before: ReadonlyMap<string, number>;
  readonly signals: ReadonlyMap<string, TensorSignal>;
}

export interface SweepResult {
  /** New mean square of each solved parameter. */
  readonly after: ReadonlyMap<string, number>;
  /** Largest |ln(measured / wanted)| that the propagation showed. */
  readonly error: number;
}

/** Second moments beyond which a measured signal says nothing. */
const USABLE = { least: 1e-280, most: 1e280 } as const;

/** Solve every goal once, in topological order. */
export function sweep(input: SweepInput): SweepResult {
  const { model, usages, goals, signals } = input;
  const ratios = new Map<string, number>(model.inputs.map(({ name }) => [name, 1]));
  const after = new Map<string, number>();
  let error = 0;

  const measured = (tensor: string): number => signals.get(tensor)?.secondMoment ?? Number.NaN;
  const ratio = (tensor: string): number => ratios.get(tensor) ?? 1;
  const changeOf = (parameter: string): number => {
    const old = input.before.get(parameter) ?? 0;
    const now = after.get(parameter);
    return now === undefined || old === 0 ? 1 : now / old;
  };
  const streamSize = new Map<number, number>();
  for (const name of usages.byName.keys()) {
    const goal = goals.get(name);
    if (goal && goal.tensor === name) after.set(name, input.before.get(goal.like ?? "") ?? goal.value);
  }

  const branchTarget = (name: string, goalValue: number): number => {
    const residual = usages.byName.get(name)?.residual;
    if (!residual) return goalValue;
    let size = streamSize.get(residual.stream);
    if (size === undefined) {
      const skip = measured(residual.skip) * ratio(residual.skip);
      size = ratios.has(residual.skip) && usable(skip) ? skip : 1;
      streamSize.set(residual.stream, size);
    }
    return goalValue * size;
  };

  /** How much larger the source is than the real input, now and by what the sweep has changed: 1 where they are one. */
  const inputShortfall = (goal: Goal, real: string | null): number => {
    if (goal.source === null || real === null) return 1;
    const factor = (measured(goal.source) * ratio(goal.source)) / (measured(real) * ratio(real));
    return usable(factor) ? factor : 1;
  };

  const balancedTarget = (usage: ParameterUsage, goal: Goal): number | null => {
    const before = goal.weighs === "both" && goal.after !== null ? signals.get(goal.after) : undefined;
    if (!before || goal.after === null) return null;
    const factor = ratio(goal.after);
    const found = balance(
      usage,
      { mean: before.mean * Math.sqrt(factor), secondMoment: before.secondMoment * factor },
      goal,
    );
    return found && found.q * goal.share;
  };

  const solve = (name: string, node: Node, incoming: number): number => {
    const goal = goals.get(name);
    const usage = usages.byName.get(name);
    const old = input.before.get(name) ?? 0;
    if (!goal || !usage || usage.node !== node || old === 0) return changeOf(name);
    const like = input.before.get(goal.like ?? "");
    if (like !== undefined) {
      after.set(name, like);
      return changeOf(name);
    }
    const wanted =
      goal.kind === "branch" ? branchTarget(name, goal.value) : (balancedTarget(usage, goal) ?? goal.value);
    if (goal.weighs === "gradient") {
      after.set(name, backwardVariance(input, name, ratio));
      return changeOf(name);
    }
    const size = measured(goal.tensor) * inputShortfall(goal, usage.input);
    if (!usable(size) || !usable(incoming)) return 1;
    error = Math.max(error, Math.abs(Math.log(size / wanted)));
    const now = (old * wanted) / (size * incoming);
    if (usable(now)) after.set(name, now);
    return changeOf(name);
  };

  for (const node of model.nodes) {
    const factor = nodeRatio(node, { input, ratio, measured, solve, changeOf, branchTarget, after });
    for (const output of node.outputs) if (output !== "") ratios.set(output, factor);
  }
  return { after, error };
}

const usable = (value: number) => value > USABLE.least && value < USABLE.most;

/** Var(W) = 1/(fan_out·E[φ'²]) of the activation in front: the gradient keeps its size (He 2015, section 2.2, any φ). */
function backwardVariance(input: SweepInput, name: string, ratio: (tensor: string) => number): number {
  const usage = input.usages.byName.get(name)!;
  const { fanOut } = usage.fans.true;
  if (!usage.preceding) return 1 / fanOut;
  const source = usage.preceding.inputs[0] ?? "";
  const signal = input.signals.get(source);
  const factor = ratio(source);
  const q = signal ? signal.secondMoment * factor : 1;
  const mean = signal ? signal.mean * Math.sqrt(factor) : 0;
  const slope = momentsAt(usage.preceding.activation, mean, Math.max(q - mean * mean, 0)).derivativeSecondMoment;
  return slope > 0 ? 1 / (fanOut * slope) : 1 / fanOut;
}

interface Tools {
  readonly input: SweepInput;
  readonly ratio: (tensor: string) => number;
  readonly measured: (tensor: string) => number;
  readonly solve: (name: string, node: Node, incoming: number) => number;
  readonly changeOf: (parameter: string) => number;
  readonly branchTarget: (name: string, goalValue: number) => number;
  readonly after: Map<string, number>;
}

/** Factor on the second moment of a node's outputs. */
function nodeRatio(node: Node, tools: Tools): number {
  const { ratio } = tools;
  const first = node.inputs[0] ?? "";
  switch (node.kind) {
    case "linear":
    case "conv":
      return ratio(first) * tools.solve(node.weight, node, ratio(first));
    case "embedding":
      return tools.solve(node.table, node, 1);
    case "recurrent":
      for (const { inputWeight } of node.directions) solveGates(node, inputWeight, tools);
      return 1;
    case "softmax":
      return 1;
    case "normalize":
      return normalizeRatio(node, tools);
    case "activation":
      return activationRatio(node, tools);
    case "combine":
      return combineRatio(node, tools);
    case "matmul":
      return ratio(first) * ratio(node.inputs[1] ?? "");
    case "concat":
      return weightedRatio(node.inputs, tools);
    default:
      return first === "" ? 1 : operandRatio(first, tools);
  }
}

/** Input weights of a cell: Var(W) = 1/(fan_in·E[x²]), each gate's input part at second moment 1. */
function solveGates(node: Node, name: string, { input, ratio, measured, after }: Tools): void {
  const usage = input.usages.byName.get(name);
  const x = measured(node.inputs[0] ?? "") * ratio(node.inputs[0] ?? "");
  if (usage && usable(x)) after.set(name, 1 / (usage.fans.true.fanIn * x));
}

function normalizeRatio(node: Extract<Node, { kind: "normalize" }>, tools: Tools): number {
  const goal = node.scale ? tools.input.goals.get(node.scale) : undefined;
  if (node.scale && goal?.kind === "branch") tools.after.set(node.scale, tools.branchTarget(node.scale, goal.value));
  const scale = node.scale ? tools.changeOf(node.scale) : 1;
  const measuresItself = node.method !== "batch" || tools.input.mode === "train";
  return measuresItself ? scale : scale * tools.ratio(node.inputs[0] ?? "");
}

function activationRatio(node: Extract<Node, { kind: "activation" }>, tools: Tools): number {
  const tensor = node.inputs[0] ?? "";
  const factor = tools.ratio(tensor);
  if (Math.abs(factor - 1) < 1e-9 || node.slope !== null || linearSlope(node.activation) !== null) return factor;
  const signal = tools.input.signals.get(tensor);
  if (!signal || !usable(signal.secondMoment)) return factor;
  const variance = Math.max(signal.secondMoment - signal.mean ** 2, 0);
  const old = momentsAt(node.activation, signal.mean, variance).secondMoment;
  const now = momentsAt(node.activation, signal.mean * Math.sqrt(factor), variance * factor).secondMoment;
  return old > 0 && usable(now / old) ? now / old : factor;
}

function combineRatio(node: Extract<Node, { kind: "combine" }>, tools: Tools): number {
  const [left = "", right = ""] = node.inputs;
  switch (node.operation) {
    case "add":
    case "subtract":
      return weightedRatio(node.inputs, tools);
    case "multiply": {
      for (const name of node.inputs) solveLayerScale(node, name, tools);
      return operandRatio(left, tools) * operandRatio(right, tools);
    }
    case "divide":
      return operandRatio(left, tools) / operandRatio(right, tools);
    case "maximum":
    case "minimum":
      return Math.max(operandRatio(left, tools), operandRatio(right, tools));
    case "power":
      return operandRatio(left, tools);
  }
}

function solveLayerScale(node: Node, name: string, tools: Tools): void {
  const goal = tools.input.goals.get(name);
  const old = tools.input.before.get(name) ?? 0;
  if (goal?.kind !== "branch" || old === 0) return;
  const incoming = node.inputs.find((other) => other !== name) ?? "";
  const size = tools.measured(node.outputs[0] ?? "") * tools.ratio(incoming);
  if (usable(size)) tools.after.set(name, (old * tools.branchTarget(name, goal.value)) / size);
}

function operandRatio(name: string, tools: Tools): number {
  return tools.input.model.parameters.has(name) ? tools.changeOf(name) : tools.ratio(name);
}

/** Σ qᵢrᵢ / Σ qᵢ over the terms, sizes counted. */
function weightedRatio(inputs: readonly string[], tools: Tools): number {
  let old = 0;
  let now = 0;
  for (const name of inputs) {
    const size = (tools.input.model.tensors.get(name)?.shape ?? [1]).reduce((a, b) => a * b, 1);
    const q = tools.input.model.parameters.has(name) ? (tools.input.before.get(name) ?? 0) : tools.measured(name);
    if (!usable(q)) continue;
    old += size * q;
    now += size * q * operandRatio(name, tools);
  }
  return old > 0 && usable(now / old) ? now / old : 1;
}
