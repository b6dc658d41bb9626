/** E[a_p b_p'] of two tensors: independent up to their means, or tied by a common ancestor. */

import type { EmbeddingNode, Node, NormalizeNode, ReduceNode } from "../../model/types.ts";
import { attendedBoth } from "../attention/shared.ts";
import { type Context, stateOf } from "../context.ts";
import { addConstant, diagonal, type Kernel, meanOverPairs, sumKernels, uniformKernel } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf, straightLine } from "../law/form.ts";
import { sameSource, throughBoth } from "./activated.ts";
import { apart, betweenChannels, cutOf, sameCut } from "./cuts.ts";
import { valueState } from "./fixed.ts";
import { independent, ofOtherWeights } from "./independence.ts";
import { canonicalize } from "./layout.ts";
import { momentOfProduct } from "./products.ts";
import { acrossCuts, behindViews, biasesOf, layerKey, placeOf, throughMap } from "./same-map.ts";
import { type State, stateMean } from "./state.ts";
import { twinsJoint } from "./twins.ts";

const single = (state: State) => (state.parts.length === 1 ? state.parts[0] : null);

/**
 * E[a_p b_p'] where a and b have the same shape and one part each; null when the two are independent, "unknown" when a
 * common ancestor ties them in a way that is not followed here.
 */
export function jointKernel(context: Context, a: string, b: string): Joint {
  let known = joints.get(context);
  if (!known) {
    known = new Map();
    joints.set(context, known);
  }
  const [first, second] = a < b ? [a, b] : [b, a];
  let row = known.get(first);
  if (!row) {
    row = new Map();
    known.set(first, row);
  }
  const found = row.get(second);
  if (found !== undefined) return found;
  const made = makeJoint(context, a, b);
  row.set(second, made);
  return made;
}

/** The same where one of the two may be a value that does not flow: a constant, which is independent of what does. */
export function jointOfValues(context: Context, a: string, b: string): Joint {
  if (context.states.has(a) && context.states.has(b)) return jointKernel(context, a, b);
  return a === b ? (single(valueState(context, a))?.kernel ?? "unknown") : null;
}

/** What is not followed as if it were not there. */
export const followed = (joint: Joint): Kernel | null => (joint === "unknown" ? null : joint);

type Joint = Kernel | null | "unknown";

/** By context and pair: what has been worked out. A pair is asked for once a merge, and long residual chains share their pairs. */
const joints = new WeakMap<Context, Map<string, Map<string, Joint>>>();

/** For tensors that have been made anew. */
export function forgetJoints(context: Context, tensors: readonly string[]): void {
  const known = joints.get(context);
  if (!known) return;
  for (const tensor of tensors) {
    known.delete(tensor);
    for (const row of known.values()) row.delete(tensor);
  }
}

function makeJoint(context: Context, a: string, b: string): Joint {
  const pa = single(stateOf(context, a));
  const pb = single(stateOf(context, b));
  if (a === b && pa) return pa.kernel;
  const [u, v] = [behindViews(context, a), behindViews(context, b)];
  if (u !== a || v !== b) return jointKernel(context, u, v);
  if (independent(context, a, b)) return null;
  if (!pa || !pb) return "unknown";
  if (ofOtherWeights(context, a, b)) return null;
  const twins = twinsJoint(context, a, b);
  if (twins) return twins;
  // Sums are taken apart exactly, activations by a lemma: sums first.
  const [first, second] = isSum(context.producers.get(b)) ? [b, a] : [a, b];
  return unfold(context, first, second) ?? unfold(context, second, first) ?? "unknown";
}

const meanOf = (context: Context, name: string): number => stateMean(valueState(context, name));

const isSum = (node: Node | undefined): boolean =>
  node?.kind === "combine" && (node.operation === "add" || node.operation === "subtract");

/** Expresses E[ab] through the node that made a. */
function unfold(context: Context, a: string, b: string): Kernel | null {
  const node = context.producers.get(a);
  const pa = single(stateOf(context, a));
  const pb = single(stateOf(context, b));
  if (!node || !pa || !pb) return null;
  const constant = (x: number): Kernel => ({
    ...pa.kernel,
    radius: pa.kernel.radius.map(() => 0),
    lags: Float64Array.of(1),
    far: 1,
    profile: Float64Array.of(x),
  });
  const joint = (x: string): Kernel | null => {
    const k = jointKernel(context, x, b);
    const px = single(stateOf(context, x));
    if (k === "unknown" || !px) return null;
    return k ?? constant(px.mean * pb.mean);
  };
  // A table of positions that b has not seen but through weights of its own.
  const fixed = (x: string): Kernel | null =>
    independent(context, x, b) ? constant(meanOf(context, x) * pb.mean) : null;
  switch (node.kind) {
    case "identity":
    case "dropout":
      return joint(node.inputs[0]);
    case "normalize":
      return throughNorm(node, context, joint(node.inputs[0]), pb.mean);
    case "linear":
    case "conv":
    case "pool":
    case "reshape":
    case "transpose":
    case "expand":
      return sameMap(node, context, b);
    case "matmul":
      return attendedBoth(context, node, context.producers.get(b), (x, y) => followed(jointKernel(context, x, y)));
    case "split":
      return sameCuts(context, a, b);
    case "reduce":
      return sameMap(node, context, b) ?? ownMean(node, context, b);
    case "embedding":
      return sameTable(node, context, b);
    case "slice":
    case "gather":
      return sameCuts(context, a, b) ?? samePieces(node, context, b);
    case "combine": {
      if (node.operation === "multiply") {
        const pair = (x: string, y: string) => {
          const known = jointOfValues(context, x, y);
          return known === "unknown" ? null : (known ?? constant(meanOf(context, x) * meanOf(context, y)));
        };
        return momentOfProduct(node, b, context.producers.get(b), { pair, mean: (x) => meanOf(context, x) });
      }
      if (!isSum(node)) return null;
      const terms = node.inputs.map((x, i) => ({
        kernel: context.states.has(x) ? joint(x) : fixed(x),
        weight: i > 0 && node.operation === "subtract" ? -1 : 1,
      }));
      const known = terms.flatMap((t) => (t.kernel ? [{ kernel: t.kernel, weight: t.weight }] : []));
      return known.length === terms.length ? sumKernels(known) : null;
    }
    case "activation": {
      const activation = activationOf(context, node);
      const line = straightLine(activation);
      const source = node.inputs[0];
      const inner = joint(source);
      if (line)
        return (
          inner &&
          sumKernels([
            { kernel: inner, weight: line.slope },
            { kernel: constant(line.offset * pb.mean), weight: 1 },
          ])
        );
      const ps = single(stateOf(context, source));
      if (!inner || !ps) return null;
      const other = context.producers.get(b);
      const variance = Math.max(0, diagonal(ps.kernel) - ps.mean * ps.mean);
      const map = activationMap(activation, ps.mean, variance);
      if (other?.kind === "activation" && other.inputs[0] === source) {
        return sameSource(ps.kernel, activation, activationOf(context, other), ps.mean, variance);
      }
      if (other?.kind === "activation") {
        const [v, joined] = [single(stateOf(context, other.inputs[0])), jointKernel(context, source, other.inputs[0])];
        const both = v && joined && joined !== "unknown" && throughBoth(context, [node, other], [ps, v], joined);
        if (both) return both;
      }
      // Stein's lemma: Cov(φ(z), b) = E[φ'(z)] Cov(z, b) for jointly Gaussian z and b.
      const centred = sumKernels([
        { kernel: inner, weight: map.derivativeMean },
        { kernel: constant(pb.mean * (pa.mean - map.derivativeMean * ps.mean)), weight: 1 },
      ]);
      return centred;
    }
    default:
      return null;
  }
}

/** Layer or RMS normalization divides both by what concentrates: E[x̂ b] = E[γ](E[x b] − E[x]E[b])/s, and E[β]E[b]. */
function throughNorm(node: NormalizeNode, context: Context, inner: Kernel | null, other: number): Kernel | null {
  if (!inner || (node.method !== "layer" && node.method !== "rms")) return null;
  const [before, after] = [node.inputs[0], node.outputs[0]].map((name) => single(stateOf(context, name)));
  if (!before || !after) return null;
  const scale = node.scale === null ? 1 : context.law(node.scale).mean;
  const removed = node.method === "layer" ? before.mean ** 2 : 0;
  const root = Math.sqrt(diagonal(before.kernel) - removed + node.epsilon);
  const shift = after.mean - (node.method === "layer" ? 0 : (scale * before.mean) / root);
  const lost = node.method === "layer" ? -before.mean * other : 0;
  return addConstant(scaleSigned(addConstant(inner, lost), root === 0 ? 0 : scale / root), shift * other);
}

/** E[x_p m] of the mean m over all positions: the mean of K(p, p') over pairs. */
function ownMean(node: ReduceNode, context: Context, b: string): Kernel | null {
  const part = single(stateOf(context, b));
  const whole = single(stateOf(context, node.outputs[0]))?.kernel.sizes.length === 0;
  const channels = stateOf(context, node.outputs[0]).parts[0].channels === part?.channels;
  if (!part || node.method !== "mean" || node.inputs[0] !== b || !whole || !channels) return null;
  return uniformKernel(part.kernel.sizes, meanOverPairs(part.kernel), 1);
}

/** One map on both: its own second moments' way, for layers of centred weights, with the biases that they share. */
function sameMap(node: Node, context: Context, b: string): Kernel | null {
  const other = context.producers.get(b);
  if (!other) return null;
  const key = layerKey(context, node);
  if (key === null || key !== layerKey(context, other)) return null;
  if ((node.kind === "linear" || node.kind === "conv") && context.law(node.weight).mean !== 0) return null;
  const [u, v] = [node.inputs[0], other.inputs[0]];
  const [pu, pv] = [single(valueState(context, u)), single(valueState(context, v))];
  const joint = jointOfValues(context, u, v);
  if (joint === "unknown" || !pu || !pv) return null;
  const inner = joint ?? uniformKernel(pu.kernel.sizes, pu.mean * pv.mean, 1);
  const through = throughMap(context, node, inner);
  return through && addConstant(through, biasesOf(context, node, other));
}

/** Rows of one table read by independent tokens: the same one with probability 1/vocabulary. */
function sameTable(node: EmbeddingNode, context: Context, b: string): Kernel | null {
  const other = context.producers.get(b);
  if (other?.kind !== "embedding" || other.table !== node.table || other.inputs[0] === node.inputs[0]) return null;
  if ([node, other].some(({ inputs }) => context.producers.has(inputs[0]) || context.model.constants.has(inputs[0])))
    return null;
  const law = context.law(node.table);
  const vocabulary = context.model.parameters.get(node.table)?.shape[0] ?? 1;
  const part = single(stateOf(context, node.outputs[0]));
  return part && uniformKernel(part.kernel.sizes, law.mean ** 2 + law.variance / vocabulary, 1);
}

/** The same run of channels, or another, of one tensor or of two that hang together. */
function sameCuts(context: Context, a: string, b: string): Kernel | null {
  const [p, q] = [cutOf(context, a), cutOf(context, b)];
  const part = single(stateOf(context, a));
  if (!p || !q || !part) return null;
  const level = (value: number) => uniformKernel(part.kernel.sizes, value, 1);
  if (apart(p, q) && p.source === q.source) return level(betweenChannels(context, p));
  const joint = p.source === q.source ? part.kernel : jointKernel(context, p.source, q.source);
  if (joint === "unknown" || !joint) return null;
  if (sameCut(p, q)) return joint;
  const [u, v] = [p, q].map(({ source }) => single(stateOf(context, source)));
  return apart(p, q) && u && v ? level(u.mean * v.mean) : null;
}

/** Two positions of one tensor, each taken out of it. */
function samePieces(node: Node, context: Context, b: string): Kernel | null {
  const other = context.producers.get(b);
  if (!other || other.inputs[0] !== node.inputs[0]) return null;
  const [p, q] = [placeOf(context, node), placeOf(context, other)];
  const part = single(canonicalize(stateOf(context, node.inputs[0])));
  return p && q && part && p.dim === q.dim ? acrossCuts(part.kernel, p.dim, q.at - p.at) : null;
}

const scaleSigned = (kernel: Kernel, factor: number): Kernel => ({
  ...kernel,
  profile: kernel.profile.map((v) => v * factor),
});
