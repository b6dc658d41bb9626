/**
 * A layer whose weights its input was made with: what independence of weights and input leaves out.
 *
 * Readout by the embedding's own table (Press & Wolf 2017): logit v at position p is Σ_j E[v, j] x_j, and where v is the
 * token that was read there x holds a share of that very row. With ρ = E[x_j e_j], e the row that was read, and d features,
 * Isserlis' theorem gives E[z²] = d(q_e q_x + ρ²) + d(d − 1)ρ²: d²ρ² more than independent rows, for one logit in V.
 *
 * Transposed layer (tied autoencoder): y_i = Σ_k W_ki φ(z_k), z = W u + b. By Stein's lemma over W_ki,
 * E[W_ki φ(z_k)] = Var(W) E[φ'] u_i: y carries n·Var(W)·E[φ']·u besides the independent sum.
 */

import type { EmbeddingNode, LinearNode } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { addConstant, diagonal, type Kernel, scaleKernel, sumKernels, uniformKernel } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf } from "../law/form.ts";
import { valueState } from "../state/fixed.ts";
import { jointKernel } from "../state/joint.ts";
import { mixParts, type Part, secondMoment } from "../state/state.ts";

const plus = (a: Kernel, b: Kernel): Kernel =>
  sumKernels([
    { kernel: a, weight: 1 },
    { kernel: b, weight: 1 },
  ]);

const fits = (a: Kernel, b: Kernel): boolean =>
  a.sizes.length === b.sizes.length && a.sizes.every((size, i) => size === b.sizes[i]);

/** Adds to the output of `node` what its input shares with its weights. */
export function withTies(node: LinearNode, context: Context, part: Part): Part {
  const readers = context.model.nodes.filter(
    (n): n is EmbeddingNode => n.kind === "embedding" && n.table === node.weight && node.layout === "out-in",
  );
  return transposed(
    node,
    context,
    readers.reduce((sum, reader) => ownLogit(node, reader, context, sum), part),
  );
}

function ownLogit(node: LinearNode, embedding: EmbeddingNode, context: Context, part: Part): Part {
  const joint = jointKernel(context, node.inputs[0], embedding.outputs[0]);
  const vocabulary = part.channels;
  if (joint === null || joint === "unknown" || context.model.constants.has(embedding.inputs[0])) return part;
  const features = mixParts(valueState(context, node.inputs[0])).channels;
  const shared = diagonal(joint) - mixParts(valueState(context, node.inputs[0])).mean * context.law(node.weight).mean;
  const logit = node.scale * features * shared;
  const square = (logit * logit) / vocabulary;
  // Another position, or sample, reads the same token with probability 1/V.
  const extra = uniformKernel(part.kernel.sizes, square, 1 / vocabulary);
  return {
    ...part,
    mean: part.mean + logit / vocabulary,
    kernel: plus(part.kernel, extra),
    cross: part.cross + square / vocabulary,
  };
}

function transposed(node: LinearNode, context: Context, part: Part): Part {
  const maker = context.producers.get(node.inputs[0]);
  const activation = maker?.kind === "activation" ? maker : null;
  const first = activation ? context.producers.get(activation.inputs[0]) : maker;
  if (first?.kind !== "linear" || first.weight !== node.weight || first.layout === node.layout) return part;
  const source = mixParts(valueState(context, first.inputs[0]));
  const hidden = mixParts(valueState(context, first.outputs[0]));
  const slope = activation
    ? activationMap(activationOf(context, activation), hidden.mean, secondMoment(hidden) - hidden.mean ** 2)
        .derivativeMean
    : 1;
  const gain = node.scale * first.scale * hidden.channels * context.law(node.weight).variance * slope;
  if (!fits(source.kernel, part.kernel)) return part;
  return {
    ...part,
    mean: part.mean + gain * source.mean,
    kernel: addConstant(plus(part.kernel, scaleKernel(source.kernel, gain * gain)), 2 * gain * source.mean * part.mean),
    between: part.between + gain * gain * source.between,
    cross: part.cross + gain * gain * source.cross,
  };
}
