/** Linear nodes that do the same: of one weight, or of one fixed map, so that joint moments go through both as one's own do. */

import type { MatmulNode, Node } from "../../model/types.ts";
import { type Context, stateOf } from "../context.ts";
import { correlationAt, diagonal, type Kernel, lagsFrom, scaleValues } from "../kernel/kernel.ts";
import { activationOf, straightLine } from "../law/form.ts";
import { cutOf } from "./cuts.ts";
import { canonicalize } from "./layout.ts";
import type { State } from "./state.ts";

/** Equal for two nodes of one map; null where a node is none. */
export function layerKey(context: Context, node: Node): string | null {
  const shapes = () => `${stateOf(context, node.inputs[0]).shape}|${stateOf(context, node.outputs[0]).shape}`;
  switch (node.kind) {
    case "linear":
      return `linear|${node.weight}|${node.layout}|${node.scale}`;
    case "conv":
      return `conv|${node.weight}|${node.strides}|${node.pads}|${shapes()}`;
    case "reduce":
      return node.method === "mean" || node.method === "sum" ? `${node.method}|${node.axes}|${shapes()}` : null;
    case "pool":
      return node.method === "average" ? `pool|${node.kernel}|${node.strides}|${node.pads}|${shapes()}` : null;
    case "reshape":
      return `reshape|${shapes()}`;
    case "transpose":
      return `transpose|${node.permutation}|${shapes()}`;
    case "expand":
      return `expand|${shapes()}`;
    case "matmul":
      return attentionKey(context, node);
    default:
      return null;
  }
}

/** The tensor that one is laid out anew from, its positions and channels as they were. */
export function behindViews(context: Context, tensor: string): string {
  for (let at = tensor; ; ) {
    const node = context.producers.get(at);
    if (node?.kind !== "identity" && node?.kind !== "reshape" && node?.kind !== "transpose") return at;
    const [before, after] = [context.states.get(node.inputs[0]), stateOf(context, at)];
    const [own, laid] = [before?.parts[0], after.parts[0]];
    if (!own || before?.parts.length !== 1 || after.parts.length !== 1 || own.channels !== laid.channels) return at;
    const [size, ...others] = own.kernel.sizes;
    if (others.length > 0 || laid.kernel.sizes.length > 1 || laid.kernel.sizes[0] !== size) return at;
    at = node.inputs[0];
  }
}

/** An attention by the weights of its values, and scores by those of their queries and keys; null for other products. */
function attentionKey(context: Context, node: MatmulNode): string | null {
  const [a, b] = node.inputs.map((name) => weightBehind(context, name));
  if (context.states.get(node.inputs[0])?.attention) return b && `attention|${b}|${node.scale}`;
  return a && b && context.states.get(node.outputs[0])?.scores ? `scores|${a}|${b}|${node.scale}` : null;
}

/** The weight, and the part of it, that made a tensor which has only been laid out anew since. */
function weightBehind(context: Context, tensor: string): string | null {
  const cuts: string[] = [];
  for (let at = tensor; ; ) {
    const node = context.producers.get(at);
    switch (node?.kind) {
      case "linear":
        return [node.weight, ...cuts].join("|");
      case "split":
      case "slice":
      case "gather": {
        const cut = cutOf(context, at);
        if (!cut) return null;
        cuts.push(`${cut.axis} ${cut.start} ${cut.count}`);
        break;
      }
      case "activation":
        if (!straightLine(activationOf(context, node))) return null;
        break;
      case "reshape":
      case "transpose":
      case "expand":
      case "identity":
      case "normalize":
        break;
      default:
        return null;
    }
    at = node.inputs[0];
  }
}

/** All entries of a joint second moment times a number of either sign. */
export const timesNumber = (kernel: Kernel, factor: number): Kernel =>
  factor === 1 ? kernel : { ...kernel, profile: scaleValues(kernel.profile, factor) };

const signOf = (kernel: Kernel): number => (diagonal(kernel) < 0 ? -1 : 1);

/** What a node makes of E[u v] where E[u u'] stood: the map of the magnitude with its sign, biases left out. */
export function throughMap(context: Context, node: Node, inner: Kernel): Kernel | null {
  const [source] = node.inputs;
  const state = stateOf(context, source);
  const sign = signOf(inner);
  const kernel = timesNumber(inner, sign);
  const states = new Map(context.states);
  states.set(source, {
    ...state,
    parts: state.parts.map((part) => ({ ...part, kernel, cross: 0, scatter: undefined })),
  });
  const aside: Context = { ...context, states, warn: () => undefined };
  const bare = node.kind === "linear" || node.kind === "conv" ? { ...node, bias: null } : node;
  const made: State[] = [];
  context.dispatch(bare, (n, rule) => made.push(...rule.forward(n, aside)));
  return made[0]?.parts.length === 1 ? timesNumber(made[0].parts[0].kernel, sign) : null;
}

/** E[b²] of a bias that two layers share, E[b]E[b'] of two biases. */
export function biasesOf(context: Context, a: Node, b: Node): number {
  if ((a.kind !== "linear" && a.kind !== "conv") || (b.kind !== "linear" && b.kind !== "conv")) return 0;
  if (a.bias === null || b.bias === null) return 0;
  const [p, q] = [context.law(a.bias), context.law(b.bias)];
  return p.mean * q.mean + (a.bias === b.bias ? p.variance : 0);
}

/** Where a slice or gather of one index lies along an axis of positions; null for others. */
export function placeOf(context: Context, node: Node): { readonly dim: number; readonly at: number } | null {
  const state = canonicalize(stateOf(context, node.inputs[0]));
  const single =
    node.kind === "gather" && node.indices.length === 1
      ? { axis: node.axis, at: node.indices[0] }
      : node.kind === "slice" && node.ranges.length === 1 && node.ranges[0].count === 1
        ? { axis: node.ranges[0].axis, at: node.ranges[0].start }
        : null;
  if (!single) return null;
  const axis = single.axis < 0 ? single.axis + state.shape.length : single.axis;
  const [factor, ...others] = state.layout[axis] ?? [];
  if (factor?.role !== "position" || others.length > 0) return null;
  return { dim: factor.dim, at: single.at < 0 ? single.at + state.shape[axis] : single.at };
}

/** E[x_p y_p'] of two cuts `lag` apart along one axis of positions. */
export function acrossCuts(kernel: Kernel, dim: number, lag: number): Kernel {
  const rest = <T>(values: readonly T[]): T[] => values.filter((_, i) => i !== dim);
  const whole = (lags: readonly number[]): number[] => [...lags.slice(0, dim), lag, ...lags.slice(dim)];
  const sizes = rest(kernel.sizes);
  const radius = rest(kernel.radius);
  const own = correlationAt(kernel, whole(sizes.map(() => 0)));
  const correlation = (c: number) => (own === 0 ? 0 : c / own);
  return {
    sizes,
    radius,
    lags: lagsFrom(radius, (lags) => correlation(correlationAt(kernel, whole(lags)))),
    far: sizes.length === 0 ? 1 : correlation(kernel.far),
    profile: Float64Array.of(own * diagonal(kernel)),
  };
}
