/**
 * Gradients that hang together. Two tensors' gradients do where they meet on their way from the loss: at a tensor that both
 * lead to (a residual stream, the two towers of a Siamese net), or at one weight that both went back through
 * (E[(Wᵀδ)(Wᵀδ')] = n·E[w²]·E[δδ'], the backward twin of state/joint.ts).
 *
 * From it: a weight of several uses has E|Σ_i δ_i a_i|² = Σ_ij E[δ_i δ_j] E[a_i a_j], and a tensor whose readers hand back
 * tied gradients has twice the sum of their products more than independent ones. Unrolled networks in the wide limit:
 * Yang 2020 (Tensor Programs II); Alemohammad et al. 2021.
 * Limits: tensors of one law (no concatenated channels); a weight's mean counts only in its square.
 */

import type { ConcatNode, MatmulNode, Node, NormalizeNode } from "../../model/types.ts";
import { type JointOf, sharedScoreGradient, sharedScores, sharedValueGradient } from "../attention/shared.ts";
import { addParameterGradient, type Context, type Gradient, plainGradient, stateOf, totalKernel } from "../context.ts";
import { diagonal, type Kernel, multiplyKernels, sumKernels, sumOverPairs, uniformKernel } from "../kernel/kernel.ts";
import { sumOfProduct } from "../kernel/pairs.ts";
import { cutOf, sameCut } from "../state/cuts.ts";
import { valueState } from "../state/fixed.ts";
import { followed, jointKernel, jointOfValues } from "../state/joint.ts";
import { acrossCuts, layerKey, timesNumber } from "../state/same-map.ts";
import { normalizeAxis, positionDims } from "../state/state.ts";
import { factorKernel } from "./factors.ts";
import { keyCounts, lostAt, start, steps, type Way } from "./ways.ts";

/** Pairs of ways looked at for one model: deep shared stacks have a square number of pairs, each a walk of its own. */
const LOOKED_AT = 60_000;

interface Memory {
  readonly order: ReadonlyMap<string, number>;
  readonly known: Map<string, Kernel | null>;
  left: number;
}

const memories = new WeakMap<Context, Memory>();

function memoryOf(context: Context): Memory {
  let memory = memories.get(context);
  if (!memory) {
    const order = new Map<string, number>();
    context.model.nodes.forEach((node, i) => {
      for (const output of node.outputs) order.set(output, i);
    });
    memory = { order, known: new Map(), left: LOOKED_AT };
    memories.set(context, memory);
  }
  return memory;
}

/** E[δ_a δ_b] of two tensors' gradients; null: they have nothing in common. */
export const jointGradient = (context: Context, a: string, b: string): Kernel | null =>
  meeting(context, start(a), start(b));

const nameOf = ({ at, layer, piece }: Way): string => (layer ? `${at} ${layer.name} ${piece ?? ""}` : at);

/** E of the product of two ways' gradients: the same from where they have got to, whatever numbers they have gathered. */
function meeting(context: Context, a: Way, b: Way): Kernel | null {
  if (a.factors.length > 0 || b.factors.length > 0) return meetingAhead(context, a, b);
  const { known } = memoryOf(context);
  const [first, second] = [nameOf(a), nameOf(b)];
  const key = first < second ? `${first}|${second}` : `${second}|${first}`;
  let made = known.get(key);
  if (made === undefined) {
    made = meetingAhead(context, { ...a, coefficient: 1 }, { ...b, coefficient: 1 });
    known.set(key, made);
  }
  return made && timesNumber(made, a.coefficient * b.coefficient);
}

function summed(kernels: readonly (Kernel | null)[]): Kernel | null {
  const found = kernels.filter((k) => k !== null);
  if (found.length === 0) return null;
  return sumKernels(
    found.filter((k) => k.sizes.length === found[0].sizes.length).map((kernel) => ({ kernel, weight: 1 })),
  );
}

function meetingAhead(context: Context, a: Way, b: Way): Kernel | null {
  const memory = memoryOf(context);
  if (memory.left-- <= 0) {
    if (memory.left === -1)
      context.warn({
        code: "independent-branches",
        message: "shared weights tie more gradients than are followed; the rest is taken as independent",
      });
    return null;
  }
  if (a.layer && b.layer) return throughLayer(context, a, b, a.layer, b.layer);
  if (!a.layer && !b.layer && a.at === b.at) {
    const gradient = context.gradients.get(a.at);
    return gradient?.length === 1 ? weighed(context, a, b, totalKernel(gradient[0])) : null;
  }
  const place = (way: Way) => (way.layer ? Number.POSITIVE_INFINITY : (memory.order.get(way.at) ?? -1));
  const [early, late] = place(a) <= place(b) ? [a, b] : [b, a];
  return summed(
    steps(context, early).map((next) => (early === a ? meeting(context, next, late) : meeting(context, late, next))),
  );
}

function weighed(context: Context, a: Way, b: Way, kernel: Kernel): Kernel | null {
  const factors = factorKernel(context, a.factors, b.factors, kernel.sizes);
  return factors && timesNumber(multiplyKernels(kernel, factors), a.coefficient * b.coefficient);
}

function throughLayer(context: Context, a: Way, b: Way, first: Node, second: Node): Kernel | null {
  if (first.kind === "concat") return first === second ? betweenSteps(context, a, b, first) : null;
  const back = backOf(context, a, b, first, second);
  return back && weighed(context, a, b, back);
}

/** E of the product of the gradients of what two layers read. */
function backOf(context: Context, a: Way, b: Way, first: Node, second: Node): Kernel | null {
  const [p, q] = [a, b].map((way) => cutOf(context, way.at));
  if (p || q) {
    const joint = p && q && sameCut(p, q) ? jointGradient(context, a.at, b.at) : null;
    return joint && p && timesNumber(joint, p.share);
  }
  if (layerKey(context, first) !== layerKey(context, second)) return null;
  if (first.kind === "matmul" && second.kind === "matmul")
    return a.piece === b.piece ? throughAttention(context, first, second, a.piece ?? 0) : null;
  const joint = jointGradient(context, first.outputs[0], second.outputs[0]);
  return joint && backThrough(context, first, joint);
}

/** Two uses of one attention: back to its values, its keys (piece 1) or its queries (piece 0). */
function throughAttention(context: Context, first: MatmulNode, second: MatmulNode, piece: number): Kernel | null {
  const like = stateOf(context, first.inputs[piece]).parts[0].kernel;
  const known: JointOf = (x, y) => followed(jointKernel(context, x, y));
  const onto = (kernel: Kernel): Kernel =>
    kernel.sizes.length === like.sizes.length ? kernel : uniformKernel(like.sizes, diagonal(kernel), kernel.far);
  const [a, b] = [first, second].map(({ inputs }) => context.states.get(inputs[0])?.attention);
  if (a && b) {
    const gradient = jointGradient(context, first.outputs[0], second.outputs[0]);
    const scores = sharedScores(a, b, known);
    return gradient && scores && onto(sharedValueGradient(scores, timesNumber(gradient, first.scale ** 2)));
  }
  const [g, h] = [first, second].map(({ name }) => context.attentionGradients.get(name));
  if (!g || !h) return null;
  const gradient = jointGradient(context, g.output, h.output);
  const scores = sharedScores(g.scores, h.scores, known);
  const values = known(g.values, h.values);
  const side = piece === 0 ? "queries" : "keys";
  return gradient && scores && values && onto(sharedScoreGradient(scores, g, gradient, values, side));
}

/** Two steps of one sequence: their gradients are those of the sequence at two positions. */
function betweenSteps(context: Context, a: Way, b: Way, node: ConcatNode): Kernel | null {
  const [part, ...others] = context.gradients.get(node.outputs[0]) ?? [];
  const out = stateOf(context, node.outputs[0]);
  const [dim] = positionDims(out.layout[normalizeAxis(node.axis, out.shape.length)] ?? []);
  if (!part || others.length > 0 || dim === undefined || a.piece === undefined || b.piece === undefined) return null;
  return weighed(context, a, b, acrossCuts(totalKernel(part), dim, b.piece - a.piece));
}

/** A linear node's backward map of second moments, on a joint one: the map of its magnitude, with its sign. */
function backThrough(context: Context, node: Node, kernel: Kernel): Kernel | null {
  const { gradients } = rehearse(context, node, kernel, null);
  const gradient = gradients.get(node.inputs[0]);
  return gradient ? timesNumber(gradient[0].kernel, diagonal(kernel) < 0 ? -1 : 1) : null;
}

/** The rule of a node run on E[δδ'] and, in the place of its input's E[aa'], on `input`; nothing of it is kept. */
function rehearse(context: Context, node: Node, kernel: Kernel, input: Kernel | null) {
  const gradients = new Map<string, Gradient>();
  const parameterGradients = new Map<string, number>();
  const states = new Map(context.states);
  const [source] = node.inputs;
  if (input) {
    const state = valueState(context, source);
    states.set(source, {
      ...state,
      parts: state.parts.map((part) => ({ ...part, kernel: input, scatter: undefined, cross: 0 })),
    });
  }
  const aside: Context = { ...context, states, gradients, parameterGradients, warn: () => undefined };
  const magnitude = timesNumber(kernel, diagonal(kernel) < 0 ? -1 : 1);
  context.dispatch(node, (n, rule) => rule.backward(n, aside, [plainGradient([magnitude])]));
  return { gradients, parameterGradients };
}

/** What the readers of a tensor hand back in common, twice over every pair of them; null: nothing. */
export function commonOfReaders(context: Context, tensor: string): Kernel | null {
  const readers = context.consumers.get(tensor);
  if (!readers || (readers.length < 2 && !readers.some((node) => node.inputs.filter((i) => i === tensor).length > 1)))
    return null;
  const ways = steps(context, start(tensor));
  const found: (Kernel | null)[] = [];
  ways.forEach((a, i) => {
    for (const b of ways.slice(i + 1)) found.push(meeting(context, a, b));
  });
  const sum = summed(found);
  return sum && timesNumber(sum, 2);
}

/** Adds to every weight of several uses what its uses' gradients have in common. */
export function addCommonOfUses(context: Context): void {
  const uses = new Map<string, Node[]>();
  for (const node of context.model.nodes) {
    const key = node.kind === "linear" || node.kind === "conv" ? layerKey(context, node) : null;
    if (key === null || (keyCounts(context).get(key) ?? 0) < 2) continue;
    const list = uses.get(key);
    if (list) list.push(node);
    else uses.set(key, [node]);
  }
  for (const nodes of uses.values())
    nodes.forEach((a, i) => {
      for (const b of nodes.slice(i + 1)) addPair(context, a, b);
    });
  const norms = context.model.nodes.filter((node) => node.kind === "normalize");
  norms.forEach((a, i) => {
    for (const b of norms.slice(i + 1)) if (a.scale !== null && a.scale === b.scale) addPairOfNorms(context, a, b);
  });
}

/** ∂L/∂γ = Σ δ x̂ and ∂L/∂β = Σ δ over all uses of one normalization; x̂ = (y − β)/γ of what it made. */
function addPairOfNorms(context: Context, a: NormalizeNode, b: NormalizeNode): void {
  const [first, second] = [a.outputs[0], b.outputs[0]];
  const gradient = jointGradient(context, first, second);
  if (!gradient || a.scale === null) return;
  if (a.shift !== null && a.shift === b.shift) addToParameter(context, a.shift, 2 * sumOverPairs(gradient));
  const made = jointKernel(context, first, second);
  const scale = context.law(a.scale).mean;
  const shift = a.shift === null ? 0 : context.law(a.shift).mean;
  if (made === null || made === "unknown" || scale === 0 || shift !== 0) return;
  addToParameter(context, a.scale, (2 * sumOfProduct(gradient, made)) / scale ** 2);
}

function addPair(context: Context, a: Node, b: Node): void {
  if ((a.kind !== "linear" && a.kind !== "conv") || (b.kind !== "linear" && b.kind !== "conv")) return;
  const before = lostAt(context).size;
  const gradient = jointGradient(context, a.outputs[0], b.outputs[0]);
  const behind = [...lostAt(context)][before];
  if (behind)
    context.warn({
      code: "independent-branches",
      where: b.name,
      message: `${b.name}: its weights are those of ${a.name}; what their gradients have in common is not followed through ${behind.name} (${behind.op}) and not counted`,
    });
  if (!gradient) return;
  const [u, v] = [valueState(context, a.inputs[0]), valueState(context, b.inputs[0])];
  if (a.bias !== null && a.bias === b.bias) addToParameter(context, a.bias, 2 * sumOverPairs(gradient));
  if (u.parts.length !== 1 || v.parts.length !== 1) return;
  const known = jointOfValues(context, a.inputs[0], b.inputs[0]);
  if (known === "unknown") {
    context.warn({
      code: "independent-branches",
      where: b.name,
      message: `${b.name}: its weights are those of ${a.name}, whose input hangs together with its own in a way that is not followed`,
    });
    return;
  }
  const [pu, pv] = [u.parts[0], v.parts[0]];
  const input = known ?? uniformKernel(pu.kernel.sizes, pu.mean * pv.mean, 1);
  if (diagonal(input) === 0) return;
  const sign = (diagonal(gradient) < 0 ? -1 : 1) * (diagonal(input) < 0 ? -1 : 1);
  const { parameterGradients } = rehearse(context, a, gradient, timesNumber(input, diagonal(input) < 0 ? -1 : 1));
  addToParameter(context, a.weight, 2 * sign * (parameterGradients.get(a.weight) ?? 0));
}

/** A share that may be negative; the sum over all uses is not. */
function addToParameter(context: Context, parameter: string, value: number): void {
  const before = context.parameterGradients.get(parameter) ?? 0;
  context.parameterGradients.set(parameter, 0);
  addParameterGradient(context, parameter, before + value);
}
