/** The line through the graph that a derivation follows: back to the input, and on to the output. */

import type { Node } from "../../model/types.ts";
import { flowingInputs } from "../usage/graph.ts";
import { backwardStep, outputStep } from "./backward.ts";
import { forwardStep } from "./forward.ts";
import { type Known, step, symbolOf } from "./known.ts";
import { quantity, square, sum } from "./term.ts";
import type { Step } from "./types.ts";

interface Passed {
  readonly node: Node;
  /** The tensor that the line enters by (null where it starts here) and the one it leaves by. */
  readonly from: string | null;
  readonly to: string;
}

/** Of several inputs, the one that brings most of the mean square; the first of equals. */
function mainInput(known: Known, node: Node): string | null {
  let best: string | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const input of flowingInputs(known.usages.graph, node)) {
    const size = known.signals.get(input)?.secondMoment ?? -1;
    if (size > most * (1 + 1e-9) || best === null) {
      most = size;
      best = input;
    }
  }
  return best;
}

function lineTo(known: Known, tensor: string): readonly Passed[] {
  const line: Passed[] = [];
  let current: string | null = tensor;
  while (current !== null) {
    const node: Node | undefined = known.usages.graph.producer.get(current);
    if (!node) break;
    const from: string | null = mainInput(known, node);
    line.unshift({ node, from, to: current });
    current = from;
  }
  return line;
}

/** Steps from the model's input to `tensor`, nodes that change no number left out. */
export function stepsTo(known: Known, tensor: string): readonly Step[] {
  const line = lineTo(known, tensor);
  const start = line[0] === undefined ? tensor : line[0].from;
  const steps = start === null ? [] : inputSteps(known, start);
  for (const { node, to } of line) {
    const next = forwardStep(known, node, to);
    if (next) steps.push(next);
  }
  return steps;
}

function inputSteps(known: Known, input: string): Step[] {
  const signal = known.signals.get(input);
  if (!signal || known.model.inputs.find(({ name }) => name === input)?.vocabulary != null) return [];
  const mean = quantity("μ", signal.mean, "mean of an entry of the input");
  const variance = quantity("σ²", signal.secondMoment - signal.mean ** 2, "variance of an entry of the input");
  return [
    step("input", {
      title: input === "input" ? input : `input ${input}`,
      symbol: symbolOf(known, input),
      term: sum(square(mean), variance),
      source: "--input-mean, --input-variance",
    }),
  ];
}

/** Steps of the gradient from the model's output back to `tensor`; empty where no output is reached. */
export function gradientSteps(known: Known, tensor: string): readonly Step[] {
  const line: { node: Node; from: string; to: string }[] = [];
  let current = tensor;
  while (!known.usages.graph.outputs.has(current)) {
    const consumers: readonly Node[] = known.usages.graph.consumers.get(current) ?? [];
    const node = consumers[consumers.length - 1];
    const to = node?.outputs.find((name) => known.signals.has(name));
    if (!node || to === undefined) return [];
    line.push({ node, from: current, to });
    current = to;
  }
  const steps: Step[] = [outputStep(known, current)];
  for (const { node, from, to } of line.reverse()) {
    const next = backwardStep(known, node, to, from);
    if (next) steps.push(next);
  }
  return steps;
}
