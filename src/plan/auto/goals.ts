/** What `auto` wants of each weight: the second moment of the tensor that the weight decides. */

import type { Node } from "../../model/types.ts";
import { attendedValues } from "../usage/attention.ts";
import { flowingInputs, type Graph, isRearranging } from "../usage/graph.ts";
import { scalingFactor } from "../usage/linear-map.ts";
import { solvedTensor } from "../usage/neighbours.ts";
import type { ParameterUsage, Usages } from "../usage/types.ts";
import { type OperatingPoint, operatingPoint } from "./operating-point.ts";
import { followers, runLengths } from "./runs.ts";

export type Objective = "forward" | "backward" | "balanced";

/**
 * Outputs as large as the pre-activations before them. With signals level and χ₁ = 1, a hidden layer's share of the tangent
 * kernel (Jacot, Gabriel & Hongler 2018), E‖∂f/∂W‖², is the readout's times the outputs' mean square: at 1 all layers learn
 * alike, below it the readout learns alone at first (at 1/16, the deep network of docs/race.md ends at a loss of 1.71 after
 * 100 steps where 1 gives 1.27). The price is a first loss of at most ln(classes) + 1/2, by Jensen's inequality.
 */
export const READOUT_SECOND_MOMENT = 1;

export type GoalKind = "hidden" | "scale-free" | "readout" | "branch" | "scores" | "linear";

export interface Goal {
  readonly kind: GoalKind;
  /** Tensor whose second moment is aimed at. */
  readonly tensor: string;
  /** Its second moment; for a branch the share (1/L) of the stream's. */
  readonly value: number;
  /** Part of a sum's second moment that this term has: 1 where it is not a term. */
  readonly share: number;
  readonly point: OperatingPoint | null;
  /** Weights in a row; 0 where it does not matter. */
  readonly run: number;
  /** What the gradient has to say: nothing (null), all ("gradient") or as much as the signal ("both"). */
  readonly weighs: "both" | "gradient" | null;
  /** Tensor of the pre-activation before: what gains are counted from. */
  readonly after: string | null;
  /** Tied table whose rows this one is added to: it takes that table's size, whatever the readout made of it. */
  readonly like: string | null;
  /**
   * Tensor that counts as the weight's input instead of the real one: attention's values, not their average. The average
   * of n values is as small as 1/n at the start and whole once attention decides; a weight sized for the average would
   * depend on the length of the sequence and blow up later.
   */
  readonly source: string | null;
}

/** Goals by parameter name, for every matrix, kernel and table that a linear, conv or embedding node uses. */
export function goalsOf(usages: Usages, objective: Objective): ReadonlyMap<string, Goal> {
  const runs: Runs = { lengths: runLengths(usages), followers: followers(usages) };
  const adds = new Set<Node>(usages.residuals.map(({ add }) => add));
  const goals = new Map<string, Goal>();
  for (const [name, usage] of usages.byName) {
    const goal = goalOf(usages, usage, runs, adds, objective);
    if (goal) goals.set(name, goal);
  }
  return goals;
}

interface Runs {
  readonly lengths: ReadonlyMap<Node, number>;
  readonly followers: ReadonlySet<Node>;
}

function goalOf(
  usages: Usages,
  usage: ParameterUsage,
  runs: Runs,
  adds: ReadonlySet<Node>,
  objective: Objective,
): Goal | null {
  const { graph } = usages;
  const bare = (usage.part === "position" || usage.part === "token") && usage.node?.kind !== "embedding";
  if (bare) {
    const share = shareOfSum(graph, usage.parameter.name, adds);
    const like = tiedPartner(usages, usage.parameter.name);
    return {
      kind: "linear",
      tensor: usage.parameter.name,
      value: share,
      share,
      point: null,
      run: 0,
      weighs: null,
      after: null,
      like,
      source: null,
    };
  }
  const solvable = usage.part === "weight" || usage.part === "table" || usage.part === "position";
  if (!solvable || usage.output === null || !usage.node) return null;
  const tensor = solvedTensor(graph, usage.output);
  const share = shareOfSum(graph, tensor, adds);
  const like = usage.part === "position" ? tiedPartner(usages, usage.output) : null;
  const source = usage.input === null ? null : attendedValues(graph, usage.input);
  const plain = { tensor, share, point: null, run: 0, weighs: null, after: null, like, source } as const;
  if (usage.writes && usage.residual) {
    const length = usages.streams[usage.residual.stream] ?? 1;
    return { ...plain, kind: "branch", value: 1 / length };
  }
  if (usage.readout !== null) return { ...plain, kind: "readout", value: READOUT_SECOND_MOMENT * share };
  if (usage.normalized) return { ...plain, kind: "scale-free", value: share };
  if (usage.attention && (usage.attention.query || usage.attention.key)) {
    const { headSize, scale } = usage.attention;
    return { ...plain, tensor: usage.output, kind: "scores", value: 1 / (Math.sqrt(headSize) * Math.abs(scale) || 1) };
  }
  const chained =
    usage.preceding === null && usage.part === "weight" && share === 1 ? weightBefore(usages, usage) : null;
  if (!usage.activation || usage.part !== "weight")
    return { ...plain, kind: "linear", value: share, ...weighed(objective, chained) };
  const run = runs.lengths.get(usage.node) ?? 1;
  const reference = usage.activation.activation;
  const point = operatingPoint(reference, objective === "forward" ? 1 : run);
  const q = objective === "forward" ? 1 : point.q;
  const before = usage.preceding?.inputs[0] ?? null;
  // What comes from a skip or a norm has a size of its own: only in a run do both directions meet.
  const counted = objective === "balanced" && !runs.followers.has(usage.node) ? null : before;
  return { ...plain, kind: "hidden", value: q * share, point, run, ...weighed(objective, counted ?? chained) };
}

/** What an objective weighs at a weight that stands behind the pre-activation `after`. */
function weighed(objective: Objective, after: string | null): Pick<Goal, "weighs" | "after"> {
  if (after === null || objective === "forward") return { weighs: null, after };
  return { weighs: objective === "backward" ? "gradient" : "both", after };
}

/** The output of the weight that another one follows directly, as in a linear network; null where anything is between. */
function weightBefore({ graph }: Usages, usage: ParameterUsage): string | null {
  let tensor = usage.input;
  while (tensor !== null && graph.consumers.get(tensor)?.length === 1) {
    const node: Node | undefined = graph.producer.get(tensor);
    if (!node) return null;
    if (node.kind === "linear" || node.kind === "conv") return tensor;
    if (!isRearranging(node) && scalingFactor(node) === null) return null;
    const inputs: readonly string[] = flowingInputs(graph, node);
    tensor = inputs.length === 1 ? (inputs[0] ?? null) : null;
  }
  return null;
}

/** 1/k where a tensor is one of k terms of a sum that is no skip (token + position, two inputs), otherwise 1. */
function shareOfSum(graph: Graph, tensor: string, residualAdds: ReadonlySet<Node>): number {
  let current = tensor;
  let share = 1;
  for (;;) {
    const consumers = graph.consumers.get(current) ?? [];
    const node = consumers[0];
    if (!node || consumers.length !== 1) return share;
    if (node.kind === "combine" && node.operation === "add" && !residualAdds.has(node)) {
      const terms = flowingInputs(graph, node).length + positionTerms(graph, node, current);
      if (terms > 1) share /= terms;
    } else if (!isRearranging(node)) return share;
    current = node.outputs[0] ?? "";
  }
}

/** Whole-tensor parameters (not a number a channel) among a sum's terms. */
function positionTerms(graph: Graph, node: Node, counted: string): number {
  return node.inputs.filter((input) => {
    const shape = graph.model.parameters.get(input)?.shape;
    return input === counted ? shape !== undefined : shape !== undefined && shape.filter((n) => n > 1).length > 1;
  }).length;
}

/** The table that is both read and multiplied by, where its rows are the other term of the sum that `value` goes into. */
function tiedPartner({ graph, byName }: Usages, value: string): string | null {
  const sum = graph.consumers.get(value)?.find((node) => node.kind === "combine" && node.operation === "add");
  for (const input of sum?.inputs ?? []) {
    const producer = graph.producer.get(input);
    if (producer?.kind === "embedding" && byName.get(producer.table)?.tied) return producer.table;
  }
  return null;
}
