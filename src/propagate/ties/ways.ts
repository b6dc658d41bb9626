/** The ways that a tensor's gradient comes: one step back through each node that reads it. */

import type { CombineNode, ConcatNode, Node, NormalizeNode } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { diagonal } from "../kernel/kernel.ts";
import { activationOf, straightLine } from "../law/form.ts";
import { cutOf } from "../state/cuts.ts";
import { layerKey } from "../state/same-map.ts";
import { normalizeAxis, positionDims, type State } from "../state/state.ts";
import { type Factor, hasGaussianMoments, slopeFactor, valueFactor } from "./factors.ts";

/** Gradient = coefficient · Π factors · (gradient of `at`, taken back through `layer` where there is one). */
export interface Way {
  readonly at: string;
  /** A linear node that mixes entries: `at` is its output. */
  readonly layer: Node | null;
  /** Of a concatenation: which of its inputs. */
  readonly piece?: number;
  readonly coefficient: number;
  readonly factors: readonly Factor[];
}

export const start = (tensor: string): Way => ({ at: tensor, layer: null, coefficient: 1, factors: [] });

const sameShape = (a: State, b: State): boolean =>
  a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);

const oneLaw = (state: State | undefined): state is State => state?.parts.length === 1;

/** How often each layer key occurs: what occurs once has nothing to be tied to. */
export function keyCounts(context: Context): ReadonlyMap<string, number> {
  let counts = counted.get(context);
  if (!counts) {
    counts = new Map();
    for (const node of context.model.nodes) {
      if (!context.states.has(node.inputs[0]) || !context.states.has(node.outputs[0])) continue;
      const key = layerKey(context, node);
      if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    counted.set(context, counts);
  }
  return counts;
}

const counted = new WeakMap<Context, Map<string, number>>();

/** Nodes that gradients were not followed through. */
export function lostAt(context: Context): Set<Node> {
  const nodes = lost.get(context) ?? new Set();
  lost.set(context, nodes);
  return nodes;
}

const lost = new WeakMap<Context, Set<Node>>();

const withFactor = (way: Way, at: string, factor: Factor): Way => ({
  ...way,
  at,
  factors: [...way.factors, factor],
});

function throughCombine(context: Context, way: Way, node: CombineNode): Way[] {
  const out = context.states.get(node.outputs[0]);
  const own = context.states.get(way.at);
  if (!out || !own || !sameShape(out, own)) return [];
  return node.inputs.flatMap((input, i): Way[] => {
    if (input !== way.at) return [];
    if (node.operation === "add") return [{ ...way, at: node.outputs[0] }];
    if (node.operation === "subtract")
      return [{ ...way, at: node.outputs[0], coefficient: way.coefficient * (i === 0 ? 1 : -1) }];
    const [other] = node.inputs.filter((_, j) => j !== i);
    if (node.operation !== "multiply" || node.inputs.length !== 2 || context.model.constants.has(other)) return [];
    const state = context.states.get(other);
    if (state && !(oneLaw(state) && sameShape(state, own))) return [];
    return [withFactor(way, node.outputs[0], valueFactor(context, other))];
  });
}

/** Wide layer and RMS normalization, and running statistics, divide by a number. */
function throughNorm(context: Context, way: Way, node: NormalizeNode): Way[] {
  const state = context.states.get(node.inputs[0]);
  if (!oneLaw(state)) return [];
  const [part] = state.parts;
  const scale = node.scale === null ? 1 : context.law(node.scale).mean;
  const running = node.method === "batch" && context.mode === "eval" && node.variance !== null;
  const square = running
    ? context.law(node.variance ?? "").mean
    : diagonal(part.kernel) - (node.method === "rms" ? 0 : part.mean ** 2);
  const root = Math.sqrt(square + node.epsilon);
  return root === 0 ? [] : [{ ...way, at: node.outputs[0], coefficient: (way.coefficient * scale) / root }];
}

/** A piece of one position, in a sequence that is put together of such pieces. */
function isStep(context: Context, node: ConcatNode, piece: number): boolean {
  const out = context.states.get(node.outputs[0]);
  const own = context.states.get(node.inputs[piece]);
  if (!oneLaw(out) || !own) return false;
  const axis = normalizeAxis(node.axis, out.shape.length);
  return own.shape[axis] === 1 && positionDims(out.layout[axis] ?? []).length === 1;
}

/** One step back through every reader of `way.at`; readers that are not followed are left out. */
export function steps(context: Context, way: Way): Way[] {
  return (context.consumers.get(way.at) ?? []).flatMap((node): Way[] => {
    if (!oneLaw(context.states.get(node.outputs[0])) || !context.gradients.has(node.outputs[0])) return [];
    switch (node.kind) {
      case "identity":
      case "dropout":
        return [{ ...way, at: node.outputs[0] }];
      case "combine":
        return throughCombine(context, way, node);
      case "normalize":
        return throughNorm(context, way, node);
      case "activation": {
        const line = straightLine(activationOf(context, node));
        if (!line && !hasGaussianMoments(context, node)) {
          lostAt(context).add(node);
          return [];
        }
        return line
          ? [{ ...way, at: node.outputs[0], coefficient: way.coefficient * line.slope }]
          : [withFactor(way, node.outputs[0], slopeFactor(context, node))];
      }
      case "concat": {
        const piece = node.inputs.indexOf(way.at);
        return isStep(context, node, piece) ? [{ ...way, at: node.outputs[0], layer: node, piece }] : [];
      }
      case "matmul": {
        const piece = node.inputs.indexOf(way.at);
        const known = piece === 1 && context.states.get(node.inputs[0])?.attention;
        const key = known || context.attentionGradients.has(node.name) ? layerKey(context, node) : null;
        if (key === null) lostAt(context).add(node);
        return key !== null && (keyCounts(context).get(key) ?? 0) > 1
          ? [{ ...way, at: node.outputs[0], layer: node, piece }]
          : [];
      }
      case "split":
      case "slice":
      case "gather":
        return node.outputs.flatMap((output): Way[] =>
          context.gradients.has(output) && cutOf(context, output) ? [{ ...way, at: output, layer: node }] : [],
        );
      default: {
        if (node.inputs[0] !== way.at || !oneLaw(context.states.get(way.at))) return [];
        const key = layerKey(context, node);
        if (key === null) lostAt(context).add(node);
        return key !== null && (keyCounts(context).get(key) ?? 0) > 1
          ? [{ ...way, at: node.outputs[0], layer: node }]
          : [];
      }
    }
  });
}
