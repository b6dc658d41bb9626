/** Products of two tensors: the scores and the values of attention, and other pairs. */

import type { MatmulNode } from "../../model/types.ts";
import { softmaxFollows } from "../attention/follows.ts";
import { hangOnOne, overlapDeviation, withWholeOverlap } from "../attention/overlaps.ts";
import { attend, gradientOfKeys, gradientOfQueries, gradientOfValues } from "../attention/weights.ts";
import {
  addGradient,
  type Context,
  type Gradient,
  plainGradient,
  type Rule,
  stateOf,
  totalKernel,
} from "../context.ts";
import { collapse, outerKernel } from "../kernel/axes.ts";
import { diagonal, fullProfile, type Kernel, mean, positions, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { valueState } from "../state/fixed.ts";
import { canonicalize } from "../state/layout.ts";
import {
  channelCount,
  type Factor,
  mixParts,
  type Part,
  positionDims,
  type Scores,
  type State,
} from "../state/state.ts";
import { linearRule } from "./linear.ts";
import { asLayer } from "./sliced.ts";

/** The kernel of one part over a single axis of positions. */
const overPositions = (part: Part): Kernel => collapse(part.kernel);

/** Layout of a product: leading axes of the first (or second) operand, rows of the first, columns of the second. */
function productLayout(a: State, b: State, rank: number): Factor[][] {
  let dim = 0;
  return Array.from({ length: rank }, (_, axis) => {
    const fromA = a.layout[axis - (rank - a.layout.length)] ?? [];
    const fromB = b.layout[axis - (rank - b.layout.length)] ?? [];
    const source = axis === rank - 1 ? fromB : axis === rank - 2 ? fromA : fromA.length > 0 ? fromA : fromB;
    // Rows and columns of scores count their positions in one run, as the kernels over them do.
    const merged = axis >= rank - 2 ? oneRun(source) : source;
    return merged.map((f): Factor => (f.role === "position" ? { ...f, dim: dim++ } : f));
  });
}

/** Positions of several axes (a grid of patches) as one run. */
const oneRun = (factors: readonly Factor[]): readonly Factor[] =>
  factors.length > 1 && positionDims(factors).length === factors.length
    ? [{ role: "position", size: factors.reduce((n, f) => n * f.size, 1), dim: 0 }]
    : factors;

const contractedBy = (state: State, fromEnd: number): readonly Factor[] =>
  state.layout[state.layout.length - fromEnd] ?? [];

function scoresProduct(node: MatmulNode, a: State, b: State, shape: readonly number[]): State {
  const pa = mixParts(a);
  const pb = mixParts(b);
  const features = channelCount(contractedBy(a, 1));
  const query = overPositions(pa);
  const key = overPositions(pb);
  const heads = pa.channels / features;
  const square = node.scale * node.scale;
  const common = square * features * (features - 1) * pa.between * pb.between;
  const kernel = scaleKernel(outerKernel(query, key), features * square);
  const level = diagonal(kernel);
  const scores: Scores = {
    query,
    key,
    factor: features * square,
    features,
    mask: null,
    origin: node.name,
    queries: node.inputs[0],
    keys: node.inputs[1],
    keySway: overlapDeviation(pb),
  };
  return {
    shape,
    layout: productLayout(a, b, shape.length),
    parts: [
      {
        channels: heads,
        mean: node.scale * features * pa.mean * pb.mean,
        kernel:
          common === 0
            ? kernel
            : { ...kernel, profile: kernel.profile.map((v) => v * (1 + common / Math.max(level, 1e-300))) },
        between: common,
        cross: features * square * pa.cross * pb.cross,
        spread: pa.spread + pb.spread,
        freedom: Number.POSITIVE_INFINITY,
        shape: null,
      },
    ],
    scores,
  };
}

/** Deviation of the values' overlap where keys and values are made of one tensor. */
const valueSway = (node: MatmulNode, context: Context, scores: Scores, values: Part): number =>
  scores.keySway > 0 && hangOnOne(context, scores.keys, node.inputs[1]) ? overlapDeviation(values) : 0;

function valuesProduct(node: MatmulNode, context: Context, a: State, b: State, shape: readonly number[]): State {
  const part = mixParts(b);
  const scores = a.attention;
  const values = overPositions(part);
  const layout = productLayout(a, b, shape.length);
  const square = node.scale * node.scale;
  const kernel = scores
    ? attend(scores, values, valueSway(node, context, scores, part))
    : uniformKernel(values.sizes, mixedWeights(a, values), 1);
  return {
    shape,
    layout,
    parts: [
      {
        ...part,
        mean: part.mean * node.scale,
        kernel: scaleKernel(kernel, square),
        between: part.between * square,
        cross: part.cross * square,
      },
    ],
  };
}

/** E[(Σ_j w_j a_j)²] for weights of known second moment that do not vary with a. */
function mixedWeights(a: State, values: Kernel): number {
  const part = mixParts(a);
  const count = positions(values);
  const own = diagonal(part.kernel);
  return count * own * diagonal(values) + count * (count - 1) * part.mean * part.mean * values.far * diagonal(values);
}

const kindOf = (a: State, b: State): "scores" | "values" | "other" => {
  const left = contractedBy(a, 1);
  const right = contractedBy(b, 2);
  const channelOnly = (fs: readonly Factor[]) => fs.length > 0 && fs.every((f) => f.role === "channel");
  const positionOnly = (fs: readonly Factor[]) => fs.length > 0 && positionDims(fs).length === fs.length;
  if (channelOnly(left) && channelOnly(right)) return "scores";
  if (positionOnly(left) && positionOnly(right)) return "values";
  return "other";
};

function warnIndependent(node: MatmulNode, context: Context): void {
  context.warn({
    code: "first-approximation",
    where: node.name,
    message: `${node.name} (${node.op}): a product of two tensors outside attention; entries taken as independent`,
  });
}

export const matmulRule: Rule<MatmulNode> = {
  forward(node, context) {
    const layer = asLayer(node, context);
    if (layer) return linearRule.forward(layer, context);
    const [a, b] = node.inputs.map((name) => canonicalize(valueState(context, name)));
    const shape = context.model.tensors.get(node.outputs[0])?.shape ?? [];
    const kind = kindOf(a, b);
    const attention = kind === "scores" ? softmaxFollows(node, context) : kind === "values" && a.attention;
    if (!attention) warnIndependent(node, context);
    if (kind === "scores") return [scoresProduct(node, a, b, shape)];
    if (kind === "values") return [valuesProduct(node, context, a, b, shape)];
    const pa = mixParts(a);
    const pb = mixParts(b);
    const n = a.shape[a.shape.length - 1] ?? 1;
    const level = n * diagonal(pa.kernel) * diagonal(pb.kernel) * node.scale * node.scale;
    const layout = productLayout(a, b, shape.length);
    const sizes = layout.flat().flatMap((f) => (f.role === "position" ? [f.size] : []));
    const channels = layout.flat().reduce((m, f) => (f.role === "channel" ? m * f.size : m), 1);
    const average = (n * pa.mean * pb.mean * node.scale) ** 2;
    return [
      {
        shape,
        layout,
        parts: [
          {
            channels,
            mean: n * pa.mean * pb.mean * node.scale,
            kernel: uniformKernel(sizes, level, level === 0 ? 0 : Math.min(1, average / level)),
            between: Math.min(level, average),
            cross: Math.min(level, average),
            spread: pa.spread + pb.spread,
            freedom: Math.min(pa.freedom, pb.freedom),
            shape: null,
          },
        ],
      },
    ];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const layer = asLayer(node, context);
    if (layer) return linearRule.backward(layer, context, [gradient]);
    const [a, b] = node.inputs.map((name) => canonicalize(valueState(context, name)));
    const kind = kindOf(a, b);
    const outgoing = totalKernel(gradient[0]);
    if (kind === "scores") return scoresBackward(node, context, a, b, outgoing);
    if (kind === "values" && a.attention) return valuesBackward(node, context, a, b, outgoing);
    const square = node.scale * node.scale;
    const level = diagonal(outgoing) * square;
    const columns = b.shape[b.shape.length - 1] ?? 1;
    const rows = a.shape[a.shape.length - 2] ?? 1;
    spreadEvenly(context, node.inputs[0], a, level * columns * diagonal(mixParts(b).kernel));
    spreadEvenly(context, node.inputs[1], b, level * rows * diagonal(mixParts(a).kernel));
  },
};

const spreadEvenly = (context: Context, tensor: string, state: State, level: number): void =>
  addGradient(context, tensor, plainGradient(state.parts.map((part) => uniformKernel(part.kernel.sizes, level, 0))));

/** A kernel over one axis of positions, given back to a part whose positions may span several axes. */
const ontoPositions = (part: Part, kernel: Kernel): Kernel =>
  part.kernel.sizes.length === kernel.sizes.length
    ? kernel
    : uniformKernel(part.kernel.sizes, diagonal(kernel), kernel.far);

const toParts = (state: State, kernel: Kernel): Gradient =>
  plainGradient(state.parts.map((part) => ontoPositions(part, kernel)));

function scoresBackward(node: MatmulNode, context: Context, a: State, b: State, outgoing: Kernel): void {
  const record = context.attentionGradients.get(node.name);
  const features = channelCount(contractedBy(a, 1));
  if (!record) {
    const square = node.scale * node.scale;
    spreadEvenly(
      context,
      node.inputs[0],
      a,
      square * diagonal(outgoing) * positions(overPositions(mixParts(b))) * diagonal(mixParts(b).kernel),
    );
    spreadEvenly(
      context,
      node.inputs[1],
      b,
      square * diagonal(outgoing) * positions(overPositions(mixParts(a))) * diagonal(mixParts(a).kernel),
    );
    return;
  }
  addGradient(context, node.inputs[0], toParts(a, gradientOfQueries(record, features)));
  const keys = gradientOfKeys(record, features);
  addGradient(
    context,
    node.inputs[1],
    toParts(b, keys.kernel).map((part) =>
      keys.sway === 0 ? part : { ...part, sway: keys.sway * withWholeOverlap(mixParts(b)) },
    ),
  );
}

function valuesBackward(node: MatmulNode, context: Context, a: State, b: State, outgoing: Kernel): void {
  const scores = a.attention;
  if (!scores) return;
  const values = overPositions(mixParts(b));
  const square = node.scale * node.scale;
  const gradient = scaleKernel(outgoing, square);
  const features = channelCount(stateOf(context, node.outputs[0]).layout.at(-1) ?? []);
  addGradient(context, node.inputs[1], toParts(b, gradientOfValues(scores, gradient, values)));
  context.attentionGradients.set(scores.origin, {
    scores,
    gradient,
    output: node.outputs[0],
    values: node.inputs[1],
    features,
    contrast: diagonal(values) * (1 - values.far),
    valueKernel: values,
    valueSway: valueSway(node, context, scores, mixParts(b)),
  });
  const level = features * diagonal(gradient) * mean(fullProfile(values));
  addGradient(
    context,
    node.inputs[0],
    plainGradient(a.parts.map((part) => uniformKernel(part.kernel.sizes, level, 0))),
  );
}
