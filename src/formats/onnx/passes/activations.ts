/**
 * Expressions get the catalogue's names. A chain that only has a name as a whole (a factor ½ behind a product, a
 * logistic curve written with Exp) becomes one activation; a chain of activations that stand for themselves does not.
 */

import type { Expression } from "../../../activation/expression.ts";
import { recognise } from "../../../activation/index.ts";
import type { ActivationNode, ActivationReference, Node } from "../../../model/types.ts";
import { MAX_EXPRESSION_PARTS } from "../caps.ts";
import { compose, evaluate, sizeOf } from "../expressions.ts";
import { modulePath } from "../names.ts";
import { consumersOf, type Draft, soleConsumer } from "./graph.ts";

type Namer = (expression: Expression) => ActivationReference;

/** Equal expressions are looked up once a file. */
function namer(): Namer {
  const known = new Map<string, ActivationReference>();
  return (expression) => {
    const key = JSON.stringify(expression);
    const before = known.get(key);
    if (before) return before;
    const reference = recognise(expression);
    known.set(key, reference);
    return reference;
  };
}

function expressionOf(node: Node | null): Expression | null {
  return node?.kind === "activation" && node.activation.kind === "expression" ? node.activation.expression : null;
}

function isAffine(expression: Expression): boolean {
  const at = (x: number): number => evaluate(expression, x);
  const slope = at(1) - at(0);
  return [-3, 2, 5].every((x) => Math.abs(at(x) - at(0) - slope * x) <= 1e-9 * (1 + Math.abs(at(x))));
}

/** Written out by an exporter: the same module, as far as the names tell. */
function sameModule(a: Node, b: Node): boolean {
  return modulePath(a.name) === modulePath(b.name);
}

interface Chain {
  readonly nodes: readonly ActivationNode[];
  readonly whole: Expression;
}

/** The longest run of activations from `first` on, each the only user of the one before, that has a name as a whole. */
function namedChain(
  draft: Draft,
  consumers: ReadonlyMap<string, readonly Node[]>,
  first: ActivationNode,
  name: Namer,
): Chain | null {
  const start = expressionOf(first);
  if (!start) return null;
  const merged = first.op.includes("+") && name(start).kind === "expression";
  const nodes = [first];
  let whole = start;
  let curved = Number(!isAffine(start));
  let best: Chain | null = null;
  // The longest activation that is written out in a row, tanh GELU's tail, has four operators.
  for (let length = 1; length < 6; length++) {
    const next = soleConsumer(draft, consumers, nodes[nodes.length - 1].outputs[0]);
    const expression = expressionOf(next);
    if (next?.kind !== "activation" || !expression || !sameModule(first, next)) break;
    if (sizeOf(whole) * sizeOf(expression) > MAX_EXPRESSION_PARTS * 4) break;
    whole = compose(expression, whole);
    if (sizeOf(whole) > MAX_EXPRESSION_PARTS) break;
    nodes.push(next);
    curved += Number(!isAffine(expression));
    if ((merged || curved >= 2) && name(whole).kind === "named") best = { nodes: [...nodes], whole };
    if (best && merged) break;
  }
  return best;
}

export function nameActivations(draft: Draft): void {
  const name = namer();
  const consumers = consumersOf(draft.nodes);
  const gone = new Set<Node>();
  const joined = new Map<Node, Node>();
  for (const node of draft.nodes) {
    if (node.kind !== "activation" || gone.has(node) || joined.has(node)) continue;
    const chain = namedChain(draft, consumers, node, name);
    if (!chain) continue;
    const last = chain.nodes[chain.nodes.length - 1];
    for (const part of chain.nodes) if (part !== last) gone.add(part);
    const op = chain.nodes.map((part) => part.op).join("+");
    joined.set(last, { ...last, op, inputs: node.inputs, activation: { kind: "expression", expression: chain.whole } });
  }
  draft.nodes = draft.nodes
    .filter((node) => !gone.has(node))
    .map((original) => {
      const node = joined.get(original) ?? original;
      const expression = expressionOf(node);
      return expression && node.kind === "activation" ? { ...node, activation: name(expression) } : node;
    });
}
