/**
 * Layer and RMS normalization that the exporter wrote out: d / √(mean(d²) + ε), with d = x − mean(x) or d = x.
 *
 * Found by what is computed, not by the operators: the square may be Pow or Mul, the root Sqrt, Pow or a reciprocal.
 */

import type { Expression } from "../../../activation/expression.ts";
import type { CombineNode, Node, NormalizeNode, ReduceNode } from "../../../model/types.ts";
import { compose, evaluate, sizeOf, X } from "../expressions.ts";
import { sameShape } from "../shape.ts";
import { consumersOf, type Draft, infoOf, parameterBehind, producersOf, soleConsumer } from "./graph.ts";

type Producers = ReadonlyMap<string, Node>;

interface Chain {
  readonly source: string;
  readonly expression: Expression;
}

/** Follows elementwise functions upwards to where they begin. */
function chainOf(producers: Producers, name: string): Chain {
  let expression: Expression = X;
  let at = name;
  for (let depth = 0; depth < 8 && sizeOf(expression) < 64; depth++) {
    const node = producers.get(at);
    if (node?.kind === "identity") at = node.inputs[0];
    else if (node?.kind === "activation" && node.activation.kind === "expression") {
      expression = compose(expression, node.activation.expression);
      at = node.inputs[0];
    } else break;
  }
  return { source: at, expression };
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

/** ε if f(v) = √(v + ε), or its reciprocal; null for other functions. */
function epsilonOf(f: Expression, inverse: boolean): number | null {
  const square = (v: number): number => {
    const y = evaluate(f, v);
    return inverse ? 1 / (y * y) : y * y;
  };
  // At 4 and 9 the rounding of ε would be that of the sum: ε itself is read at 0.
  const epsilon = square(0);
  if (!(epsilon >= 0) || !Number.isFinite(epsilon) || epsilon > 1) return null;
  return near(square(4), 4 + epsilon) && near(square(9), 9 + epsilon) && evaluate(f, 4) > 0 ? epsilon : null;
}

function isSquare(f: Expression): boolean {
  return near(evaluate(f, 3), 9) && near(evaluate(f, -2), 4) && near(evaluate(f, 0.5), 0.25);
}

/** mean over axes of (function of d)², with d's name; null for anything else. */
function meanSquare(producers: Producers, name: string): { readonly of: string; readonly reduce: ReduceNode } | null {
  const reduce = producers.get(name);
  if (reduce?.kind !== "reduce" || reduce.method !== "mean" || !reduce.keepAxes) return null;
  const node = producers.get(reduce.inputs[0]);
  if (node?.kind !== "activation" || node.activation.kind !== "expression" || !isSquare(node.activation.expression))
    return null;
  return { of: node.inputs[0], reduce };
}

function behindIdentity(producers: Producers, name: string): string {
  let at = name;
  for (let node = producers.get(at); node?.kind === "identity"; node = producers.get(at)) at = node.inputs[0];
  return at;
}

interface Found {
  /** A scale that was multiplied into the reciprocal root before it met d (Flax). */
  readonly scale: string | null;
  readonly x: string;
  readonly method: "layer" | "rms";
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly op: string;
}

/** d = x − mean(x) over the same axes. */
function centred(producers: Producers, d: string, axes: readonly number[]): string | null {
  const difference = producers.get(behindIdentity(producers, d));
  if (difference?.kind !== "combine" || difference.operation !== "subtract") return null;
  const [x, mean] = difference.inputs;
  const reduce = producers.get(behindIdentity(producers, mean));
  if (reduce?.kind !== "reduce" || reduce.method !== "mean" || !reduce.keepAxes) return null;
  const same = behindIdentity(producers, reduce.inputs[0]) === behindIdentity(producers, x);
  return same && sameShape(reduce.axes, axes) ? x : null;
}

/** root · parameter, where the scale is taken into the reciprocal root first. */
function scaledRoot(
  draft: Draft,
  producers: Producers,
  name: string,
): { readonly root: string; readonly scale: string } | null {
  const product = producers.get(name);
  if (product?.kind !== "combine" || product.operation !== "multiply") return null;
  const [left, right] = product.inputs;
  const onRight = parameterBehind(draft, producers, right);
  if (onRight) return { root: left, scale: onRight };
  const onLeft = parameterBehind(draft, producers, left);
  return onLeft ? { root: right, scale: onLeft } : null;
}

function match(producers: Producers, d: string, root: string, inverse: boolean, scale: string | null): Found | null {
  const chain = chainOf(producers, root);
  const square = chain.source === root ? null : meanSquare(producers, chain.source);
  if (!square || behindIdentity(producers, square.of) !== behindIdentity(producers, d)) return null;
  const epsilon = epsilonOf(chain.expression, inverse);
  if (epsilon === null) return null;
  const { axes } = square.reduce;
  const x = centred(producers, d, axes);
  const roots = inverse ? "Pow+ReduceMean+Sqrt+Reciprocal+Mul" : "Pow+ReduceMean+Sqrt+Div";
  return x === null
    ? { x: behindIdentity(producers, d), method: "rms", axes, epsilon, scale, op: roots }
    : { x, method: "layer", axes, epsilon, scale, op: `ReduceMean+Sub+${roots}` };
}

function find(draft: Draft, producers: Producers, node: CombineNode): Found | null {
  if (node.operation !== "divide" && node.operation !== "multiply") return null;
  const [left, right] = node.inputs;
  if (node.operation === "divide") return match(producers, left, right, false, null);
  for (const [d, root] of [
    [left, right],
    [right, left],
  ]) {
    const scaled = scaledRoot(draft, producers, root);
    const found = scaled ? match(producers, d, scaled.root, true, scaled.scale) : match(producers, d, root, true, null);
    const size = scaled ? infoOf(draft.context, scaled.scale)?.shape : null;
    const last = infoOf(draft.context, d)?.shape.at(-1);
    if (found && (!size || (size.length === 1 && size[0] === last && found.axes.length === 1))) return found;
  }
  return null;
}

/** The trailing shape that a layer's scale and shift have. */
function isAffine(draft: Draft, node: NormalizeNode, term: string): boolean {
  const x = infoOf(draft.context, node.inputs[0])?.shape ?? [];
  const shape = infoOf(draft.context, term)?.shape ?? [];
  const lead = x.length - shape.length;
  return (
    shape.length > 0 && lead >= 0 && shape.every((dim, i) => dim === (node.axes.includes(i + lead) ? x[i + lead] : 1))
  );
}

/** Scale and shift of a channel: [C, 1, …] against x [N, C, …]. */
function isChannelAffine(draft: Draft, node: NormalizeNode, term: string): boolean {
  const x = infoOf(draft.context, node.inputs[0])?.shape ?? [];
  const shape = infoOf(draft.context, term)?.shape ?? [];
  const lead = x.length - shape.length;
  return lead >= 0 && lead <= 1 && shape.every((dim, i) => dim === (i + lead === 1 ? x[1] : 1));
}

/** Takes a following product with and sum of parameters into the normalization, while nothing else looks in between. */
export function joinAffine(draft: Draft, fits: (node: NormalizeNode) => boolean): void {
  const producers = producersOf(draft.nodes);
  const consumers = consumersOf(draft.nodes);
  const replaced = new Map<Node, Node | null>();
  for (const original of draft.nodes) {
    if (original.kind !== "normalize" || !fits(original)) continue;
    let node = original;
    let last: Node = original;
    for (const operation of ["multiply", "add"] as const) {
      const next = soleConsumer(draft, consumers, node.outputs[0]);
      if (next?.kind !== "combine" || next.operation !== operation) continue;
      const term = next.inputs[0] === node.outputs[0] ? next.inputs[1] : next.inputs[0];
      const parameter = parameterBehind(draft, producers, term);
      const perChannel = node.method === "group" || node.method === "instance";
      if (!parameter || !(perChannel ? isChannelAffine(draft, node, term) : isAffine(draft, node, term))) continue;
      if ((operation === "multiply" ? node.scale : node.shift) !== null) continue;
      const part = operation === "multiply" ? { scale: parameter } : { shift: parameter };
      replaced.set(last, null);
      node = { ...node, ...part, op: `${node.op}+${next.op}`, outputs: next.outputs };
      last = next;
      replaced.set(last, node);
    }
  }
  if (replaced.size === 0) return;
  draft.nodes = draft.nodes.flatMap((node) => {
    const by = replaced.get(node);
    return by === undefined ? [node] : by === null ? [] : [by];
  });
}

export function fuseNormalization(draft: Draft): void {
  const producers = producersOf(draft.nodes);
  draft.nodes = draft.nodes.map((node): Node => {
    const found = node.kind === "combine" ? find(draft, producers, node) : null;
    if (!found) return node;
    return {
      kind: "normalize",
      name: node.name,
      op: found.op,
      inputs: [found.x],
      outputs: node.outputs,
      method: found.method,
      axes: found.axes,
      groups: 1,
      epsilon: found.epsilon,
      scale: found.scale,
      shift: null,
      mean: null,
      variance: null,
      training: false,
    };
  });
  joinAffine(draft, (node) => node.method === "layer" || node.method === "rms");
}
