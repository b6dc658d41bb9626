import { flows, type Graph } from "../../plan/usage/graph.ts";
import { figure } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";

/** Whether a normalization stands before the first weight on every way from the input. */
function isNormalizedFirst(graph: Graph): boolean {
  const queue = graph.model.inputs.map(({ name }) => name);
  const seen = new Set(queue);
  for (let i = 0; i < queue.length; i++)
    for (const node of graph.consumers.get(queue[i]!) ?? []) {
      if (node.kind === "normalize") continue;
      if (node.kind === "linear" || node.kind === "conv" || node.kind === "recurrent" || node.kind === "matmul")
        return false;
      for (const output of node.outputs)
        if (flows(graph, output) && !seen.has(output)) {
          seen.add(output);
          queue.push(output);
        }
    }
  return true;
}

function find({ data, model, usages, limit }: RuleContext): Finding[] {
  if (data === null || model.nodes.length === 0 || isNormalizedFirst(usages.graph)) return [];
  const { mean, std, min, max, secondMoment, name } = data;
  const large = secondMoment > limit("warning");
  const small = secondMoment < limit("small");
  const offset = Math.abs(mean) > limit("offset") * std;
  if (!large && !small && !offset) return [];
  const input = model.inputs[0]?.name;
  const ratio = figure(secondMoment);
  return [
    {
      rule: "unnormalized-input",
      severity: secondMoment > limit("error") ? "error" : "warning",
      ...(input === undefined ? {} : { node: input }),
      message: `entries of ${name} run from ${figure(min)} to ${figure(max)} with mean ${figure(mean)} and standard deviation ${figure(std)}: the first layer's signal is ${ratio} times, its steepest curvature about ${ratio} times that of normalized inputs`,
      evidence: { mean, std, min, max, secondMoment, rows: data.rows, features: data.features },
      fix: `subtract ${figure(mean)} and divide by ${figure(std)} before the first layer (or feature by feature), in training and in use alike`,
    },
  ];
}

export const unnormalizedInput: Rule = {
  name: "unnormalized-input",
  severity: "error",
  reads: ["run"],
  summary: "input far from mean 0 and variance 1",
  initialization: false,
  thresholds: {
    warning: { default: 10, meaning: "mean square of an entry; normalized it is 1" },
    error: {
      default: 1000,
      meaning: "the same: the largest stable step is a thousandth (0…255 bytes have about 10,000)",
    },
    small: {
      default: 1e-3,
      meaning: "mean square of an entry below which the first layer hears nothing but its biases",
    },
    offset: {
      default: 5,
      meaning: "mean over standard deviation: the curvature along the mean is 25 times all others together",
    },
  },
  stage: "input",
  find,
};
