/**
 * Elementwise fusion: two branches that are both functions of one tensor and meet again are one function of it.
 *
 * x·sigmoid(x) is one activation, not a product of two signals. Only the meeting needs fusing: relu(x) that feeds a
 * residual stays a node of its own. The source is the nearest tensor that both branches come from.
 */

import type { BinaryFunction, Expression } from "../../../activation/expression.ts";
import type { CombineNode, Node } from "../../../model/types.ts";
import { MAX_EXPRESSION_PARTS } from "../caps.ts";
import { compose, op, sizeOf, X } from "../expressions.ts";
import { sameShape } from "../shape.ts";
import { type Draft, infoOf } from "./graph.ts";

/** The value is `expression` of `parent`. */
interface Link {
  readonly parent: string;
  readonly expression: Expression;
  readonly op: string;
}

const FUNCTIONS: Readonly<Record<CombineNode["operation"], BinaryFunction>> = {
  add: "add",
  subtract: "sub",
  multiply: "mul",
  divide: "div",
  maximum: "max",
  minimum: "min",
  power: "pow",
};

/** Longest written-out activations have about ten operators on a branch. */
const MAX_BRANCH = 32;

function ancestry(links: ReadonlyMap<string, Link>, name: string): string[] {
  const path = [name];
  for (let link = links.get(name); link && path.length < MAX_BRANCH; link = links.get(link.parent))
    path.push(link.parent);
  return path;
}

/** `name` as a function of its ancestor; null beyond the limit of parts. */
function functionFrom(links: ReadonlyMap<string, Link>, name: string, ancestor: string): Expression | null {
  let expression: Expression = X;
  for (let at = name; at !== ancestor; ) {
    const link = links.get(at);
    if (!link) return null;
    expression = compose(expression, link.expression);
    if (sizeOf(expression) > MAX_EXPRESSION_PARTS) return null;
    at = link.parent;
  }
  return expression;
}

function operators(links: ReadonlyMap<string, Link>, path: readonly string[], end: string): string[] {
  const names: string[] = [];
  for (const name of path) {
    if (name === end) break;
    const link = links.get(name);
    if (link) names.unshift(link.op);
  }
  return names;
}

function merge(draft: Draft, links: ReadonlyMap<string, Link>, node: CombineNode): Node {
  const [left, right] = node.inputs;
  const output = infoOf(draft.context, node.outputs[0]);
  const [a, b] = [infoOf(draft.context, left), infoOf(draft.context, right)];
  if (!output || !a || !b || !sameShape(a.shape, b.shape)) return node;
  const leftPath = ancestry(links, left);
  const rightPath = ancestry(links, right);
  const onLeft = new Set(leftPath);
  const source = rightPath.find((name) => onLeft.has(name));
  if (source === undefined || draft.context.constants.has(source)) return node;
  const f = functionFrom(links, left, source);
  const g = functionFrom(links, right, source);
  if (!f || !g || sizeOf(f) + sizeOf(g) >= MAX_EXPRESSION_PARTS) return node;
  const path = [...operators(links, leftPath, source), ...operators(links, rightPath, source), node.op];
  return {
    kind: "activation",
    name: node.name,
    op: path.join("+"),
    inputs: [source],
    outputs: node.outputs,
    activation: { kind: "expression", expression: op(FUNCTIONS[node.operation], f, g) },
    slope: null,
  };
}

export function fuseElementwise(draft: Draft): void {
  const links = new Map<string, Link>();
  draft.nodes = draft.nodes.map((original) => {
    const node = original.kind === "combine" ? merge(draft, links, original) : original;
    const [output] = node.outputs;
    if (node.kind === "activation" && node.activation.kind === "expression") {
      links.set(output, { parent: node.inputs[0], expression: node.activation.expression, op: node.op });
    } else if (node.kind === "identity") links.set(output, { parent: node.inputs[0], expression: X, op: node.op });
    return node;
  });
}
