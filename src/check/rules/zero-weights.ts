import { isZero, type TensorFacts } from "../facts/types.ts";
import { closedBehind, reasonForZero } from "../legitimate.ts";
import { counterparts } from "../names.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";
import { isMultiplied, matricesOf, readsOutByShape } from "./weights.ts";

interface Place {
  readonly everything: boolean;
  readonly graph: boolean;
  /** Zeros behind it. */
  readonly closed: string | null;
}

function messageOf({ everything, closed }: Place): string {
  if (everything) return "every weight of the model is 0: no input reaches the output, no gradient a hidden layer";
  if (closed === null) return "all values are 0: no input passes the layer, and no gradient comes back through it";
  return `all values are 0, and so are those of ${closed} behind it: of two zeros in a row neither gets a gradient, the branch stays closed`;
}

function finding(facts: TensorFacts, place: Place): Finding {
  const { name, count, usage } = facts;
  const { everything, graph, closed } = place;
  return {
    rule: "zero-weights",
    // Without a graph nobody knows what stands beside the tensor.
    severity: graph || everything ? "error" : "warning",
    tensor: name,
    ...(usage.node ? { node: usage.node.name } : {}),
    message: messageOf(place),
    evidence: {
      zeros: count,
      count,
      fanIn: usage.fans.true.fanIn,
      fanOut: usage.fans.true.fanOut,
      ...(closed === null ? {} : { closed }),
    },
    fix: "draw the tensor from a law that breaks symmetry, such as epoch0 init --fix does",
    redraw: [name],
  };
}

/** Without a graph: zero at this place of every numbered block that holds other weights, which no accident does. */
function inEveryBlock(facts: TensorFacts, matrices: readonly TensorFacts[]): boolean {
  if (facts.usage.node !== null) return false;
  const zeros = new Map(matrices.map((each) => [each.name, isZero(each)]));
  const names = [...zeros.keys()];
  return counterparts(facts.name, names).some(
    (places) =>
      places.length > 1 &&
      places.every(
        ({ name, block }) => zeros.get(name) && names.some((other) => other.startsWith(block) && !zeros.get(other)),
      ),
  );
}

function find(context: RuleContext): Finding[] {
  const { model, usages } = context;
  const matrices = matricesOf(context).filter(isMultiplied);
  const last = matrices.at(-1);
  const zeros = matrices.filter(isZero);
  if (zeros.length === 0) return [];
  const graph = model.nodes.length > 0;
  const everything = zeros.length === matrices.length && matrices.length > 1;
  if (everything) {
    // A file that says 0 for everything says so of its norms, too: they are drawn with the weights.
    const scales = [...context.facts.values()].filter((facts) => facts.usage.part === "scale" && isZero(facts));
    const names = scales.map(({ name }) => name);
    return zeros.map((facts, i) => {
      const found = finding(facts, { everything, graph, closed: null });
      return i === 0 ? { ...found, redraw: [facts.name, ...names] } : found;
    });
  }
  const isZeroByName = (name: string) => {
    const facts = context.facts.get(name);
    return facts !== undefined && isZero(facts);
  };
  return zeros.flatMap((facts) => {
    const closed = closedBehind(facts.usage, usages, isZeroByName);
    const mayReadOut = facts === last || readsOutByShape(facts, matrices);
    const meant = reasonForZero(facts.usage, usages, { mayReadOut }) !== null || inEveryBlock(facts, matrices);
    return meant && closed === null ? [] : [finding(facts, { everything, graph, closed })];
  });
}

/** All-zero weights that no published recipe explains. */
export const zeroWeights: Rule = {
  name: "zero-weights",
  severity: "error",
  reads: ["weights"],
  summary: "a weight of all zeros where none belongs",
  initialization: true,
  thresholds: {},
  stage: "values",
  find,
};
