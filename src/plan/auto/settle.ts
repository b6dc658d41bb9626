/**
 * `auto` in one pass through the graph: each weight is settled as soon as the tensor that it decides has been made.
 *
 * Everything before that tensor is final by then, so its size under the weight's present variance says what the variance
 * must be: second moments are proportional to Var(W) at mean 0 and bias 0, and what is not quite so (logits by the
 * embedding's own table) takes a second correction. Only the nodes between a weight and its tensor are visited again.
 * A weight that was used earlier too (a tied table) needs another pass.
 */

import type { Model, Node } from "../../model/types.ts";
import type { ForwardPass } from "../../propagate/index.ts";
import type { ParameterUsage, Usages } from "../usage/types.ts";
import { momentsAt } from "./activation-moments.ts";
import { balance } from "./balance.ts";
import type { Goal } from "./goals.ts";

export interface Settling {
  readonly model: Model;
  readonly usages: Usages;
  readonly goals: ReadonlyMap<string, Goal>;
  /** Mean square of each solved parameter, set as the pass goes on; `pass` reads its laws from here. */
  readonly squares: Map<string, number>;
  readonly pass: ForwardPass;
}

/** Largest |ln(predicted / wanted)| that is left standing: half a percent. */
export const CLOSE_ENOUGH = 0.005;
/** |ln(predicted / wanted)| that is not worth visiting a node again. */
const EXACT = 1e-6;
const MOST_CORRECTIONS = 4;
/** Second moments beyond which a predicted signal says nothing. */
const USABLE = { least: 1e-280, most: 1e280 } as const;

const usable = (value: number) => value > USABLE.least && value < USABLE.most;
const distance = (a: number, b: number) => Math.abs(Math.log(a / b));

interface Settled {
  readonly tensor: string;
  readonly wanted: number;
}

interface Course extends Settling {
  /** Mean square of the stream that a residual branch is added to, by stream: as it is before the first branch. */
  readonly streamSizes: Map<number, number>;
  readonly settled: Settled[];
  /** Largest change of a parameter that nodes have been visited with before. */
  stale: number;
}

/** Goes through all nodes, settling every goal; returns the largest |ln(predicted / wanted)| that is left. */
export function settle(settling: Settling): number {
  const { model, usages, goals, squares, pass } = settling;
  const course: Course = { ...settling, streamSizes: new Map(), settled: [], stale: 0 };
  const before = new Map<Node, string[]>();
  const after = new Map<string, string[]>();
  for (const [name, usage] of usages.byName) {
    const goal = goals.get(name);
    if (usage.part === "input-weight" && squares.has(name)) append(before, usage.node, name);
    if (!goal) continue;
    if (goal.tensor === name) squares.set(name, likeOf(course, goal) ?? goal.value);
    else if (isKnownBefore(course, usage, goal)) append(before, usage.node, name);
    else append(after, tensorOf(usage, goal), name);
  }
  model.nodes.forEach((node, position) => {
    for (const name of before.get(node) ?? []) settleBefore(course, name);
    pass.visit(node);
    for (const output of node.outputs) for (const name of after.get(output) ?? []) settleAfter(course, name, position);
  });
  return largestError(course);
}

function append<K>(lists: Map<K, string[]>, key: K | null, name: string): void {
  if (key === null) return;
  const list = lists.get(key);
  if (list) list.push(name);
  else lists.set(key, [name]);
}

const likeOf = ({ squares }: Settling, { like }: Goal): number | undefined =>
  like === null ? undefined : squares.get(like);

/** Whether what comes into the node decides: the size of another table, a gradient, a norm whose output has size 1 without it. */
const isKnownBefore = (settling: Settling, usage: ParameterUsage, goal: Goal): boolean =>
  usage.part === "scale" || goal.weighs === "gradient" || likeOf(settling, goal) !== undefined;

/** The tensor whose size is measured; for a layer scale the product that it is a factor of. */
const tensorOf = (usage: ParameterUsage, goal: Goal): string =>
  usage.part === "layer-scale" ? (usage.node?.outputs[0] ?? goal.tensor) : goal.tensor;

const measured = ({ pass }: Settling, tensor: string): number => pass.signal(tensor)?.secondMoment ?? Number.NaN;

function settleBefore(course: Course, name: string): void {
  const { usages, goals, squares } = course;
  const usage = usages.byName.get(name);
  const goal = goals.get(name);
  if (!usage) return;
  if (!goal) {
    // Input weights of a cell: each gate's input part at second moment 1.
    const x = measured(course, usage.node?.inputs[0] ?? "");
    if (usable(x)) squares.set(name, 1 / (usage.fans.true.fanIn * x));
    return;
  }
  const like = likeOf(course, goal);
  if (like !== undefined) squares.set(name, like);
  else if (goal.weighs === "gradient") squares.set(name, backwardVariance(course, usage));
  else squares.set(name, branchTarget(course, usage, goal));
}

function settleAfter(course: Course, name: string, position: number): void {
  const { usages, goals, squares } = course;
  const usage = usages.byName.get(name);
  const goal = goals.get(name);
  const node = usage?.node;
  if (!usage || !goal || !node) return;
  const tensor = tensorOf(usage, goal);
  const start = usages.graph.position.get(node) ?? position;
  const isUsedEarlier = usage.uses.some((use) => (usages.graph.position.get(use) ?? start) < start);
  const wanted = wantedOf(course, usage, goal) / inputShortfall(course, usage, goal);
  for (let correction = 0; correction < MOST_CORRECTIONS; correction++) {
    const size = measured(course, tensor);
    const old = squares.get(name) ?? 0;
    const now = (old * wanted) / size;
    if (!usable(size) || !usable(now)) return;
    const off = distance(size, wanted);
    if (off < (isUsedEarlier ? CLOSE_ENOUGH : EXACT)) break;
    squares.set(name, now);
    if (isUsedEarlier) course.stale = Math.max(course.stale, off);
    visitAgain(course, usage, start, position);
  }
  course.settled.push({ tensor, wanted });
}

/** Visits what the weight changes of the nodes start … end. */
function visitAgain({ model, pass }: Course, usage: ParameterUsage, start: number, end: number): void {
  const changed = new Set<string>();
  for (const node of model.nodes.slice(start, end + 1)) {
    if (!usage.uses.includes(node) && !node.inputs.some((input) => changed.has(input))) continue;
    pass.visit(node);
    for (const output of node.outputs) changed.add(output);
  }
}

const wantedOf = (course: Course, usage: ParameterUsage, goal: Goal): number =>
  goal.kind === "branch" ? branchTarget(course, usage, goal) : (balancedTarget(course, usage, goal) ?? goal.value);

/** The branch's share of what its stream's first skip carries; 1 where that is not known yet. */
function branchTarget(course: Course, { residual }: ParameterUsage, goal: Goal): number {
  if (!residual) return goal.value;
  let size = course.streamSizes.get(residual.stream);
  if (size === undefined) {
    const skip = measured(course, residual.skip);
    size = usable(skip) ? skip : 1;
    course.streamSizes.set(residual.stream, size);
  }
  return goal.value * size;
}

function balancedTarget({ pass }: Course, usage: ParameterUsage, goal: Goal): number | null {
  const before = goal.weighs === "both" && goal.after !== null ? pass.signal(goal.after) : undefined;
  const found = before ? balance(usage, before, goal) : null;
  return found && found.q * goal.share;
}

/** How much larger the source is than the real input: 1 where they are one. */
function inputShortfall(course: Course, { input }: ParameterUsage, { source }: Goal): number {
  if (source === null || input === null) return 1;
  const factor = measured(course, source) / measured(course, input);
  return usable(factor) ? factor : 1;
}

/** Var(W) = 1/(fan_out·E[φ'²]) of the activation in front: the gradient keeps its size (He 2015, section 2.2, any φ). */
function backwardVariance({ pass }: Course, { fans, preceding }: ParameterUsage): number {
  const { fanOut } = fans.true;
  if (!preceding) return 1 / fanOut;
  const { mean = 0, secondMoment = 1 } = pass.signal(preceding.inputs[0] ?? "") ?? {};
  const variance = Math.max(secondMoment - mean * mean, 0);
  const slope = momentsAt(preceding.activation, mean, variance).derivativeSecondMoment;
  return slope > 0 ? 1 / (fanOut * slope) : 1 / fanOut;
}

function largestError(course: Course): number {
  let error = course.stale;
  for (const { tensor, wanted } of course.settled) error = Math.max(error, distance(measured(course, tensor), wanted));
  for (const [name, goal] of course.goals) {
    const like = likeOf(course, goal);
    const own = course.squares.get(name);
    if (like !== undefined && own !== undefined) error = Math.max(error, distance(own, like));
  }
  return error;
}
